"""Head-counts: how many people a function has."""

from reports.feed.tables.base import Column, Table, keys, recorded_at, state

HEADCOUNTS = Table(
    name="headcounts",
    summary=(
        "One row per day, function and team, as known now; the row without a team is the "
        "function's total. Staffing is what the organisation says of itself, nobody's behaviour: "
        "it is given as it is."
    ),
    row="maturity_headcount s ON s.id = c.entity_id AND s.replaced_at IS NULL",
    joins="",
    row_id="s.id",
    created_at="s.recorded_at",
    filters={"function": "s.function", "team_key": "s.team_key"},
    columns=(
        *keys("head-count"),
        Column("as_of", "s.as_of", "date", "The day it is true on.", "2026-06-30"),
        Column("function", "s.function", "string", "pm, product_ops, central or other.", "pm"),
        Column("team_key", "s.team_key", "string", "Key of the team; null: the total.", None),
        Column("headcount", "s.headcount", "integer", "People.", 18),
        Column("fte", "s.fte::float8", "number", "Full-time equivalents.", 17.5),
        recorded_at(),
        *state("s.recorded_at", "s.id"),
    ),
)
