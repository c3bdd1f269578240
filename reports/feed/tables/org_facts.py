"""Facts of organisations: what the signs are read from."""

from reports.feed.tables.base import Column, Table, keys, recorded_at, state

ORG_FACTS = Table(
    name="org_facts",
    summary="One row per day that facts were given for, as known now; null is unknown, never zero.",
    row="maturity_orgfacts s ON s.id = c.entity_id AND s.replaced_at IS NULL",
    joins="",
    row_id="s.id",
    created_at="s.recorded_at",
    filters={},
    columns=(
        *keys("facts of one day"),
        Column("as_of", "s.as_of", "date", "The day they are true on.", "2026-06-30"),
        Column("products", "s.products", "integer", "Products with PMs of their own.", 3),
        Column("business_units", "s.business_units", "integer", "Business units.", 2),
        Column(
            "markets", "s.markets", "integer", "Markets with local product or go-to-market work.", 4
        ),
        Column(
            "timezone_span_hours",
            "s.timezone_span_hours::float8",
            "number",
            "Hours between the outermost time zones.",
            9.0,
        ),
        Column("public_company", "s.public_company", "string", "no, within_12m or yes.", "no"),
        Column(
            "experiments_finished_90d",
            "s.experiments_finished_90d",
            "integer",
            "Experiments finished in 90 days.",
            14,
        ),
        Column(
            "teams_running_experiments",
            "s.teams_running_experiments",
            "integer",
            "Teams that run experiments.",
            5,
        ),
        Column(
            "approved_pm_openings",
            "s.approved_pm_openings",
            "integer",
            "Approved openings for PMs.",
            2,
        ),
        recorded_at(),
        *state("s.recorded_at", "s.id"),
    ),
)
