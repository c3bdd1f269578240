"""One launch: how much of its checklist was done, and whether it went through the gate it needs.

An empty `gate_request_id` beside a `required_gate_key` is a launch that went round the gate.
"""

from maturity.sources.base import Column, RowRule, Source
from maturity.sources.kinds import COUNT, DAY, KEY


def _within_total(total: int | None, done: int | None) -> str | None:
    if done is None or total is None:
        return None if done == total else "is given without checklist_total, or the other way round"
    return "is larger than checklist_total" if done > total else None


def _has_a_gate(gate: str | None, request: str | None) -> str | None:
    if gate is None and request is not None:
        return "is given without a required_gate_key"
    return None


SOURCE = Source(
    name="launches",
    columns=(
        Column("launch_id", KEY, key=True),
        Column("team_key", KEY, optional=True),
        Column("launched_on", DAY),
        Column("checklist_done", COUNT, optional=True),
        Column("checklist_total", COUNT, optional=True),
        Column("required_gate_key", KEY, optional=True),
        Column("gate_request_id", KEY, optional=True),
    ),
    rules=(
        RowRule(("checklist_total", "checklist_done"), _within_total),
        RowRule(("required_gate_key", "gate_request_id"), _has_a_gate),
    ),
)
