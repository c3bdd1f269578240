"""Change between two sets of answers: Welch, and the paired permutation."""

import numpy as np
import pytest
import scipy.stats

from maturity import stats
from tests.maturity.test_stats import reference, with_reference

BEFORE, AFTER = [2, 3, 3, 4, 2, 3, 5, 1], [4, 4, 5, 3, 5, 4, 4, 5, 2, 5]


def test_change_of_means_is_welchs_90_percent_interval():
    oracle = scipy.stats.ttest_ind(AFTER, BEFORE, equal_var=False).confidence_interval(0.9)

    change = stats.welch_difference(BEFORE, AFTER)

    assert change.value == pytest.approx(4.1 - 2.875)
    assert (change.interval.low, change.interval.high) == pytest.approx(
        (oracle.low, oracle.high), abs=1e-9
    )


def test_change_of_means_needs_two_values_a_side():
    assert stats.welch_difference([3], AFTER) is None
    assert stats.welch_difference(BEFORE, [3]) is None


def test_change_without_any_spread_is_a_point():
    assert stats.welch_difference([3, 3], [4, 4]).interval == stats.Interval(1.0, 1.0)


@pytest.mark.parametrize("size", [10, 14])
def test_paired_test_counts_all_sign_flips(size):
    differences = [1, -1, 2, 1, 0, 3, 1, -2, 1, 1, 2, 2, -1, 1][:size]

    def summed(x, axis=-1):
        return np.sum(x, axis=axis)

    oracle = scipy.stats.permutation_test(
        (np.array(differences),), summed, permutation_type="samples", n_resamples=np.inf
    )
    assert stats.sign_flip_p(differences, draws=1, seed=1) == pytest.approx(oracle.pvalue)


@with_reference
def test_paired_test_agrees_with_the_reference():
    short, long = [1, 2, -1, 0, 3, 1, 1], [1, 1, -1, 2, 1] * 6

    assert stats.sign_flip_p(short, draws=1, seed=1) == reference().perm_paired(short)
    assert stats.sign_flip_p(long, draws=2_000, seed=1) == pytest.approx(
        reference().perm_paired(long, R=2_000), abs=0.02
    )


def test_pairs_that_never_differ_are_no_evidence():
    assert stats.sign_flip_p([0, 0, 0], draws=99, seed=1) == 1.0
    assert stats.sign_flip_p([], draws=99, seed=1) is None
