"""One insight that a team published, and when another team first built on it."""

from datetime import date

from maturity.sources.base import Column, RowRule, Source, not_before
from maturity.sources.kinds import DAY, KEY


def _was_reused(reused_on: date | None, by: str | None) -> str | None:
    if reused_on is None and by is not None:
        return "is given without first_reused_on"
    return None


SOURCE = Source(
    name="insights",
    columns=(
        Column("insight_id", KEY, key=True),
        Column("team_key", KEY, optional=True),
        Column("published_on", DAY),
        Column("first_reused_on", DAY, optional=True),
        Column("reused_by_team_key", KEY, optional=True),
    ),
    rules=(
        not_before("published_on", "first_reused_on"),
        RowRule(("first_reused_on", "reused_by_team_key"), _was_reused),
    ),
)
