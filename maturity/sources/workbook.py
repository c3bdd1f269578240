"""Streams one sheet of an Excel workbook (XLSX) row by row.

A workbook is a ZIP of XML: its unpacked size is bounded before anything is unpacked, and XML
that declares entities is refused (openpyxl uses defusedxml).
"""

import hashlib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from maturity.sources.base import BadFileError, Fault, Source
from maturity.sources.cells import text_of
from maturity.sources.table import TableReader

SIGNATURE = b"PK\x03\x04"
MAX_UNPACKED_BYTES = 512 * 1024 * 1024
# The table of shared texts alone is held in memory.
MAX_SHARED_BYTES = 64 * 1024 * 1024
MAX_COLUMNS = 500
# What the format itself allows; a row may claim to be any number's.
MAX_ROWS = 1_048_576
_SHARED = "xl/sharedStrings.xml"
_BLOCK = 64 * 1024
_BROKEN = (
    zipfile.BadZipFile,
    InvalidFileException,
    DefusedXmlException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    OverflowError,
    NotImplementedError,
)


class XlsxReader(TableReader):
    """The rows of a workbook's sheet; `on_read` hears how much of the file's bytes they took."""

    def __init__(
        self,
        source: Source,
        stream: BinaryIO,
        *,
        on_fault: Callable[[Fault], None],
        on_read: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(source, on_fault=on_fault)
        self._stream = stream
        self._on_read = on_read
        self._digest = ""
        self._row = 0
        self._texts: Sequence[str] = ()

    @property
    def sha256(self) -> str:
        return self._digest

    @property
    def _line(self) -> int:
        return self._row

    def _raw(self) -> str:
        return ",".join(self._texts)

    def _header_hint(self, names: Sequence[str]) -> str:
        return f"; row {self._row} must hold the names of the columns, one a cell, none merged"

    def _records(self) -> Iterator[Sequence[str]]:
        size = self._measure()
        book = _opened(self._stream)
        try:
            sheet = _sheet(book, self.source.name)
            # What the file says about its own extent is often wrong.
            sheet.reset_dimensions()
            yield from self._texts_of(sheet)
        finally:
            book.close()
        if self._on_read is not None:
            self._on_read(size)

    def _measure(self) -> int:
        digest, size = hashlib.sha256(), 0
        self._stream.seek(0)
        while block := self._stream.read(_BLOCK):
            digest.update(block)
            size += len(block)
        self._digest = digest.hexdigest()
        return size

    def _texts_of(self, sheet: Any) -> Iterator[Sequence[str]]:
        width = 0
        for row in _guarded(sheet.iter_rows()):
            self._row += 1
            if self._row > MAX_ROWS:
                raise BadFileError(f"the sheet has more than {MAX_ROWS} rows")
            if len(row) > MAX_COLUMNS:
                raise BadFileError(f"row {self._row} has more than {MAX_COLUMNS} columns")
            texts = [text_of(cell.value) for cell in row]
            while texts and not texts[-1].strip():
                texts.pop()
            if not texts:
                continue
            width = width or len(texts)
            self._texts = texts + [""] * (width - len(texts))
            if not self._has_error(row):
                yield self._texts

    def _has_error(self, row: Sequence[Any]) -> bool:
        """Set a row aside whose formula failed; its value would be the text of the failure."""
        for column, index, _convert in self._plan:
            if index < len(row) and row[index].data_type == "e":
                self._set_aside(column.name, f"holds the spreadsheet error {row[index].value}")
                return True
        return False


def sheet_rows(stream: BinaryIO, *, sheet: str) -> Iterator[tuple[int, list[str]]]:
    """Every row of a workbook's sheet as text, with its number; for files without named columns.

    `sheet` is what it is called where there are several. Raises BadFileError.
    """
    book = _opened(stream)
    try:
        found = _sheet(book, sheet)
        found.reset_dimensions()
        for number, row in enumerate(_guarded(found.iter_rows()), start=1):
            if number > MAX_ROWS:
                raise BadFileError(f"the sheet has more than {MAX_ROWS} rows")
            if len(row) > MAX_COLUMNS:
                raise BadFileError(f"row {number} has more than {MAX_COLUMNS} columns")
            yield number, [text_of(cell.value) for cell in row]
    finally:
        book.close()


def _opened(stream: BinaryIO) -> Any:
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
        _bound(parts)
        stream.seek(0)
        return load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    except _BROKEN as exc:
        raise BadFileError("the file is no Excel workbook that can be read") from exc


def _bound(parts: Sequence[zipfile.ZipInfo]) -> None:
    # What a part says about its size holds: zipfile stops unpacking there.
    if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise BadFileError(f"the workbook unpacks to more than {MAX_UNPACKED_BYTES} bytes")
    shared = sum(part.file_size for part in parts if part.filename.lower() == _SHARED.lower())
    if shared > MAX_SHARED_BYTES:
        raise BadFileError(f"the workbook's texts take more than {MAX_SHARED_BYTES} bytes")
    if any(part.flag_bits & 1 for part in parts):
        raise BadFileError("the workbook is protected by a password")


def _sheet(book: Any, name: str) -> Any:
    """The sheet that is called like the format, else the only one that is not hidden."""
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    named = [sheet for sheet in shown if sheet.title.strip().lower() == name]
    if named or len(shown) == 1:
        return (named or shown)[0]
    titles = ", ".join(repr(sheet.title) for sheet in shown) or "none"
    raise BadFileError(f"which sheet is meant? Name one {name!r}; visible are: {titles}")


def _guarded(rows: Iterator[Any]) -> Iterator[Any]:
    """The rows, with every way a broken workbook fails told as one."""
    at = 0
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except _BROKEN as exc:
            raise BadFileError(f"the workbook cannot be read beyond row {at}") from exc
        at += 1
        yield row
