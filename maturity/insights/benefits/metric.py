"""One figure of a benefit: what it is now, what it was, and whether it changed beyond noise."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from maturity import stats
from maturity.insights.base import BenefitState
from maturity.insights.phrases import Phrase, phrase

Direction = Literal["up", "down"]
# Where the first figure to compare with comes from.
BaselineKind = Literal["before_product_ops", "first_measured"]
# Figures without an interval: they are shown, and no verdict waits for them (`is_called`).
NEVER_CALLED = frozenset({"between_team_spread", "checklist_spread", "event_plan_conformance"})


@dataclass(frozen=True, slots=True)
class Level:
    """One measurement: `label` names its wave, cohort or window's end; limits are 95 %."""

    value: float
    n: int
    label: str | Phrase
    low: float | None = None
    high: float | None = None

    def as_evidence(self) -> dict[str, Any]:
        interval = None if self.low is None and self.high is None else [self.low, self.high]
        return {"value": self.value, "n": self.n, "of": self.label, "ci95": interval}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """`change` is now minus before with its 90 % interval, None where none can be drawn.

    `least` is the smallest change that counts. `because` says why there is no figure now. A
    change of a figure without an interval is never called.
    """

    key: str
    source: str | None
    unit: str
    direction: Direction
    n_min: int
    least: float
    now: Level | None = None
    before: Level | None = None
    baseline: BaselineKind | None = None
    change: stats.Estimate | None = None
    because: Phrase | None = None
    is_called: bool = True
    extra: tuple[tuple[str, Any], ...] = ()

    @property
    def state(self) -> BenefitState:
        """Better or worse only where the change is large enough and its interval excludes 0."""
        if self.now is None or self.before is None or self.change is None:
            return "unknown"
        change, interval = self.change.value, self.change.interval
        if abs(change) < self.least or interval.low <= 0 <= interval.high:
            return "no_clear_change"
        return "better" if (change > 0) == (self.direction == "up") else "worse"

    def as_evidence(self) -> dict[str, Any]:
        change = self.change
        return {
            "state": self.state,
            "unit": self.unit,
            "direction": self.direction,
            "n_min": self.n_min,
            "least_change": self.least,
            "now": self.now.as_evidence() if self.now else None,
            "before": self.before.as_evidence() if self.before else None,
            "baseline": self.baseline,
            "change": change.value if change else None,
            "ci90": [change.interval.low, change.interval.high] if change else None,
            "unknown_because": self.because,
            **dict(self.extra),
        }


def label_of(end: date) -> Phrase:
    """Name a window by the day it ends before."""
    return phrase("before %(day)s", day=end)
