from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from maturity import stats
from maturity.insights.survey_leg import felt, waves
from maturity.insights.thresholds import V1
from tests.maturity.insights.builders import survey

END = datetime(2026, 7, 1, tzinfo=UTC)


def answer(*items, item_key="GAT1"):
    return felt(items, item_key, end=END, rules=V1.survey)


def test_an_unfavourable_majority_needs_a_low_share_and_a_low_upper_limit():
    few = answer(survey("GAT1", 2, n=10, eligible=12))
    half = answer(survey("GAT1", 5, n=10, eligible=12))
    uncertain = answer(survey("GAT1", 2, n=5, eligible=10, response_rate=0.5))

    assert few.unfavourable
    assert few.upper == stats.wilson_interval(2, 10, 12, z=stats.Z90).high
    assert not half.unfavourable
    assert uncertain.share < 0.5
    assert uncertain.upper > 0.65
    assert not uncertain.unfavourable


@pytest.mark.parametrize(("favourable", "relieved"), [(5, False), (6, True)])
def test_relief_needs_60_percent_favourable(favourable, relieved):
    assert answer(survey("GAT1", favourable)).relieved is relieved


@pytest.mark.parametrize(
    "changes",
    [
        {"n": 4, "favourable": 0},
        {"response_rate": 0.49},
        {"eligible": None},
        {"response_rate": None},
        {"closed_at": END - timedelta(days=121)},
        {"closed_at": END},
        {"item_key": "GAT2"},
    ],
)
def test_what_may_not_be_used_is_unknown(changes):
    assert answer(replace(survey("GAT1", 1), **changes)) is None


def test_a_wave_closed_120_days_ago_still_counts():
    assert answer(survey("GAT1", 1, closed=END - timedelta(days=120))).wave_key == "w1"


def test_an_older_wave_never_stands_in_for_a_newer_one_that_is_too_small():
    older = survey("GAT1", 1, wave="w1", closed=END - timedelta(days=60))
    newer = survey("GAT1", 0, n=3, wave="w2", closed=END - timedelta(days=20))

    assert answer(older, newer) is None
    assert answer(older).wave_key == "w1"


def test_the_latest_wave_that_asked_the_item_counts():
    full = survey("LEV2", 1, wave="w1", closed=END - timedelta(days=60))
    pulse = survey("GAT1", 1, wave="w2", closed=END - timedelta(days=20))

    assert answer(full, pulse, item_key="LEV2").wave_key == "w1"


def test_waves_are_named_once():
    first, second = answer(survey("GAT1", 1)), answer(survey("GAT2", 1), item_key="GAT2")

    assert waves([first, second]) == "w1"
