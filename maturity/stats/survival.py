"""Durations of which some still run: Kaplan-Meier."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from maturity.stats.intervals import ROUNDING, Z95, Interval


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
