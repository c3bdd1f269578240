"""What an estimate looks like, and how wide a band is drawn around it."""

import math
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


def difference(before: Estimate, after: Estimate) -> Estimate:
    """Change between two independent estimates, `after` minus `before`.

    The distances from each value to its own limits are added in squares (Newcombe 1998, method
    10; MOVER), so intervals that are not centred keep their shape.
    """
    old, new = before.interval, after.interval
    change = after.value - before.value
    down = math.hypot(after.value - new.low, old.high - before.value)
    up = math.hypot(new.high - after.value, before.value - old.low)
    return Estimate(change, Interval(change - down, change + up))
