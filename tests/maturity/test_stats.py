import importlib.util
import math
import statistics
from collections import Counter
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

from maturity import stats
from maturity.stats import Interval, comparisons

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "reference_stats.py"


with_reference = pytest.mark.skipif(
    not REFERENCE.exists(), reason="the reference statistics are not beside this checkout"
)


@cache
def reference():
    spec = importlib.util.spec_from_file_location("reference_stats", REFERENCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("k", "n"), [(0, 5), (1, 5), (3, 7), (12, 20), (20, 20), (90, 300)])
def test_wilson_without_a_population_is_the_textbook_interval(k, n):
    low, high = proportion_confint(k, n, alpha=0.05, method="wilson")

    interval = stats.wilson_interval(k, n)

    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-12)


def test_wilson_uses_the_finite_population():
    interval = stats.wilson_interval(6, 10, 20)

    # n* = 10 * 19 / 10 = 19, so the interval is that of the same share of 19 people.
    low, high = proportion_confint(0.6 * 19, 19, alpha=0.05, method="wilson")
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-12)


def test_wilson_has_no_interval_without_answers():
    assert stats.wilson_interval(0, 0, 12) is None


def test_wilson_is_a_point_when_everybody_answered():
    assert stats.wilson_interval(3, 12, 12) == Interval(0.25, 0.25)
    assert stats.wilson_interval(1, 1, 1) == Interval(1.0, 1.0)


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="6 favourable of 5"):
        stats.wilson_interval(6, 5)
    with pytest.raises(ValueError, match="eligible=4"):
        stats.hypergeometric_interval(2, 5, 4)
    with pytest.raises(ValueError, match="eligible=0"):
        stats.nonresponse_bounds(0, 0, 0)


@pytest.mark.parametrize(("k", "n", "population"), [(0, 5, 9), (3, 7, 12), (12, 20, 60), (5, 5, 9)])
def test_hypergeometric_keeps_what_neither_tail_rejects(k, n, population):
    kept = [
        total / population
        for total in range(population + 1)
        if scipy.stats.hypergeom.sf(k - 1, population, total, n) > 0.025
        and scipy.stats.hypergeom.cdf(k, population, total, n) > 0.025
    ]

    interval = stats.hypergeometric_interval(k, n, population)

    assert interval == Interval(kept[0], kept[-1])
    assert stats.hypergeometric_interval(0, 0, population) is None


def test_hypergeometric_is_a_point_when_everybody_answered():
    assert stats.hypergeometric_interval(3, 12, 12) == Interval(0.25, 0.25)


def test_silent_people_bound_the_share():
    assert stats.nonresponse_bounds(6, 10, 20) == Interval(0.3, 0.8)


@pytest.mark.parametrize("freedom", [1, 2, 3, 7, 29, 200])
@pytest.mark.parametrize("probability", [0.001, 0.05, 0.3, 0.5, 0.9, 0.975, 0.9995])
def test_t_distribution_agrees_with_scipy(freedom, probability):
    quantile = stats.t_quantile(probability, freedom)

    assert quantile == pytest.approx(scipy.stats.t.ppf(probability, freedom), rel=1e-9, abs=1e-9)
    assert stats.t_cdf(quantile, freedom) == pytest.approx(probability, abs=1e-12)


def test_t_quantile_refuses_certainty():
    with pytest.raises(ValueError, match="probability 1"):
        stats.t_quantile(1, 5)


def test_mean_interval_shrinks_with_coverage():
    values = [2.0, 3, 3, 4, 5, 5]
    error = statistics.stdev(values) / math.sqrt(6)
    low, high = scipy.stats.t.interval(0.95, 5, loc=statistics.fmean(values), scale=error)

    alone = stats.mean_interval(values)
    half = stats.mean_interval(values, 12)
    everybody = stats.mean_interval(values, 6)

    assert (alone.low, alone.high) == pytest.approx((low, high), abs=1e-9)
    assert half.high - half.low == pytest.approx((high - low) * math.sqrt(0.5), abs=1e-9)
    assert everybody.low == everybody.high == pytest.approx(22 / 6)
    assert stats.mean_interval([3.0]) is None


def test_enps_of_a_known_team():
    estimate = stats.enps([10, 9, 9, 8, 7, 7, 6, 3, 10, 9, 8, 2])

    # 5.75 and 3.75 of 15: difference 2/15, variance (9.5/15 - (2/15)^2) / 15 = 0.0410370.
    half = 1.959964 * math.sqrt(0.0410370)
    assert estimate.value == pytest.approx(100 * (5 - 3) / 12)
    assert estimate.interval.low == pytest.approx(100 * (2 / 15 - half), abs=1e-3)
    assert estimate.interval.high == pytest.approx(100 * (2 / 15 + half), abs=1e-3)
    assert stats.enps([]) is None


