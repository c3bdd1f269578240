"""What the signs of needing product ops are read from. An empty value is unknown, never zero."""

from maturity.sources.base import Column, Source
from maturity.sources.kinds import COUNT, DAY, number, one_of

PUBLIC_COMPANY = ("no", "within_12m", "yes")
# From UTC-12 to UTC+14.
WIDEST_SPAN_HOURS = 26

SOURCE = Source(
    name="org_facts",
    columns=(
        Column("as_of", DAY, key=True),
        Column("products", COUNT, optional=True),
        Column("business_units", COUNT, optional=True),
        Column("markets", COUNT, optional=True),
        Column("timezone_span_hours", number(maximum=WIDEST_SPAN_HOURS), optional=True),
        Column("public_company", one_of(*PUBLIC_COMPANY), optional=True),
        Column("experiments_finished_90d", COUNT, optional=True),
        Column("teams_running_experiments", COUNT, optional=True),
        Column("approved_pm_openings", COUNT, optional=True),
    ),
)
