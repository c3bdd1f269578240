"""Rows as a file that no spreadsheet runs: CSV, or an Excel workbook."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from maturity.sources.cells import neutralised

# XML cannot hold them, whatever the escape.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_WRITTEN_AT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
# Excel counts its days from here on.
_FIRST_EXCEL_DAY = date(1900, 3, 1)


def write_csv(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The file in blocks, header first."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_text(value) for value in row])
        if text.tell() > 64 * 1024:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def write_xlsx(
    stream: BinaryIO, title: str, names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """One sheet, its header in bold and in sight; days are days and numbers are numbers."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    header = [WriteOnlyCell(sheet, name) for name in names]
    for cell in header:
        cell.font = Font(bold=True)
    sheet.append(header)
    for row in rows:
        sheet.append([_cell(value) for value in row])
    book.save(stream)


def dated(workbook: bytes, at: datetime) -> bytes:
    """The workbook as if it had been written at that moment, so that it is one file for ever."""
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    stream = io.BytesIO()
    with ZipFile(io.BytesIO(workbook)) as old, ZipFile(stream, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _WRITTEN_AT.sub(rb"\g<1>" + stamp + rb"\g<2>", content)
            # Without a moment of its own an entry has the first one that the format knows.
            new.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return stream.getvalue()


def _text(value: Any) -> Any:
    return neutralised(value) if isinstance(value, str) else value


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return neutralised(_UNWRITABLE.sub("�", value)) or None
    if isinstance(value, date) and value < _FIRST_EXCEL_DAY:
        return value.isoformat()
    return value
