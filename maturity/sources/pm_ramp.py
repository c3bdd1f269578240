"""How long one new PM took to one milestone. Neither reached nor left: still on the way."""

from datetime import date

from maturity.sources.base import Column, RowRule, Source, not_before
from maturity.sources.kinds import DAY, KEY


def _still_here(left_on: date | None, reached_on: date | None) -> str | None:
    if left_on is not None and reached_on is not None and reached_on > left_on:
        return "is after left_on"
    return None


SOURCE = Source(
    name="pm_ramp",
    columns=(
        Column("person_key", KEY, key=True),
        Column("milestone_key", KEY, key=True),
        Column("team_key", KEY, optional=True),
        Column("started_on", DAY),
        Column("reached_on", DAY, optional=True),
        Column("left_on", DAY, optional=True),
    ),
    rules=(
        not_before("started_on", "reached_on"),
        not_before("started_on", "left_on"),
        RowRule(("left_on", "reached_on"), _still_here),
    ),
)
