"""Decisions: which function took them."""

from reports.feed.tables.base import Column, Table, keys, recorded_at, state

DECISIONS = Table(
    name="decisions",
    summary="One row per decision of the log, as known now. Who took it stays out of it.",
    row="maturity_decision s ON s.id = c.entity_id AND s.replaced_at IS NULL",
    joins="",
    row_id="s.id",
    created_at="s.recorded_at",
    filters={"decision_type": "s.decision_type", "team_key": "s.team_key"},
    columns=(
        *keys("decision"),
        Column("decision_id", "s.decision_id", "string", "The decision's own id.", "DEC-77"),
        Column(
            "decided_on",
            "s.decided_on",
            "date",
            "When it was taken; null: the log has no date.",
            "2026-06-10",
        ),
        Column(
            "decision_type", "s.decision_type", "string", "What kind of decision it was.", "scope"
        ),
        Column("team_key", "s.team_key", "string", "Key of the team it was about.", "payments"),
        Column(
            "decider_function",
            "s.decider_function",
            "string",
            "The function that took it: pm, product_ops, central or other.",
            "pm",
        ),
        Column(
            "escalated", "s.escalated", "boolean", "Whether the team itself handed it up.", False
        ),
        Column("reversed", "s.reversed", "boolean", "Whether it was reversed later.", False),
        recorded_at(),
        *state("s.recorded_at", "s.id"),
    ),
)
