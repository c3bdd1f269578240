"""Tools for PMs: whose they are, and how often they are meant to be used."""

from reports.feed.tables.base import Column, Table, keys, recorded_at, state

TOOLS = Table(
    name="tools",
    summary="One row per tool, as known now.",
    row="maturity_tool s ON s.id = c.entity_id AND s.replaced_at IS NULL",
    joins="",
    row_id="s.id",
    created_at="s.recorded_at",
    filters={"tool_key": "s.tool_key", "owner_function": "s.owner_function"},
    columns=(
        *keys("tool"),
        Column("tool_key", "s.tool_key", "string", "Key of the tool.", "roadmap"),
        Column("name", "s.name", "string", "Name of the tool.", "Roadmap"),
        Column(
            "owner_function",
            "s.owner_function",
            "string",
            "Whose it is: pm, product_ops, central or other.",
            "product_ops",
        ),
        Column("launched_on", "s.launched_on", "date", "First day of use.", "2026-01-05"),
        Column("retired_on", "s.retired_on", "date", "Last day; null: in use.", None),
        Column(
            "cadence",
            "s.cadence",
            "string",
            "How often it is meant to be used: daily, weekly, monthly or quarterly.",
            "weekly",
        ),
        Column("mandatory", "s.mandatory", "boolean", "Whether PMs must use it.", False),
        Column(
            "confirmed_on",
            "s.confirmed_on",
            "date",
            "When somebody last confirmed these facts.",
            "2026-06-01",
        ),
        Column("cost_known", "s.cost_known", "boolean", "Whether its cost is known.", True),
        recorded_at(),
        *state("s.recorded_at", "s.id"),
    ),
)
