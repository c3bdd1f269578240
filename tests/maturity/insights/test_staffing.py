from datetime import date, timedelta

import pytest

from maturity.insights.facts import HeadCount
from maturity.insights.staffing import fte
from maturity.insights.thresholds import V1

T = date(2026, 7, 1)
RULES = V1.headcount


def snapshot(as_of, value, function="pm", team=None):
    return HeadCount(as_of=as_of, function=function, headcount=int(value), fte=value, team_key=team)


def measure(*rows):
    return fte(rows, "pm", end=T, rules=RULES)


def test_p_is_the_median_of_the_last_90_days():
    pms = measure(
        snapshot(T - timedelta(days=91), 100),
        snapshot(T - timedelta(days=90), 10),
        snapshot(T - timedelta(days=50), 12),
        snapshot(T - timedelta(days=1), 20),
    )

    assert pms.known == 12


def test_without_a_recent_snapshot_p_is_the_newest():
    pms = measure(snapshot(T - timedelta(days=180), 10), snapshot(T - timedelta(days=95), 14))

    assert (pms.known, pms.snapshots) == (14, 2)


def test_teams_are_summed_unless_a_total_is_stated():
    day, other = T - timedelta(days=40), T - timedelta(days=2)
    pms = measure(
        snapshot(day, 3, team="a"),
        snapshot(day, 4, team="b"),
        snapshot(other, 3, team="a"),
        snapshot(other, 9),
    )

    assert dict(pms.totals) == {day: 7, other: 9}


def test_other_functions_do_not_count():
    pms = measure(snapshot(T - timedelta(days=40), 3, function="product_ops"))

    assert pms.value is None
    assert str(pms.because) == "no headcount snapshot of PMs"


@pytest.mark.parametrize(("apart", "usable"), [(27, False), (28, True)])
def test_two_snapshots_must_lie_28_days_apart(apart, usable):
    newest = T - timedelta(days=10)

    pms = measure(snapshot(newest - timedelta(days=apart), 10), snapshot(newest, 10))

    assert pms.usable is usable
    assert pms.value == 10


@pytest.mark.parametrize(("days", "usable"), [(200, True), (201, False)])
def test_both_snapshots_must_lie_in_the_last_200_days(days, usable):
    pms = measure(snapshot(T - timedelta(days=days), 10), snapshot(T - timedelta(days=10), 10))

    assert pms.usable is usable


@pytest.mark.parametrize(("age", "usable"), [(100, True), (101, False)])
def test_the_newest_snapshot_is_at_most_100_days_old(age, usable):
    pms = measure(snapshot(T - timedelta(days=age + 30), 10), snapshot(T - timedelta(days=age), 10))

    assert pms.usable is usable


def test_an_old_head_count_says_how_old():
    pms = measure(snapshot(T - timedelta(days=250), 10), snapshot(T - timedelta(days=183), 10))

    assert str(pms.because) == "newest headcount snapshot 183 days old, at most 100"
    assert (pms.value, pms.known) == (10, None)


def test_presence_counts_from_the_unbroken_run():
    days = [T - timedelta(days=back) for back in (400, 300, 200, 100, 10)]
    pms = measure(*(snapshot(day, v) for day, v in zip(days, (2, 0, 1, 2, 2), strict=True)))

    assert pms.present_since == days[2]
    assert pms.newest == 2
