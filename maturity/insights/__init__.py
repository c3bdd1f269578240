"""PURE: what we conclude about an organisation, month by month, from its facts alone."""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

from maturity.insights.base import Facts, Inputs, Verdict
from maturity.insights.benefits import BENEFITS, Benefit
from maturity.insights.period import Period, known_before
from maturity.insights.pitfalls.centralised_decisions import CentralisedDecisions
from maturity.insights.pitfalls.gatekeeper import Gatekeeper
from maturity.insights.pitfalls.separate_career_path import SeparateCareerPath
from maturity.insights.pitfalls.too_early import TooEarly
from maturity.insights.pitfalls.unused_tools import UnusedTools
from maturity.insights.readiness import Readiness
from maturity.insights.signs import SIGNS, Sign
from maturity.insights.thresholds import V1, Thresholds
from maturity.insights.working_time import (
    WorkingTime,
    months,
    next_month,
    period_end,
    period_end_due,
)


class Check(Protocol):
    """Judges months, oldest first; what it remembers between them is its own."""

    key: str
    inputs: Inputs

    def __call__(self, period: Period) -> Verdict: ...


# Everything the product can conclude. A check is made anew for each replay.
CHECKS: tuple[Callable[[], Check], ...] = (
    TooEarly,
    Gatekeeper,
    CentralisedDecisions,
    UnusedTools,
    SeparateCareerPath,
    *(partial(Sign, key) for key in SIGNS),
    Readiness,
    *(partial(Benefit, key) for key in BENEFITS),
)

__all__ = [
    "CHECKS",
    "CURRENT_THRESHOLDS",
    "SHIPPED_THRESHOLDS",
    "Check",
    "Facts",
    "Thresholds",
    "Verdict",
    "period_end_due",
    "replay",
    "run_checks",
]

# Every version that was ever shipped, by its name: old verdicts are replayed with theirs.
SHIPPED_THRESHOLDS = {each.version: each for each in (V1,)}
CURRENT_THRESHOLDS = V1


def run_checks(
    facts: Facts, *, as_of: date, thresholds: Thresholds = CURRENT_THRESHOLDS
) -> list[Verdict]:
    """Judge one organisation at the last T on or before `as_of`. Every check answers.

    Earlier months are replayed first, so the answer depends on the facts alone.
    """
    _, verdicts = deque(replay(facts, until=as_of, thresholds=thresholds), maxlen=1).pop()
    return verdicts


def replay(
    facts: Facts, *, until: date, thresholds: Thresholds = CURRENT_THRESHOLDS
) -> Iterator[tuple[date, list[Verdict]]]:
    """Yield (T, verdicts) for every month from the first with data to the last T <= `until`.

    At least the last month is yielded. Nothing dated at or after a T is seen by its verdicts.
    """
    last = period_end(until)
    dated = _days(facts)
    first = min((next_month(day) for day in dated if next_month(day) <= last), default=last)
    working_time = WorkingTime(
        facts.timezone, facts.holidays, first=min([*dated, first]), last=last
    )
    checks = [make() for make in CHECKS]
    for end in months(first, last):
        known = known_before(facts, end, working_time)
        period = Period(end, known, thresholds, working_time)
        yield end, [check(period) for check in checks]


def _days(facts: Facts) -> list[date]:
    """Return the organisation's date of every fact; a request's is that of its opening."""
    zone = ZoneInfo(facts.timezone)
    moments = [
        *(row.requested_at for row in facts.gate_requests if row.requested_at is not None),
        *(row.closed_at for row in facts.survey_items),
        *(row.closed_at for row in facts.survey_figures),
        *(row.asked_at for row in facts.questions),
    ]
    return [
        *(row.as_of for row in facts.headcounts),
        *(row.period_start for row in facts.tool_usage),
        *(row.as_of for row in facts.org_facts),
        *(row.decided_on for row in facts.decisions if row.decided_on is not None),
        *(row.effective_on for row in facts.people_moves),
        *(row.started_on for row in facts.pm_ramps),
        *(row.launched_on for row in facts.launches),
        *(row.published_on for row in facts.insights),
        *(moment.astimezone(zone).date() for moment in moments),
    ]
