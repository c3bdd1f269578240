"""Units: what they are called, and where they stand."""

from reports.feed.tables.base import FIRST_SEEN, Column, Table, keys, state

UNITS = Table(
    name="units",
    summary=(
        "One row per unit, with its name and place on the last day that is known of: a move that "
        "is planned shows as soon as it is on the record, from the day in `placed_from`."
    ),
    row="maturity_unit s ON s.id = c.entity_id",
    joins="""
        LEFT JOIN LATERAL (
            SELECT v.name, v.parent_id, v.valid, v.recorded FROM maturity_unitversion v
            WHERE v.unit_id = s.id AND upper_inf(v.recorded)
            ORDER BY lower(v.valid) DESC NULLS LAST LIMIT 1
        ) v ON true
        LEFT JOIN LATERAL (
            SELECT min(lower(f.valid)) AS day FROM maturity_unitversion f
            WHERE f.unit_id = s.id AND upper_inf(f.recorded)
        ) f ON true
        LEFT JOIN maturity_unit p ON p.id = v.parent_id
    """,
    row_id="s.id",
    created_at="c.created_at",
    filters={"unit": "s.key"},
    columns=(
        *keys("unit"),
        Column("unit", "s.key", "string", "Key of the unit.", "payments"),
        Column("name", "v.name", "string", "Name of the unit.", "Payments"),
        Column(
            "parent_id", "v.parent_id", "integer", "Id of the unit above; null: at the top.", None
        ),
        Column("parent", "p.key", "string", "Key of the unit above; null: at the top.", None),
        Column(
            "placed_from",
            "lower(v.valid)",
            "date",
            "From when on it has this name and place.",
            "2026-01-01",
        ),
        Column("valid_from", "f.day", "date", "The unit's first day.", "2024-01-01"),
        Column(
            "valid_until",
            "upper(v.valid)",
            "date",
            "The day on which it is no more; null: open.",
            None,
        ),
        Column(
            "recorded_at",
            "lower(v.recorded)",
            "moment",
            "When this name and place were put on the record.",
            "2026-07-01T08:30:00.000000Z",
        ),
        *state(FIRST_SEEN.format(row_id="s.id"), "s.id"),
    ),
)
