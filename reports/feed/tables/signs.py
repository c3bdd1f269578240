"""Signs that product ops is needed, and the verdict on readiness."""

from reports.feed.tables.base import Column, Table, keys, state

SIGNS = Table(
    name="signs",
    summary=(
        "One row per sign and evaluated period, as it stands now; a later evaluation of the same "
        "period replaces it only where it says something else."
    ),
    row="maturity_verdictrecord s ON s.id = c.entity_id AND NOT c.deleted",
    joins="LEFT JOIN maturity_evaluation e ON e.id = s.evaluation_id",
    row_id="s.id",
    created_at="e.computed_at",
    filters={"sign": "s.key", "state": "s.state"},
    columns=(
        *keys("sign of one period"),
        Column(
            "evaluation_id",
            "s.evaluation_id",
            "integer",
            "Id of the evaluation that said so first.",
            88,
        ),
        Column(
            "period_end",
            "e.period_end",
            "date",
            "The day that its complete periods end on.",
            "2026-07-01",
        ),
        Column("kind", "s.kind", "string", "sign or readiness.", "sign"),
        Column(
            "sign",
            "s.key",
            "string",
            "pm_count, multi_product, experimentation, global or public_company; of the verdict: "
            "readiness.",
            "pm_count",
        ),
        Column(
            "state",
            "s.state",
            "string",
            "present, absent or unknown; of the verdict: not_yet, consider, ready, overdue or "
            "unknown.",
            "present",
        ),
        Column(
            "missing",
            "nullif(array_to_string(s.missing, ','), '')",
            "string",
            "Import formats that would be needed to say more, with commas; null: none.",
            None,
        ),
        Column(
            "recorded_at",
            "e.computed_at",
            "moment",
            "When it was concluded.",
            "2026-07-02T04:00:00.000000Z",
        ),
        *state("e.computed_at", "s.id"),
    ),
)
