from datetime import UTC, date, datetime, timedelta

import pytest

from maturity.insights.facts import Facts, ToolUsage
from maturity.insights.period import known_before, usage_end
from maturity.insights.working_time import WorkingTime
from tests.maturity.insights.builders import T, request, tool

AT_T = datetime(2026, 7, 1, tzinfo=UTC)


def known(**rows):
    calendar = WorkingTime("UTC", frozenset(), first=date(2026, 1, 1), last=T)
    return known_before(Facts(**rows), T, calendar)


def usage(start, period):
    return ToolUsage(
        tool_key="board", period_start=start, period=period, active_users=1, eligible_users=9
    )


@pytest.mark.parametrize(
    ("start", "period", "end"),
    [
        (date(2026, 6, 30), "day", date(2026, 7, 1)),
        (date(2026, 6, 24), "week", date(2026, 7, 1)),
        (date(2026, 6, 1), "month", date(2026, 7, 1)),
        (date(2025, 11, 1), "quarter", date(2026, 2, 1)),
    ],
)
def test_a_usage_row_ends_after_its_period(start, period, end):
    assert usage_end(usage(start, period)) == end


def test_usage_is_known_when_its_period_is_over():
    over, running = usage(date(2026, 6, 24), "week"), usage(date(2026, 6, 25), "week")

    assert known(tool_usage=(over, running)).tool_usage == (over,)


def test_a_later_decision_leaves_the_request_pending():
    opened = AT_T - timedelta(days=2)

    (seen,) = known(gate_requests=(request(opened, timedelta(days=2)),)).gate_requests

    assert (seen.decided_at, seen.decision) == (None, None)


def test_a_request_without_an_opening_counts_by_its_other_dates():
    before = request(AT_T, -timedelta(days=1), requested_at=None)
    after = request(AT_T, timedelta(days=1), requested_at=None, number=1)
    undated = request(AT_T, requested_at=None, number=2)

    assert known(gate_requests=(before, after, undated)).gate_requests == (before, undated)


@pytest.mark.parametrize(
    ("confirmed_on", "seen"), [(date(2026, 6, 30), date(2026, 6, 30)), (T, None), (None, None)]
)
def test_a_later_confirmation_is_not_known_yet(confirmed_on, seen):
    (one,) = known(tools=(tool(confirmed_on=confirmed_on),)).tools

    assert one.confirmed_on == seen
