"""Targets: which level is to be reached, and by when."""

from reports.feed.tables.base import (
    CAPABILITY_JOIN,
    UNIT_JOIN,
    Column,
    Table,
    capability,
    keys,
    recorded_at,
    state,
    unit,
)

TARGETS = Table(
    name="targets",
    summary=(
        "One row per version of a target; of a scope and capability the one with the greatest "
        "`valid_from`, then `recorded_at`, counts. A unit without one has its organisation's."
    ),
    row="maturity_target s ON s.id = c.entity_id",
    joins=CAPABILITY_JOIN + UNIT_JOIN,
    row_id="s.id",
    created_at="s.recorded_at",
    filters={"area": "a.key", "capability": "k.key", "unit": "u.key"},
    columns=(
        *keys("target"),
        *unit(),
        *capability(),
        Column(
            "level",
            "s.level",
            "integer",
            "Level 1 to 5; null: the earlier target is taken back.",
            4,
        ),
        Column("due_on", "s.due_on", "date", "The day by which it is to be reached.", "2026-12-31"),
        Column("valid_from", "s.valid_from", "date", "True in the world from.", "2026-07-01"),
        recorded_at(),
        *state("s.recorded_at", "s.id"),
    ),
)
