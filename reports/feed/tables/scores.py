"""Scores: what was judged, when, and at which level."""

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

SCORES = Table(
    name="scores",
    summary="One row per capability and assessment: the level that was given, or why none was.",
    row="maturity_score s ON s.id = c.entity_id",
    joins=f"""
        {CAPABILITY_JOIN}
        {UNIT_JOIN}
        LEFT JOIN maturity_capabilitylevel l ON l.capability_id = k.id AND l.level = s.level
    """,
    row_id="s.id",
    created_at="s.recorded_at",
    filters={"area": "a.key", "capability": "k.key", "unit": "u.key"},
    columns=(
        *keys("score"),
        Column("assessment_id", "s.assessment_id", "integer", "Id of the assessment.", 42),
        *unit(),
        *capability(),
        Column(
            "state",
            "s.state",
            "string",
            "assessed, not_assessed, unknown, not_applicable or withdrawn. Only the first has a "
            "level; a withdrawn row takes the one it replaces off the record.",
            "assessed",
        ),
        Column("level", "s.level", "integer", "Level 1 to 5 as the assessor claimed it.", 4),
        Column(
            "effective_level",
            "s.effective_level",
            "integer",
            "Level that counts: capped where the evidence it needs was missing or too old.",
            2,
        ),
        Column("level_label", "l.label", "string", "What `level` is called.", "Measured"),
        Column(
            "evidence_kind",
            "nullif(s.evidence_kind, '')",
            "string",
            "Kind of evidence; null: none was named.",
            "metric",
        ),
        Column("evidence_date", "s.evidence_date", "date", "When it was observed.", "2026-06-15"),
        Column(
            "has_evidence_link",
            "s.evidence_ref <> ''",
            "boolean",
            "Whether a link to the evidence is on record; the link itself stays there.",
            True,
        ),
        Column(
            "replaces_id",
            "s.replaces_id",
            "integer",
            "Id of the earlier row that this one corrects; leave that one out. Null: none.",
            None,
        ),
        Column("valid_from", "s.valid_from", "date", "True in the world from.", "2026-07-01"),
        recorded_at(),
        *state("s.recorded_at", "s.id"),
    ),
)
