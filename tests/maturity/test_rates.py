"""The ratio of two rates against scipy's exact binomial interval; differences by hand."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from maturity import stats
from maturity.stats.beta import beta_quantile


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 40),
    st.integers(0, 40),
    st.floats(0.5, 50),
    st.floats(0.5, 50),
)
def test_the_interval_is_clopper_pearson_on_the_odds_scale(seen, others, exposure, other_exposure):
    got = stats.rate_ratio((seen, exposure), (others, other_exposure))

    if not seen + others:
        assert got is None
        return
    want = scipy_stats.binomtest(seen, seen + others).proportion_ci(0.95, method="exact")
    scale = other_exposure / exposure
    assert got.interval.low == pytest.approx(want.low / (1 - want.low) * scale, rel=1e-6, abs=1e-9)
    high = math.inf if want.high == 1 else want.high / (1 - want.high) * scale
    assert got.interval.high == pytest.approx(high, rel=1e-6)


def test_without_exposure_there_is_no_rate():
    assert stats.rate_ratio((1, 0.0), (1, 2.0)) is None


def test_the_beta_quantile_agrees_with_scipy():
    assert beta_quantile(0.025, 3, 18) == pytest.approx(scipy_stats.beta.ppf(0.025, 3, 18))


def test_rule_of_three():
    # 30 person-years without a move, 10 % a year expected: the chance is 5 %.
    assert scipy_stats.poisson.pmf(0, 30 * 0.1) == pytest.approx(0.0498, abs=1e-4)


def test_the_difference_adds_the_distances_in_squares():
    before = stats.Estimate(10, stats.Interval(7, 14))
    after = stats.Estimate(6, stats.Interval(5, 9))

    got = stats.difference(before, after)

    assert got == stats.Estimate(-4, stats.Interval(-4 - math.hypot(1, 4), -4 + math.hypot(3, 3)))
