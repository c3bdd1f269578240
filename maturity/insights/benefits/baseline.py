"""Before and after: which of several measurements a figure is compared with."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TypeVar

from maturity.insights.benefits.metric import BaselineKind
from maturity.insights.period import Period

Measured = TypeVar("Measured")


def started_on(period: Period) -> date | None:
    """Return the date X on which product ops started: the first snapshot after one without any.

    None where the head-counts begin with product ops already there.
    """
    since = period.product_ops.present_since
    earlier = [day for day in period.product_ops.totals if since is not None and day < since]
    return since if earlier else None


def before(
    dated: Sequence[tuple[date, Measured]], now: Measured, period: Period
) -> tuple[Measured | None, BaselineKind | None]:
    """Return the last measurement that ended before X, else the first one ever, and which it is."""
    start = started_on(period)
    earlier = [] if start is None else [found for day, found in dated if day <= start]
    if earlier and earlier[-1] is not now:
        return earlier[-1], "before_product_ops"
    first = dated[0][1] if dated else None
    return (None, None) if first is None or first is now else (first, "first_measured")


def windows(
    first: date | None, measure: Callable[[date], Measured | None], period: Period
) -> tuple[Measured | None, Measured | None, BaselineKind | None]:
    """Measure the window before T and the one it is compared with: that before X, or the first.

    `first` is the day of the oldest row. Windows that overlap are not compared.
    """
    now = measure(period.end)
    if now is None or first is None:
        return now, None, None
    days = timedelta(days=period.thresholds.benefits.window_days)
    start, latest = started_on(period), period.end - days
    if start is not None and start <= latest and (found := measure(start)) is not None:
        return now, found, "before_product_ops"
    found = measure(first + days) if first + days <= latest else None
    return now, found, None if found is None else "first_measured"
