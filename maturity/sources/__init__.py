"""What we accept from outside: one file per format, all of them listed here."""

from collections.abc import Callable, Sequence
from typing import BinaryIO

from maturity.sources import (
    assessments,
    decision_log,
    decision_rights,
    gate_requests,
    gates,
    headcount,
    holidays,
    insights,
    ladder,
    launches,
    org_facts,
    people_moves,
    pm_ramp,
    questions,
    roster,
    targets,
    tool_usage,
    tools,
    units,
)
from maturity.sources.base import BadFileError, Column, Fault, RowRule, Source
from maturity.sources.objects import ObjectReader
from maturity.sources.reader import CsvReader
from maturity.sources.table import TableReader
from maturity.sources.workbook import SIGNATURE, XlsxReader, sheet_rows

SOURCES: dict[str, Source] = {
    module.SOURCE.name: module.SOURCE
    for module in (
        headcount,
        gates,
        gate_requests,
        decision_log,
        decision_rights,
        tools,
        tool_usage,
        people_moves,
        ladder,
        pm_ramp,
        launches,
        insights,
        questions,
        org_facts,
        holidays,
    )
}

# What people keep in spreadsheets: rows that go through services onto the record.
SHEETS: dict[str, Source] = {
    module.SOURCE.name: module.SOURCE for module in (assessments, roster, targets, units)
}
FORMATS: dict[str, Source] = SOURCES | SHEETS


# A file, or rows that came as objects.
Content = BinaryIO | Sequence[object]


def open_reader(
    source: Source,
    stream: Content,
    *,
    on_fault: Callable[[Fault], None],
    on_read: Callable[[int], None] | None = None,
) -> TableReader:
    """The reader for what the content is: objects, a workbook or CSV, whatever it is called.

    A workbook is read from its end, so a file must be seekable.
    """
    if isinstance(stream, Sequence):
        return ObjectReader(source, stream, on_fault=on_fault)
    start = stream.tell()
    is_workbook = stream.read(len(SIGNATURE)) == SIGNATURE
    stream.seek(start)
    reader = XlsxReader if is_workbook else CsvReader
    return reader(source, stream, on_fault=on_fault, on_read=on_read)


__all__ = [
    "FORMATS",
    "SHEETS",
    "SIGNATURE",
    "SOURCES",
    "BadFileError",
    "Column",
    "Content",
    "CsvReader",
    "Fault",
    "ObjectReader",
    "RowRule",
    "Source",
    "TableReader",
    "XlsxReader",
    "open_reader",
    "sheet_rows",
]
