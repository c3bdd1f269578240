"""Initiatives: what is done about it, and what came of it."""

from reports.feed.tables.base import FIRST_SEEN, UNIT_JOIN, Column, Table, keys, state, unit

INITIATIVES = Table(
    name="initiatives",
    summary="One row per initiative: what it promised, and how it ended.",
    row="maturity_initiative s ON s.id = c.entity_id",
    joins=UNIT_JOIN,
    row_id="s.id",
    created_at="c.created_at",
    filters={"state": "s.state", "unit": "u.key"},
    columns=(
        *keys("initiative"),
        *unit(),
        Column("title", "s.title", "string", "What it is called.", "Approve by checklist"),
        Column("state", "s.state", "string", "planned, started, done or abandoned.", "started"),
        Column("start_on", "s.start_on", "date", "First day.", "2026-07-01"),
        Column("due_on", "s.due_on", "date", "Last day.", "2026-12-31"),
        Column(
            "capabilities",
            "nullif(array_to_string(s.capabilities, ','), '')",
            "string",
            "Keys of the capabilities it is to raise, with commas.",
            "launch_checklists",
        ),
        Column(
            "finding_ids",
            "(SELECT string_agg(l.finding_id::text, ',' ORDER BY l.finding_id)"
            " FROM maturity_initiativefinding l WHERE l.initiative_id = s.id)",
            "string",
            "Ids of the findings it does something about, with commas.",
            "7",
        ),
        Column(
            "metric",
            "nullif(s.metric, '')",
            "string",
            "The figure it is to change, as benefit.metric; null: none.",
            "pm_leverage.chore_hours",
        ),
        Column(
            "predicted_change",
            "s.predicted_change",
            "number",
            "By how much, as promised when it started.",
            -2.0,
        ),
        Column("baseline", "s.baseline", "number", "What the figure was when it started.", 9.0),
        Column(
            "started_at",
            "s.started_at",
            "moment",
            "When it started.",
            "2026-07-01T08:30:00.000000Z",
        ),
        Column("ended_at", "s.ended_at", "moment", "When it ended.", None),
        Column(
            "outcome",
            "nullif(s.outcome, '')",
            "string",
            "as_predicted, partly, not or unknown; null: still running, or abandoned.",
            None,
        ),
        Column(
            "measured_change",
            "s.measured_change",
            "number",
            "By how much the figure changed.",
            None,
        ),
        Column("version", "s.version", "integer", "Grows with every change.", 3),
        *state(FIRST_SEEN.format(row_id="s.id"), "s.id"),
    ),
)
