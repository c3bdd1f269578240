"""Findings: pitfalls that were raised, and what people do about them."""

from reports.feed.tables.base import UNIT_JOIN, Column, Table, keys, state, unit

FINDINGS = Table(
    name="findings",
    summary=(
        "One row per finding. It stands until the pitfall clears; the same pitfall raised again "
        "is another finding."
    ),
    row="maturity_finding s ON s.id = c.entity_id",
    joins="LEFT JOIN maturity_verdictrecord v ON v.id = s.verdict_id " + UNIT_JOIN,
    row_id="s.id",
    created_at="s.opened_at",
    filters={"pitfall": "s.key", "state": "s.state", "severity": "s.severity"},
    columns=(
        *keys("finding"),
        *unit(),
        Column(
            "pitfall",
            "s.key",
            "string",
            "too_early, gatekeeper, centralised_decisions, unused_tools or separate_career_path.",
            "gatekeeper",
        ),
        Column("severity", "s.severity", "string", "low, medium or high.", "medium"),
        Column(
            "state",
            "s.state",
            "string",
            "open, acknowledged, snoozed, dismissed or resolved.",
            "open",
        ),
        Column(
            "confidence",
            "v.confidence",
            "number",
            "How far the newest verdict can be relied on, 0 to 1.",
            0.7,
        ),
        Column(
            "opened_on",
            "s.opened_on",
            "date",
            "The end of the period it was raised for.",
            "2026-07-01",
        ),
        Column("snoozed_until", "s.snoozed_until", "moment", "Until when it is put aside.", None),
        Column("resolved_at", "s.resolved_at", "moment", "When the pitfall cleared.", None),
        Column(
            "version",
            "s.version",
            "integer",
            "Grows with every change of state, severity or owner.",
            1,
        ),
        Column(
            "recorded_at",
            "s.opened_at",
            "moment",
            "When it was raised.",
            "2026-07-02T04:00:00.000000Z",
        ),
        *state("s.opened_at", "s.id"),
    ),
)
