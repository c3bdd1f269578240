"""Use of tools: how many people, of those who could."""

from reports.feed.tables.base import Column, Table, band, but_few, keys, recorded_at, state

TOOL_USAGE = Table(
    name="tool_usage",
    summary=(
        "One row per tool and period, as known now. A count of fewer than 5 people is null; "
        "`active_band` says as much as may be known. Periods never add up: the same people are in"
        " several."
    ),
    row="maturity_toolusage s ON s.id = c.entity_id AND s.replaced_at IS NULL",
    joins="",
    row_id="s.id",
    created_at="s.recorded_at",
    filters={"tool_key": "s.tool_key", "period": "s.period"},
    columns=(
        *keys("use in one period"),
        Column("tool_key", "s.tool_key", "string", "Key of the tool.", "roadmap"),
        Column("period_start", "s.period_start", "date", "First day of the period.", "2026-06-29"),
        Column("period", "s.period", "string", "day, week, month or quarter.", "week"),
        Column(
            "active_users",
            but_few("s.active_users"),
            "integer",
            "Distinct people who used it; null: fewer than 5.",
            12,
        ),
        Column(
            "active_band",
            band("s.active_users"),
            "string",
            "The same as a band: 0, <5 or 5+.",
            "5+",
        ),
        Column(
            "eligible_users",
            but_few("s.eligible_users"),
            "integer",
            "People who could have used it; null: fewer than 5.",
            18,
        ),
        recorded_at(),
        *state("s.recorded_at", "s.id"),
    ),
)