def test_newcombe_reproduces_the_published_example():
    # Newcombe 1998, table II, example (a): 56/70 against 48/80, 95 % 0.0524 to 0.3339.
    estimate = stats.newcombe_difference((48, 80), (56, 70), z=stats.Z95)

    assert estimate.value == pytest.approx(0.2)
    assert estimate.interval.low == pytest.approx(0.0524, abs=5e-5)
    assert estimate.interval.high == pytest.approx(0.3339, abs=5e-5)
    assert stats.newcombe_difference((0, 0), (1, 2)) is None


def test_cliffs_delta_is_the_scaled_mann_whitney_statistic():
    before, after = [1, 2, 2, 3, 5], [2, 3, 3, 4, 5, 5]

    wins = scipy.stats.mannwhitneyu(after, before).statistic

    assert stats.cliffs_delta(before, after) == pytest.approx(2 * wins / 30 - 1)
    assert stats.cliffs_delta([], after) is None


def test_medians():
    assert stats.median([4, 1, 3, 2]) == 2.5
    assert stats.lower_median([4, 1, 3, 2]) == 2
    assert stats.median([]) is None
    assert stats.lower_median([]) is None


def test_permutation_approaches_the_exact_p_value():
    first, second = [1.0, 2.0, 4.0, 5.5], [3.0, 6.0, 7.0, 9.0, 9.5]
    pool = first + second
    seen = abs(statistics.fmean(first) - statistics.fmean(second))
    splits = [
        abs(sum(part) / 4 - (sum(pool) - sum(part)) / 5) >= seen - 1e-12
        for part in combinations(pool, 4)
    ]

    p = stats.permutation_p(first, second, draws=20_000, seed=1)

    assert p == pytest.approx(sum(splits) / len(splits), abs=0.005)


def test_permutation_counts_the_observed_split_itself():
    far = stats.permutation_p([0.0] * 30, [100.0 + i for i in range(30)], draws=99, seed=3)

    assert far == 1 / 100
    assert stats.permutation_p([1.0, 1.0], [1.0, 1.0], draws=99, seed=3) == 1.0
    assert stats.permutation_p([], [1.0], draws=99, seed=3) is None


def test_permutation_is_reproducible_and_symmetric():
    first = statistics.NormalDist(0, 1).samples(12, seed=8)
    second = statistics.NormalDist(0.8, 1).samples(25, seed=9)

    p = stats.permutation_p(first, second, draws=500, seed=7)

    assert p == stats.permutation_p(first, second, draws=500, seed=7)
    assert p == stats.permutation_p(second, first, draws=500, seed=7)
    assert p != stats.permutation_p(first, second, draws=500, seed=8)


def test_every_relabelling_is_as_likely():
    # Members that are powers of two: the sum of a drawn set says which set it was.
    for size, of in ((2, 6), (1, 9), (4, 9)):
        pool = [float(1 << place) for place in range(of)]
        drawn = comparisons._relabellings(of, size, 30_000, 11)

        found = Counter(comparisons._sums(pool, drawn))

        sets = [sum(part) for part in combinations(pool, size)]
        assert set(found) == set(sets)
        expected = 30_000 / len(sets)
        chi_square = sum((found[each] - expected) ** 2 / expected for each in sets)
        # The 99.9 % quantile of chi-square, after Wilson and Hilferty.
        free = len(sets) - 1
        assert chi_square < free * (1 - 2 / (9 * free) + 3.09 * (2 / (9 * free)) ** 0.5) ** 3


def test_kept_relabellings_give_what_fresh_ones_give(monkeypatch):
    first = statistics.NormalDist(0, 1).samples(20, seed=8)
    second = statistics.NormalDist(0.3, 1).samples(25, seed=9)
    kept = [stats.permutation_p(first, second, draws=500, seed=seed) for seed in (1, 2, 1, 2)]

    monkeypatch.setattr(comparisons, "KEPT_BYTES", 0)

    fresh = [stats.permutation_p(first, second, draws=500, seed=seed) for seed in (1, 2)]
    assert kept == fresh * 2


SURVIVAL = {
    "some running": ([1, 2, 2, 3, 5, 8, 8, 13, 21, 34], [2, 4, 9, 40]),
    "all ended": ([1, 2, 2, 3, 5, 8, 8, 13, 21, 34], []),
    "mostly running": ([1, 2, 7], [3, 4, 5, 6, 8, 9, 10, 11]),
}


