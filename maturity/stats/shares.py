"""Shares of people who answered one way, and the recommendation score."""

import math
from collections.abc import Sequence

from maturity.stats.intervals import Z90, Z95, Estimate, Interval, difference


def effective_size(answered: int, eligible: int | None) -> float:
    """Sample size n* = n (N - 1) / (N - n) that an infinite population would need."""
    if eligible is None:
        return float(answered)
    if answered >= eligible:
        return math.inf
    return answered * (eligible - 1) / (eligible - answered)


def wilson_interval(
    favourable: int, answered: int, eligible: int | None = None, *, z: float = Z95
) -> Interval | None:
    """Wilson score interval of a share, with n* when `eligible` is known (Wilson 1927).

    None without answers; a single point when everybody answered.
    """
    _check_counts(favourable, answered)
    if answered == 0:
        return None
    share, size = favourable / answered, effective_size(answered, eligible)
    if math.isinf(size):
        return Interval(share, share)
    scale = 1 + z * z / size
    centre = (share + z * z / (2 * size)) / scale
    half = z * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size)) / scale
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def hypergeometric_interval(
    favourable: int, answered: int, eligible: int, *, alpha: float = 0.05
) -> Interval | None:
    """Exact interval of the share of favourable people among the `eligible`.

    Every possible number that neither tail rejects at alpha / 2; None without answers.
    """
    _check_counts(favourable, answered, eligible)
    if answered == 0:
        return None
    unfavourable = answered - favourable
    kept = [
        total
        for total in range(favourable, eligible - unfavourable + 1)
        if _tail(total, favourable, answered, answered, eligible) > alpha / 2
        and _tail(total, 0, favourable, answered, eligible) > alpha / 2
    ]
    return Interval(kept[0] / eligible, kept[-1] / eligible)


def nonresponse_bounds(favourable: int, answered: int, eligible: int) -> Interval:
    """Favourable share if all silent people disagreed (low) or agreed (high)."""
    _check_counts(favourable, answered, eligible)
    return Interval(favourable / eligible, (favourable + eligible - answered) / eligible)


def newcombe_difference(
    before: tuple[int, int], after: tuple[int, int], *, z: float = Z90
) -> Estimate | None:
    """Change of a favourable share, `after` minus `before`, each (favourable, answered).

    Newcombe 1998, method 10 on Wilson limits, no finite correction; None if a side is empty.
    """
    first, second = wilson_interval(*before, z=z), wilson_interval(*after, z=z)
    if first is None or second is None:
        return None
    return difference(Estimate(before[0] / before[1], first), Estimate(after[0] / after[1], second))


def enps(scores: Sequence[int], eligible: int | None = None, *, z: float = Z95) -> Estimate | None:
    """Promoters (9-10) minus detractors (0-6) in points from -100 to 100; None without scores.

    Adjusted Wald interval: 3 more answers, 3/4 of one more on each side (Rocks 2016).
    """
    if not scores:
        return None
    answered = len(scores)
    promoters = sum(score >= 9 for score in scores)
    detractors = sum(score <= 6 for score in scores)
    padded = answered + 3
    high, low = (promoters + 0.75) / padded, (detractors + 0.75) / padded
    correction = answered / effective_size(answered, eligible)
    half = z * math.sqrt((high + low - (high - low) ** 2) / padded * correction)
    return Estimate(
        100 * (promoters - detractors) / answered,
        Interval(100 * max(-1.0, high - low - half), 100 * min(1.0, high - low + half)),
    )


def _check_counts(favourable: int, answered: int, eligible: int | None = None) -> None:
    if not 0 <= favourable <= answered or (eligible is not None and not 0 < eligible >= answered):
        raise ValueError(f"{favourable} favourable of {answered} answers, {eligible=}")


def _tail(total: int, first: int, last: int, answered: int, eligible: int) -> float:
    """P(first <= X <= last), X favourable answers, when `total` of all people are."""
    other = eligible - total
    ways = (math.comb(total, x) * math.comb(other, answered - x) for x in range(first, last + 1))
    return sum(ways) / math.comb(eligible, answered)
