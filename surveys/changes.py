"""When a difference between two waves is called better or worse. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from maturity import stats
from maturity.stats import Estimate, Interval

Verdict = Literal["better", "worse", "unclear"]

# A change counts from ten points favourable, or .3 on a scale of five: .075 of its reach.
LEAST_SHARE, LEAST_REACH = 0.10, 0.3 / 4
# From so many pairs on the same people are compared with themselves.
PAIRS_FROM = 10
DRAWS, SEED = 999, 1
# domain.md 7.4: with SD 1 and 80 % power, 50 answers a side tell a change of .50, hence 200 tell
# .25, less than the .3 that counts. Whatever the rule calls a change is then beyond chance, and
# relabelling thousands of answers of every item and group would only make closing slow.
PERMUTED_UP_TO = 200
# More than this share of other people: it is said beside the change.
DIFFERENT_FROM = 0.2
# Comparisons of floats: a difference of exactly ten points must count.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class RowFigures:
    """What only the rows of both waves tell."""

    cliffs_delta: float | None = None
    p: float | None = None
    is_paired: bool = False


def verdict_of(change: Estimate, *, least: float, down_is_better: bool = False) -> Verdict:
    """Better or worse if it is large enough and its interval excludes 0; else unclear."""
    excludes_zero = change.interval.low > 0 or change.interval.high < 0
    if not excludes_zero or abs(change.value) < least - ROUNDING:
        return "unclear"
    return "better" if (change.value > 0) != down_is_better else "worse"


def compare_rows(
    before: Sequence[float], after: Sequence[float], pairs: Sequence[tuple[float, float]] = ()
) -> RowFigures:
    """Cliff's delta, and a permutation: of signs where enough people answered both times.

    `pairs` are known in confidential mode alone. The unpaired test is conservative when the
    same people answer twice.
    """
    is_paired = len(pairs) >= PAIRS_FROM
    if is_paired:
        p = stats.sign_flip_p([new - old for old, new in pairs], draws=DRAWS, seed=SEED)
    elif max(len(before), len(after)) <= PERMUTED_UP_TO:
        p = stats.permutation_p(before, after, draws=DRAWS, seed=SEED)
    else:
        p = None
    return RowFigures(stats.cliffs_delta(before, after), p, is_paired)


def mean_of(changes: Sequence[Estimate]) -> Estimate:
    """The change of an index from those of its items.

    Its interval is as wide as theirs on average: right if the items move together, too wide
    otherwise.
    """
    count = len(changes)
    return Estimate(
        sum(change.value for change in changes) / count,
        Interval(
            sum(change.interval.low for change in changes) / count,
            sum(change.interval.high for change in changes) / count,
        ),
    )


def are_different(before: frozenset[int], after: frozenset[int]) -> bool:
    """Whether more than a fifth of the people asked are others than before."""
    larger = max(len(before), len(after))
    return larger > 0 and 1 - len(before & after) / larger > DIFFERENT_FROM
