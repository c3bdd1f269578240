"""What we accept from outside: one file per format, all of them listed here."""

from maturity.sources import (
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
    tool_usage,
    tools,
)
from maturity.sources.base import BadFileError, Column, Fault, RowRule, Source
from maturity.sources.reader import CsvReader

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

__all__ = ["SOURCES", "BadFileError", "Column", "CsvReader", "Fault", "RowRule", "Source"]
