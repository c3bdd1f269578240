"""Spreadsheets in memory, written and read as people and the command do."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook, load_workbook

from maturity.exporters import rows_of, write_csv, write_xlsx
from maturity.models import Organization
from maturity.services.imports import ImportReport, import_file
from maturity.sources import SHEETS


def workbook(*rows: Sequence[Any], title: str = "Sheet", edit=None) -> bytes:
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    if edit is not None:
        edit(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def csv_of(*rows: Iterable[Any]) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


def load(organization: Organization, format_name: str, content: bytes, **more: Any) -> ImportReport:
    return import_file(organization, format_name, io.BytesIO(content), name="file", **more)


def export(organization: Organization, format_name: str, *, xlsx: bool = False) -> bytes:
    names, rows = SHEETS[format_name].names, rows_of(organization, format_name)
    if not xlsx:
        return b"".join(write_csv(names, rows))
    file = io.BytesIO()
    write_xlsx(file, format_name, names, rows)
    return file.getvalue()


def cells(content: bytes) -> list[tuple[Any, ...]]:
    return list(load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.accepted, report.updated, report.unchanged, report.quarantined


def faults(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(fault.line, fault.column, fault.reason) for fault in report.errors]
