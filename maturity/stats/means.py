"""Middles and means, with Student's t."""

import math
import statistics
from collections.abc import Sequence
from functools import lru_cache

from maturity.stats.beta import beta_share
from maturity.stats.intervals import Estimate, Interval


def median(values: Sequence[float]) -> float | None:
    """Middle value, or the mean of the middle two; None without values."""
    return statistics.median(values) if values else None


def lower_median(values: Sequence[int]) -> int | None:
    """Middle value, or the lower of the middle two, so that it is always one of the values."""
    return statistics.median_low(values) if values else None


def mean_interval(
    values: Sequence[float], eligible: int | None = None, *, confidence: float = 0.95
) -> Interval | None:
    """Student interval of a mean, times sqrt((N - n) / N); None under 2 values."""
    size = len(values)
    if size < 2:
        return None
    correction = 1.0 if eligible is None else max(0, eligible - size) / eligible
    error = math.sqrt(statistics.variance(values) / size * correction)
    half = t_quantile(0.5 + confidence / 2, size - 1) * error
    centre = statistics.fmean(values)
    return Interval(centre - half, centre + half)


def welch_difference(
    before: Sequence[float], after: Sequence[float], *, confidence: float = 0.9
) -> Estimate | None:
    """Change of a mean, `after` minus `before`, with Welch's interval; None under 2 values a side.

    No finite-population correction, so that the interval errs on the wide side.
    """
    if min(len(before), len(after)) < 2:
        return None
    return welch_from_moments(_moments(before), _moments(after), confidence=confidence)


def welch_from_moments(
    before: tuple[int, float, float], after: tuple[int, float, float], *, confidence: float = 0.9
) -> Estimate:
    """As welch_difference, from (size, mean, variance) of each side, sizes of at least 2."""
    (first, old, old_variance), (second, new, new_variance) = before, after
    errors = old_variance / first, new_variance / second
    error, change = sum(errors), new - old
    if not error:
        return Estimate(change, Interval(change, change))
    freedom = error**2 / (errors[0] ** 2 / (first - 1) + errors[1] ** 2 / (second - 1))
    half = t_quantile(0.5 + confidence / 2, freedom) * math.sqrt(error)
    return Estimate(change, Interval(change - half, change + half))


def _moments(values: Sequence[float]) -> tuple[int, float, float]:
    return len(values), statistics.fmean(values), statistics.variance(values)


def t_cdf(value: float, freedom: float) -> float:
    """P(T <= value) of Student's t distribution."""
    tail = beta_share(freedom / 2, 0.5, freedom / (freedom + value * value)) / 2
    return 1 - tail if value > 0 else tail


# The same few sizes come again in every cell of a survey.
@lru_cache(maxsize=4_096)
def t_quantile(probability: float, freedom: float) -> float:
    """Value below which Student's t lies with `probability` (0 < p < 1), by bisection."""
    if not 0 < probability < 1:
        raise ValueError(f"no quantile at probability {probability}")
    if probability < 0.5:
        return -t_quantile(1 - probability, freedom)
    low, high = 0.0, 1.0
    while t_cdf(high, freedom) < probability:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        below = t_cdf(middle, freedom) < probability
        low, high = (middle, high) if below else (low, middle)
    return high
