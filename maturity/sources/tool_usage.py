"""How many distinct people used a tool within one period, of those who could have.

Weeks are ISO weeks and start on a Monday. A month or a quarter starts on the first of a month:
which months start a quarter is the organisation's own (fiscal years differ).

A row is known by its tool and its start alone, so a week and a month that start on one day would
take each other's place. The first of them stays and the other is set aside: who reports both gives
one of the two a tool_key of its own.
"""

from datetime import date

from maturity.sources.base import Column, RowRule, Source
from maturity.sources.kinds import COUNT, DAY, KEY, one_of

PERIODS = ("day", "week", "month", "quarter")
MONDAY = 0


def _starts(period: str, start: date) -> str | None:
    if period == "week" and start.weekday() != MONDAY:
        return "is not the start of a week, which is a Monday"
    if period in {"month", "quarter"} and start.day != 1:
        return f"is not the start of a {period}, which is the first of a month"
    return None


def _within_eligible(eligible: int, active: int) -> str | None:
    return "is larger than eligible_users" if active > eligible else None


SOURCE = Source(
    name="tool_usage",
    columns=(
        Column("tool_key", KEY, key=True),
        Column("period_start", DAY, key=True),
        Column("period", one_of(*PERIODS, noun="period")),
        Column("active_users", COUNT),
        Column("eligible_users", COUNT),
    ),
    rules=(
        RowRule(("period", "period_start"), _starts),
        RowRule(("eligible_users", "active_users"), _within_eligible),
    ),
    settled="period",
)
