"""What we accept from outside: one file per format, all of them listed here."""

from maturity.sources import (
    gate_requests,
    gates,
    headcount,
    holidays,
    org_facts,
    tool_usage,
    tools,
)
from maturity.sources.base import BadFileError, Column, Fault, RowRule, Source
from maturity.sources.reader import CsvReader

SOURCES: dict[str, Source] = {
    module.SOURCE.name: module.SOURCE
    for module in (headcount, gates, gate_requests, tools, tool_usage, org_facts, holidays)
}

__all__ = ["SOURCES", "BadFileError", "Column", "CsvReader", "Fault", "RowRule", "Source"]
