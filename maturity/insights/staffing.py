"""How many PMs and product-ops people there are: medians of dated snapshots."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from maturity import stats
from maturity.insights.facts import HeadCount
from maturity.insights.names import function_name
from maturity.insights.phrases import Phrase, phrase
from maturity.insights.thresholds import HeadcountRules

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Fte:
    """One function's FTE at T.

    `value` is the median of the last quarter's snapshots, else the newest one; it may be shown
    even where it is not `usable`, which `because` explains. `snapshots` counts the dates that
    the look-back holds, `totals` has every date's FTE in order.
    """

    value: float | None
    snapshots: int
    totals: Mapping[date, float]
    because: Phrase | None

    @property
    def usable(self) -> bool:
        return self.because is None

    @property
    def known(self) -> float | None:
        """The value where it may be judged by, else None."""
        return self.value if self.usable else None

    @property
    def newest(self) -> float | None:
        """The newest total, whatever its age."""
        return self.totals[max(self.totals)] if self.totals else None

    @property
    def present_since(self) -> date | None:
        """The first snapshot of the unbroken run above 0 that ends with the newest one."""
        since = None
        for day in sorted(self.totals, reverse=True):
            if self.totals[day] <= 0:
                break
            since = day
        return since

    def years(self, first: date, end: date) -> float:
        """Person-years from `first` to before `end`, the last snapshot's value carried forward."""
        days = sorted(day for day in self.totals if day < end)
        total = 0.0
        for day, until in pairwise([*days, end]):
            total += self.totals[day] * max(0, (until - max(day, first)).days)
        return total / DAYS_PER_YEAR


def fte(headcounts: Iterable[HeadCount], function: str, *, end: date, rules: HeadcountRules) -> Fte:
    """Measure one function at T = `end` from snapshots that lie before it."""
    totals = _totals(headcounts, function)
    recent = [v for day, v in totals.items() if day >= end - timedelta(days=rules.median_days)]
    value = stats.median(recent) if recent else totals[max(totals)] if totals else None
    looked_at = [day for day in totals if day >= end - timedelta(days=rules.look_back_days)]
    return Fte(value, len(looked_at), totals, _fault(function, totals, looked_at, end, rules))


def _totals(headcounts: Iterable[HeadCount], function: str) -> dict[date, float]:
    """Sum the teams of each date, unless a row without a team states the total."""
    stated: dict[date, float] = {}
    summed: dict[date, float] = defaultdict(float)
    for row in headcounts:
        if row.function != function:
            continue
        if not row.team_key:
            stated[row.as_of] = float(row.fte)
        else:
            summed[row.as_of] += float(row.fte)
    return dict(sorted((summed | stated).items()))


def _fault(
    function: str,
    totals: Mapping[date, float],
    looked_at: list[date],
    end: date,
    rules: HeadcountRules,
) -> Phrase | None:
    name = function_name(function)
    if not totals:
        return phrase("no headcount snapshot of %(function)s", function=name)
    age = (end - max(totals)).days
    if age > rules.fresh_days:
        return phrase(
            "newest headcount snapshot %(age)s days old, at most %(limit)s",
            age=age,
            limit=rules.fresh_days,
        )
    if (max(looked_at) - min(looked_at)).days < rules.apart_days:
        return phrase(
            "headcount of %(function)s needs %(snapshots)s snapshots at least %(apart)s days "
            "apart in the last %(days)s days",
            function=name,
            snapshots=rules.n_min,
            apart=rules.apart_days,
            days=rules.look_back_days,
        )
    return None
