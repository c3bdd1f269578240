"""Reads a real sample in the import formats, as the product's own reader would."""

import csv
from datetime import date, datetime
from pathlib import Path
from typing import get_args, get_type_hints

from maturity.insights.facts import Facts, Gate, GateRequest, HeadCount, Tool, ToolUsage

SHARED = Path(__file__).parents[4] / "shared"
FORMATS = {
    "headcounts": ("headcount", HeadCount),
    "gates": ("gates", Gate),
    "gate_requests": ("gate_requests", GateRequest),
    "tools": ("tools", Tool),
    "tool_usage": ("tool_usage", ToolUsage),
}
CONVERT = {
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
    bool: lambda text: text == "true",
    int: int,
    float: float,
}


def read_sample(folder):
    """Return the facts of one sample folder."""
    return Facts(
        **{
            field: tuple(_rows(SHARED / "data" / folder / f"{name}.csv", row))
            for field, (name, row) in FORMATS.items()
        }
    )


def _rows(path, row):
    hints = get_type_hints(row)
    with path.open(encoding="utf-8", newline="") as file:
        for record in csv.DictReader(file):
            yield row(**{name: _value(hints[name], text) for name, text in record.items()})


def _value(hint, text):
    if not text:
        return None
    kind = next((kind for kind in (hint, *get_args(hint)) if kind in CONVERT), None)
    return CONVERT[kind](text) if kind else text
