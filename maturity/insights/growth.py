"""Whether an organisation is about to have enough PMs: approved openings, or the trend."""

from dataclasses import dataclass
from datetime import timedelta
from statistics import linear_regression
from typing import Any

from maturity import stats
from maturity.insights.period import Period


@dataclass(frozen=True, slots=True)
class Growth:
    """PM FTE that openings and the trend lead to; `exempts` if one reaches the goal in time."""

    with_openings: float | None
    by_trend: float | None
    exempts: bool

    def as_evidence(self) -> dict[str, Any]:
        return {
            "with_approved_openings": self.with_openings,
            "by_trend": self.by_trend,
            "exempts": self.exempts,
        }


def growth(period: Period) -> Growth:
    """Look as far ahead as the thresholds say. Nobody grows towards a goal already reached."""
    rules, pms = period.thresholds.too_early, period.pms.known
    if pms is None or pms >= rules.growth_goal:
        return Growth(None, None, exempts=False)
    with_openings, by_trend = _with_openings(period, pms), _by_trend(period)
    reached = [fte for fte in (with_openings, by_trend) if fte is not None]
    return Growth(with_openings, by_trend, any(fte >= rules.growth_goal for fte in reached))


def _with_openings(period: Period, pms: float) -> float | None:
    stated = [row for row in period.facts.org_facts if row.approved_pm_openings is not None]
    newest = max(stated, key=lambda row: row.as_of, default=None)
    fresh = timedelta(days=period.thresholds.too_early.openings_fresh_days)
    if newest is None or newest.approved_pm_openings is None or period.end - newest.as_of > fresh:
        return None
    return pms + newest.approved_pm_openings


def _by_trend(period: Period) -> float | None:
    """Extend a straight line through the medians of the last quarters; each needs a snapshot."""
    rules = period.thresholds.too_early
    medians = [
        stats.median(
            [
                fte
                for day, fte in period.pms.totals.items()
                if back < (period.end - day).days / rules.growth_quarter_days <= back + 1
            ]
        )
        for back in range(rules.growth_quarters)
    ]
    known = [(-back - 0.5, fte) for back, fte in enumerate(medians) if fte is not None]
    if len(known) < rules.growth_quarters:
        return None
    slope, intercept = linear_regression(*zip(*known, strict=True))
    return float(intercept + slope * rules.growth_within_days / rules.growth_quarter_days)
