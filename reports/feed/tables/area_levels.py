"""Levels of areas: where each scope stands now."""

from reports.feed.tables.base import (
    AREA_JOIN,
    FIRST_SEEN,
    RUBRIC,
    UNIT_JOIN,
    Column,
    Table,
    area,
    keys,
    state,
    unit,
)

AREA_LEVELS = Table(
    name="area_levels",
    summary=(
        "One row per area and scope as it stands today, the whole organisation or a unit by its "
        "own scores. Written with every change of the record, and once a day where an exemption "
        "began or ended. Rows of a rubric that the scope was not judged by last have `is_current`"
        " false."
    ),
    row="maturity_arealevelrecord s ON s.id = c.entity_id",
    joins=AREA_JOIN + UNIT_JOIN,
    row_id="s.id",
    created_at="c.created_at",
    filters={"area": "a.key", "unit": "u.key"},
    columns=(
        *keys("area's level"),
        *unit(),
        *area("s.area_id"),
        *RUBRIC,
        Column(
            "state",
            "s.state",
            "string",
            "level, incomplete (fewer than two thirds of what applies were assessed) or "
            "not_applicable. Only the first has a level.",
            "level",
        ),
        Column("level", "s.level", "integer", "Level 1 to 5, never a mean.", 3),
        Column(
            "target",
            "s.target",
            "integer",
            "The level it has when all that applies is at its target.",
            4,
        ),
        Column("assessed", "s.assessed", "integer", "Capabilities that have a level.", 3),
        Column("applicable", "s.applicable", "integer", "Capabilities that apply.", 3),
        Column("unknown", "s.unknown", "integer", "Capabilities of which nobody knows.", 0),
        Column(
            "is_current",
            "s.is_current",
            "boolean",
            "Whether the scope was judged last by this rubric.",
            True,
        ),
        Column(
            "valid_from",
            "s.valid_from",
            "date",
            "The newest day that its scores are true from.",
            "2026-07-01",
        ),
        Column(
            "recorded_at",
            "s.changed_at",
            "moment",
            "When it last became another one.",
            "2026-07-01T08:30:00.000000Z",
        ),
        *state(FIRST_SEEN.format(row_id="s.id"), "s.id"),
    ),
)
