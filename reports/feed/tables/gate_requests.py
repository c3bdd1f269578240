"""Requests to pass a gate: how long they wait, and what becomes of them."""

from reports.feed.tables.base import Column, Table, keys, recorded_at, state

GATE_REQUESTS = Table(
    name="gate_requests",
    summary=(
        "One row per request and gate, as known now; pending while `decision` is null. Who asked "
        "and who decided stays out of it."
    ),
    row="maturity_gaterequest s ON s.id = c.entity_id AND s.replaced_at IS NULL",
    joins="",
    row_id="s.id",
    created_at="s.recorded_at",
    filters={"gate_key": "s.gate_key", "team_key": "s.team_key", "decision": "s.decision"},
    columns=(
        *keys("request"),
        Column("request_id", "s.request_id", "string", "The request's own id.", "REQ-1042"),
        Column("gate_key", "s.gate_key", "string", "Key of the gate.", "design_review"),
        Column(
            "requested_at",
            "s.requested_at",
            "moment",
            "When it was asked for.",
            "2026-06-01T09:00:00.000000Z",
        ),
        Column(
            "gate_owner_function",
            "s.gate_owner_function",
            "string",
            "Whose gate it is: pm, product_ops, central or other.",
            "product_ops",
        ),
        Column("team_key", "s.team_key", "string", "Key of the team that asked.", "payments"),
        Column(
            "first_response_at",
            "s.first_response_at",
            "moment",
            "When somebody first answered.",
            "2026-06-02T09:00:00.000000Z",
        ),
        Column(
            "decided_at",
            "s.decided_at",
            "moment",
            "When it was decided; null: pending.",
            "2026-06-04T15:00:00.000000Z",
        ),
        Column(
            "decision",
            "s.decision",
            "string",
            "approved, rejected, changes_requested, withdrawn or expired; null: pending.",
            "approved",
        ),
        Column(
            "decider_function",
            "s.decider_function",
            "string",
            "The function that decided.",
            "product_ops",
        ),
        Column("blocking", "s.blocking", "boolean", "Whether work stood still meanwhile.", True),
        Column("regulatory", "s.regulatory", "boolean", "Whether the law asks for it.", False),
        recorded_at(),
        *state("s.recorded_at", "s.id"),
    ),
)
