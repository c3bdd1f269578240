"""Areas: what an organisation is measured in."""

from reports.feed.tables.base import AREA_JOIN, FIRST_SEEN, RUBRIC, Column, Table, area, keys, state

AREAS = Table(
    name="areas",
    summary=(
        "One row per area and organisation that is measured in it. Join the other tables on "
        "`organization_id` and `area_id`, or on `area_id` alone with a key of one organisation. "
        "Areas of a rubric that an organisation has left stay: its scores still point there."
    ),
    row="maturity_areause s ON s.id = c.entity_id",
    joins=AREA_JOIN,
    row_id="s.id",
    created_at="c.created_at",
    filters={"area": "a.key", "rubric": "r.key"},
    columns=(
        *keys("area in this organisation"),
        *area("s.area_id"),
        *RUBRIC,
        Column(
            "purpose",
            "a.purpose",
            "string",
            "What the area is for.",
            "Everybody answers their own questions.",
        ),
        Column("position", "a.position", "integer", "Its place in the rubric.", 1),
        *state(FIRST_SEEN.format(row_id="s.id"), "s.id"),
    ),
)
