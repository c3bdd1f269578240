"""How a log becomes a figure: windows, shares, Kaplan-Meier medians."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from maturity import stats
from maturity.insights.benefits.baseline import windows
from maturity.insights.benefits.metric import Level, Metric, label_of
from maturity.insights.period import Period
from maturity.insights.phrases import Phrase, phrase


@dataclass(frozen=True, slots=True)
class Share:
    """A counted share of one window."""

    level: Level
    hits: int
    n: int


@dataclass(frozen=True, slots=True)
class Duration:
    """A Kaplan-Meier median of one window or cohort; `estimate` has a 90 % interval if any."""

    level: Level
    estimate: stats.Estimate | None


def compared(
    blank: Metric,
    days: Sequence[date],
    measure: Callable[[date], Share | None],
    period: Period,
    *,
    news: Sequence[date] | None = None,
) -> Metric:
    """Fill in a counted share now and before; `news` are the days on which the log grew."""
    if because := stale(days if news is None else news, period):
        return replace(blank, because=because)
    now, then, kind = windows(min(days), measure, period)
    if now is None:
        few = phrase("fewer than %(number)s in the window", number=blank.n_min)
        return replace(blank, because=few)
    change = None
    if then is not None:
        change = stats.newcombe_difference((then.hits, then.n), (now.hits, now.n))
    earlier = then.level if then else None
    return replace(blank, now=now.level, before=earlier, baseline=kind, change=change)


def share(hits: int, n: int, least: int, end: date) -> Share | None:
    interval = stats.wilson_interval(hits, n)
    if n < least or interval is None:
        return None
    level = Level(hits / n, n, label_of(end), interval.low, interval.high)
    return Share(level, hits, n)


def duration(ended: Sequence[float], running: Sequence[float], label: str | Phrase) -> Duration:
    """Return the median; one that was not reached is shown as the longest time, without change."""
    curve = stats.kaplan_meier(ended, running)
    median = stats.survival_quantile(curve, 0.5)
    wide = stats.survival_quantile_interval(curve, 0.5)
    n = len(ended) + len(running)
    if median is None:
        longest = max([*ended, *running])
        cut = phrase("%(label)s, not reached", label=label)
        return Duration(Level(longest, n, cut, wide.low, wide.high), None)
    level = Level(median, n, label, wide.low, wide.high)
    narrow = stats.survival_quantile_interval(curve, 0.5, z=stats.Z90)
    if narrow.low is None or narrow.high is None:
        return Duration(level, None)
    return Duration(level, stats.Estimate(median, stats.Interval(narrow.low, narrow.high)))


def difference(then: Duration | None, now: Duration) -> stats.Estimate | None:
    if then is None or then.estimate is None or now.estimate is None:
        return None
    return stats.difference(then.estimate, now.estimate)


def stale(news: Sequence[date], period: Period) -> Phrase | None:
    """Say so where a log is empty or has stopped."""
    if not news:
        return phrase("no rows")
    age, limit = (period.end - max(news)).days, period.thresholds.frame.event_log_days
    if age <= limit:
        return None
    return phrase("newest fact %(age)s days old, at most %(limit)s", age=age, limit=limit)


def in_window(day: date, end: date, period: Period) -> bool:
    return end - timedelta(days=period.thresholds.benefits.window_days) <= day < end
