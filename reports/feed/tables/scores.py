"""Scores: what was judged, when, and at which level."""

from reports.feed.tables.base import Column, Table, keys, state

SCORES = Table(
    name="scores",
    summary="One row per capability and assessment: the level that was given, or why none was.",
    row="maturity_score s ON s.id = c.entity_id",
    joins="""
        LEFT JOIN maturity_capability k ON k.id = s.capability_id
        LEFT JOIN maturity_area a ON a.id = k.area_id
        LEFT JOIN maturity_rubricversion r ON r.id = k.rubric_id
        LEFT JOIN maturity_unit u ON u.id = s.unit_id
        LEFT JOIN maturity_capabilitylevel l ON l.capability_id = k.id AND l.level = s.level
    """,
    row_id="s.id",
    created_at="s.recorded_at",
    filters={"area": "a.key", "capability": "k.key"},
    columns=(
        *keys("score"),
        Column("assessment_id", "s.assessment_id", "integer", "Id of the assessment.", 42),
        Column("unit_id", "s.unit_id", "integer", "Id of the unit; null: everybody.", None),
        Column("unit", "u.key", "string", "Key of the unit; null: the whole organisation.", None),
        Column("area_id", "k.area_id", "integer", "Id of the area.", 3),
        Column("area", "a.key", "string", "Key of the area.", "data_access"),
        Column("area_name", "a.name", "string", "Name of the area.", "Data access"),
        Column("capability_id", "s.capability_id", "integer", "Id of the capability.", 9),
        Column("capability", "k.key", "string", "Key of the capability.", "event_taxonomy"),
        Column("capability_name", "k.name", "string", "Name of the capability.", "Event taxonomy"),
        Column("rubric", "r.key", "string", "Key of the rubric.", "product-ops-core"),
        Column("rubric_version", "r.version", "string", "Version of the rubric.", "1.0.0"),
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
        Column(
            "recorded_at",
            "s.recorded_at",
            "moment",
            "When it was put on the record.",
            "2026-07-01T08:30:00.000000Z",
        ),
        *state("s.recorded_at", "s.id"),
    ),
)
