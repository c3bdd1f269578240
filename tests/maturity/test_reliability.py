"""How well items hang together, and how far teams differ; against the reference and real data."""

import csv
import math

import numpy as np
import pytest
import statsmodels.stats.meta_analysis as meta

from maturity import stats
from tests.maturity.test_stats import reference, with_reference

# psych::bfi's extraversion scale: E1 and E2 are worded the other way round, answers are 1 to 6.
EXTRAVERSION, REVERSED, TURN = ("E1", "E2", "E3", "E4", "E5"), ("E1", "E2"), 7


def _rows(path, reverse):
    with path.open(newline="") as file:
        people = [[row[key] for key in EXTRAVERSION] for row in csv.DictReader(file)]
    return [
        [
            TURN - float(text) if key in reverse else float(text)
            for key, text in zip(EXTRAVERSION, row, strict=True)
        ]
        for row in people
        if all(row)
    ]


@pytest.mark.parametrize(
    ("reverse", "alpha"),
    [(REVERSED, 0.761), ((), -0.624)],
    ids=["reversed once", "not reversed"],
)
def test_forgetting_to_reverse_is_loud(shared, reverse, alpha):
    rows = _rows(shared / "data" / "source" / "psych_bfi.csv", reverse)

    assert stats.cronbach_alpha(rows) == pytest.approx(alpha, abs=5e-4)
    assert stats.cronbach_alpha(rows) == pytest.approx(reference().cronbach_alpha(rows)[0])


def test_reversing_twice_is_as_loud_as_not_at_all(shared):
    rows = _rows(shared / "data" / "source" / "psych_bfi.csv", REVERSED)
    twice = [[TURN - row[0], TURN - row[1], *row[2:]] for row in rows]

    assert stats.cronbach_alpha(twice) == pytest.approx(-0.624, abs=5e-4)


def test_alpha_needs_30_complete_answers_to_3_items():
    rows = [[1 + n % 5, 1 + (n + n % 2) % 5, 1 + n % 4] for n in range(30)]

    assert stats.cronbach_alpha(rows) is not None
    assert stats.cronbach_alpha(rows[:29]) is None
    assert stats.cronbach_alpha([row[:2] for row in rows]) is None
    assert stats.cronbach_alpha([]) is None


def test_alpha_of_answers_that_never_differ_is_unknown():
    assert stats.cronbach_alpha([[3, 3, 3]] * 40) is None


TEAMS = [[1, 2, 2, 3, 2], [4, 5, 4, 4, 5, 5], [3, 3, 2, 4, 3], [5, 4, 5, 5, 3], [2, 1, 3, 2, 2]]


def test_spread_between_teams_agrees_with_statsmodels():
    pooled = sum(sum((x - sum(team) / len(team)) ** 2 for x in team) for team in TEAMS) / sum(
        len(team) - 1 for team in TEAMS
    )
    means = [sum(team) / len(team) for team in TEAMS]
    noise = np.array([pooled / len(team) for team in TEAMS])
    oracle = meta.combine_effects(np.array(means), noise, method_re="dl")

    assert stats.tau_between(TEAMS) == pytest.approx(math.sqrt(oracle.tau2), abs=1e-9)


@with_reference
def test_spread_between_teams_agrees_with_the_reference():
    assert stats.tau_between(TEAMS) == pytest.approx(reference().tau_between(TEAMS), abs=1e-12)


def test_spread_needs_4_teams_and_is_0_within_noise():
    assert stats.tau_between([*TEAMS[:3], [4]]) is None
    assert stats.tau_between([[1, 5, 3], [2, 4, 3], [3, 3, 3], [1, 3, 5]]) == 0.0


def test_teams_that_agree_within_have_their_plain_spread():
    assert stats.tau_between([[2, 2], [2, 2], [4, 4], [4, 4]]) == pytest.approx(math.sqrt(4 / 3))
