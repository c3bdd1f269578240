"""Organisations: whose rows these are."""

from maturity.rubrics import DEFAULT_PACK
from reports.feed.tables.base import Column, Table, keys, state

ORGANIZATIONS = Table(
    name="organizations",
    summary="One row per organisation the key may see.",
    row="maturity_organization s ON s.id = c.entity_id",
    joins="",
    row_id="s.id",
    created_at="s.created_at",
    filters={},
    columns=(
        *keys("organisation"),
        Column("name", "s.name", "string", "Name of the organisation.", "Acme"),
        Column(
            "timezone",
            "s.timezone",
            "string",
            "Its time zone; its dates are days there.",
            "Europe/Berlin",
        ),
        Column(
            "rubric",
            f"CASE WHEN s.id IS NOT NULL THEN coalesce(nullif(s.rubric_key, ''), '{DEFAULT_PACK}')"
            f" END",
            "string",
            "Key of the rubric that new assessments are judged against.",
            "product-ops-core",
        ),
        *state("s.created_at", "s.id"),
    ),
)
