"""Spreadsheet cells: what a value looks like as text, and text that must not run as a formula."""

import re
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal

from maturity.sources.base import Column
from maturity.sources.kinds import Kind

# Excel, LibreOffice and Google Sheets take a cell for a formula that begins like this, blanks
# and full-width forms included; a quote before it makes it text.
_RUNS = re.compile(r"['\s]*[=+\-@＝＋－＠]|'*[\t\r\n]")


def neutralised(text: str) -> str:
    """The text as a cell that no spreadsheet runs. `restored` gives it back exactly."""
    return f"'{text}" if _RUNS.match(text) else text


def restored(cell: str) -> str:
    """The text that `neutralised` wrote, without the quote that it set before it."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell, 1) else cell


def in_sheets(*columns: Column) -> tuple[Column, ...]:
    """Columns that people exchange by spreadsheet: what `neutralised` wrote is read back."""
    return tuple(replace(column, kind=_from_sheet(column.kind)) for column in columns)


def _from_sheet(kind: Kind) -> Kind:
    return Kind(lambda text: kind.convert(restored(text)), kind.allowed)


def text_of(value: object) -> str:
    """What a workbook's cell would be in a CSV file. Days carry no time, whole numbers no point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        number = Decimal(repr(value))
        return format(number.to_integral_value() if value.is_integer() else number, "f")
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(sep="T")
    return value.isoformat() if isinstance(value, date | time) else str(value)