@pytest.mark.parametrize("name", SURVIVAL)
def test_kaplan_meier_agrees_with_statsmodels(name):
    ended, running = SURVIVAL[name]
    oracle = SurvfuncRight(ended + running, [1] * len(ended) + [0] * len(running))
    at_events = [i for i, events in enumerate(oracle.n_events) if events]

    curve = stats.kaplan_meier(ended, running)

    assert [step.time for step in curve] == [oracle.surv_times[i] for i in at_events]
    assert [step.survival for step in curve] == pytest.approx(
        [oracle.surv_prob[i] for i in at_events], abs=1e-12
    )
    for step, i in zip(curve, at_events, strict=True):
        if step.survival > 0:
            error = step.survival * math.sqrt(step.greenwood)
            assert error == pytest.approx(oracle.surv_prob_se[i], abs=1e-12)


@pytest.mark.parametrize(
    ("name", "share"),
    [("some running", 0.25), ("some running", 0.5), ("all ended", 0.55), ("all ended", 0.85)],
)
def test_quantile_interval_agrees_with_statsmodels(name, share):
    ended, running = SURVIVAL[name]
    oracle = SurvfuncRight(ended + running, [1] * len(ended) + [0] * len(running))
    curve = stats.kaplan_meier(ended, running)

    interval = stats.survival_quantile_interval(curve, share)

    assert stats.survival_quantile(curve, share) == oracle.quantile(share)
    with np.errstate(divide="ignore", invalid="ignore"):  # where nobody is left
        assert (interval.low, interval.high) == oracle.quantile_ci(share, method="cloglog")


def test_quantile_that_too_few_reached_is_none():
    curve = stats.kaplan_meier(*SURVIVAL["mostly running"])

    assert stats.survival_quantile(curve, 0.5) is None
    assert stats.survival_quantile_interval(curve, 0.5) == stats.QuantileInterval(2, None)


def test_quantile_interval_may_miss_both_ends():
    curve = stats.kaplan_meier([1.0], [2.0] * 30)

    assert stats.survival_quantile_interval(curve, 0.85) == stats.QuantileInterval(None, None)
    assert stats.kaplan_meier([], [1.0]) == ()


def test_pending_durations_lengthen_the_quantile():
    decided_only = stats.kaplan_meier([1, 2, 3, 4], [])
    with_pending = stats.kaplan_meier([1, 2, 3, 4], [5, 5, 5, 5])

    assert stats.survival_quantile(decided_only, 0.5) == 2
    assert stats.survival_quantile(with_pending, 0.5) == 4


def test_censoring_at_an_event_time_happens_after_the_event():
    curve = stats.kaplan_meier([2.0], [2.0])

    assert curve[0].survival == 0.5


counts = st.integers(2, 60).flatmap(
    lambda population: st.integers(1, population).flatmap(
        lambda n: st.tuples(st.integers(0, n), st.just(n), st.just(population))
    )
)


@with_reference
@given(counts)
def test_intervals_agree_with_the_reference(case):
    k, n, population = case

    interval = stats.wilson_interval(k, n, population)
    exact = stats.hypergeometric_interval(k, n, population)

    assert (interval.low, interval.high) == pytest.approx(
        reference().wilson(k, n, population), abs=1e-12
    )
    assert (exact.low, exact.high) == reference().hypergeom_ci(k, n, population)


@with_reference
def test_means_and_differences_agree_with_the_reference():
    scores = [10, 9, 9, 8, 7, 7, 6, 3, 10, 9, 8, 2]
    mean = stats.mean_interval(scores, 30)
    recommend = stats.enps(scores, 30)
    change = stats.newcombe_difference((4, 11), (9, 14))

    assert (mean.low, mean.high) == pytest.approx(reference().mean_ci(scores, 30)[1:], abs=1e-9)
    expected = reference().nps(scores, 30)
    assert (recommend.value, recommend.interval.low, recommend.interval.high) == pytest.approx(
        (expected["nps"], expected["lo"], expected["hi"]), abs=1e-9
    )
    assert (change.value, change.interval.low, change.interval.high) == pytest.approx(
        reference().newcombe_diff(4, 11, 9, 14), abs=1e-12
    )


@with_reference
def test_waits_agree_with_the_reference():
    ended = [round(-5 * math.log(1 - i / 60), 1) for i in range(60)]
    running = [round(-10 * math.log(1 - i / 25), 1) for i in range(25)]
    times, events = ended + running, [True] * 60 + [False] * 25
    curve = stats.kaplan_meier(ended, running)

    for share in (0.1, 0.5, 0.85, 0.99):
        assert stats.survival_quantile(curve, share) == reference().km_quantile(
            times, events, share
        )
