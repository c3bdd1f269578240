"""What an estimate looks like, and how wide a band is drawn around it."""

import statistics
from dataclasses import dataclass

Z95 = statistics.NormalDist().inv_cdf(0.975)
Z90 = statistics.NormalDist().inv_cdf(0.95)

ROUNDING = 1e-12  # sums of the same numbers in another order differ by about this much


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed range, in the unit of whatever was estimated."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the interval around it, which need not be centred."""

    value: float
    interval: Interval
