"""One request to pass a gate. Without a decision it is pending.

`requested_at` may be empty: a gate is judged only where nearly all its requests carry it, which
can be counted only if the others are kept. An empty `gate_owner_function` leaves it to the gate.
"""

from datetime import datetime

from maturity.sources.base import Column, RowRule, Source, not_before
from maturity.sources.kinds import FLAG, FUNCTION, KEY, MOMENT, one_of

DECISIONS = ("approved", "rejected", "changes_requested", "withdrawn", "expired")


def _decided_together(decision: str | None, decided_at: datetime | None) -> str | None:
    if decision is not None and decided_at is None:
        return "is empty although there is a decision"
    if decision is None and decided_at is not None:
        return "is given without a decision"
    return None


SOURCE = Source(
    name="gate_requests",
    columns=(
        Column("request_id", KEY, key=True),
        Column("gate_key", KEY, key=True),
        Column("requested_at", MOMENT, optional=True),
        Column("gate_owner_function", FUNCTION, optional=True),
        Column("team_key", KEY, optional=True),
        Column("requester_key", KEY, optional=True),
        Column("first_response_at", MOMENT, optional=True),
        Column("decided_at", MOMENT, optional=True),
        Column("decision", one_of(*DECISIONS, noun="decision"), optional=True),
        Column("decider_key", KEY, optional=True),
        Column("decider_function", FUNCTION, optional=True),
        Column("blocking", FLAG),
        Column("regulatory", FLAG),
    ),
    rules=(
        not_before("requested_at", "first_response_at"),
        not_before("requested_at", "decided_at"),
        RowRule(("decision", "decided_at"), _decided_together),
    ),
)
