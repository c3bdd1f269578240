"""Statistics for small, finite groups; standard library only.

Shares are fractions from 0 to 1; scores and durations keep the caller's unit. `answered` people
come from `eligible` ones, so intervals shrink as a group is covered (finite-population
correction). Impossible counts raise ValueError.
"""

import math
import random
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

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


@dataclass(frozen=True, slots=True)
class QuantileInterval:
    """Interval of a duration quantile. None: that end is not reached in the observed time."""

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class SurvivalStep:
    """Kaplan-Meier estimate after one event time; `greenwood` is the sum of d / (r (r - d))."""

    time: float
    survival: float
    greenwood: float


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
    old, new = before[0] / before[1], after[0] / after[1]
    down = math.hypot(new - second.low, first.high - old)
    up = math.hypot(second.high - new, old - first.low)
    return Estimate(new - old, Interval(new - old - down, new - old + up))


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


def t_cdf(value: float, freedom: float) -> float:
    """P(T <= value) of Student's t distribution."""
    tail = _beta_share(freedom / 2, 0.5, freedom / (freedom + value * value)) / 2
    return 1 - tail if value > 0 else tail


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


def cliffs_delta(before: Sequence[float], after: Sequence[float]) -> float | None:
    """P(after > before) - P(after < before) over all pairs, -1 to 1; None if a side is empty."""
    if not before or not after:
        return None
    return statistics.fmean((new > old) - (new < old) for old in before for new in after)


def permutation_p(
    first: Sequence[float], second: Sequence[float], *, draws: int, seed: int
) -> float | None:
    """Two-sided unpaired permutation test of the difference of means; None if a side is empty.

    p = (c + 1) / (draws + 1), c = random relabellings at least as extreme as what was seen.
    """
    small, large = sorted((first, second), key=len)
    if not small:
        return None
    pool, size, rest = [*small, *large], len(small), len(large)
    total = math.fsum(pool)
    seen = abs(statistics.fmean(small) - statistics.fmean(large)) - ROUNDING
    generator = random.Random(seed)  # noqa: S311  # reproducible on purpose, nothing secret
    extreme = 0
    for _ in range(draws):
        # One group fixes the other, so drawing the smaller one is a whole relabelling.
        part = sum(generator.sample(pool, size))
        extreme += abs(part / size - (total - part) / rest) >= seen
    return (extreme + 1) / (draws + 1)


def _beta_share(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function I_x(a, b)."""
    if not 0 < x < 1:
        return float(x >= 1)
    gammas = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(gammas + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):  # the fraction converges fast only below the mode
        return front * _beta_fraction(a, b, x) / a
    return 1 - front * _beta_fraction(b, a, 1 - x) / b


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Continued fraction of I_x(a, b), by Lentz's method."""
    tiny, c = 1e-300, 1.0
    result = d = 1 / (1 - (a + b) * x / (a + 1) or tiny)
    for m in range(1, 300):
        even = m * (b - m) * x / ((a - 1 + 2 * m) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 1 + 2 * m))
        for term in (even, odd):
            d = 1 / (1 + term * d or tiny)
            c = 1 + term / c or tiny
            result *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return result


def kaplan_meier(ended: Sequence[float], running: Sequence[float]) -> tuple[SurvivalStep, ...]:
    """Survival of durations: `ended` ones are events, `running` ones right-censored.

    One step per distinct event time, ascending; what is censored there was still at risk.
    """
    events, leaving = Counter(ended), Counter(chain(ended, running))
    at_risk, survival, greenwood = len(ended) + len(running), 1.0, 0.0
    steps = []
    for time in sorted(leaving):
        if deaths := events[time]:
            survival *= 1 - deaths / at_risk
            alive = at_risk - deaths
            greenwood += deaths / (at_risk * alive) if alive else math.inf
            steps.append(SurvivalStep(time, survival, greenwood))
        at_risk -= leaving[time]
    return tuple(steps)


def survival_quantile(curve: Sequence[SurvivalStep], share: float) -> float | None:
    """First time by which `share` have ended; None when the curve stays above."""
    return next((step.time for step in curve if step.survival <= 1 - share + ROUNDING), None)


def survival_quantile_interval(
    curve: Sequence[SurvivalStep], share: float, *, z: float = Z95
) -> QuantileInterval:
    """Interval of `survival_quantile`: where the log-log confidence band crosses 1 - share.

    Source: Brookmeyer & Crowley 1982 on the log(-log) scale. None: the end never crosses.
    """
    goal, bands = 1 - share + ROUNDING, [(step.time, _loglog_band(step, z)) for step in curve]
    low = (time for time, band in bands if band.low <= goal)
    high = (time for time, band in bands if band.high <= goal)
    return QuantileInterval(next(low, None), next(high, None))


def _loglog_band(step: SurvivalStep, z: float) -> Interval:
    """Pointwise confidence interval of survival, symmetric on the log(-log) scale."""
    if not step.survival:
        return Interval(0.0, 0.0)  # nobody is left
    spread = math.exp(z * math.sqrt(step.greenwood) / abs(math.log(step.survival)))
    return Interval(step.survival**spread, step.survival ** (1 / spread))
