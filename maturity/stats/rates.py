"""Events per time: how many times as often one group has them as another."""

import math

from maturity.stats.beta import beta_quantile
from maturity.stats.intervals import Estimate, Interval


def rate_ratio(
    first: tuple[int, float], second: tuple[int, float], *, alpha: float = 0.05
) -> Estimate | None:
    """Ratio of two Poisson rates, each (events, exposure), with its exact interval.

    Given all events, those of the first group are binomial; the interval is Clopper & Pearson's
    of that share (Przyborowski & Wilenski 1940). None without events or exposure; infinite where
    only the first group has events.
    """
    (seen, exposure), (others, other_exposure) = first, second
    total = seen + others
    if not total or exposure <= 0 or other_exposure <= 0:
        return None
    scale = other_exposure / exposure
    low = beta_quantile(alpha / 2, seen, others + 1) if seen else 0.0
    high = beta_quantile(1 - alpha / 2, seen + 1, others) if others else 1.0
    value = seen / others * scale if others else math.inf
    return Estimate(value, Interval(_odds(low) * scale, _odds(high) * scale))


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else math.inf
