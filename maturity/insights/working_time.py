"""Working time in an organisation's own zone, and the monthly grid on which it is judged."""

from bisect import bisect_right
from collections.abc import Iterator, Set
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WORKING_DAY_SECONDS = 24 * 60 * 60
HOURS_PRINTED_PER_DAY = 8
EVALUATED_ON_WORKING_DAY = 2
_SATURDAY = 5


class WorkingTime:
    """Elapsed time without weekends and holidays, for moments between two days.

    One working day (wd) is 24 clock hours on a working day. Days last from local midnight to
    local midnight, so a day on which the clocks change has its real length.
    """

    def __init__(
        self, timezone: str, holidays: frozenset[date], *, first: date, last: date
    ) -> None:
        """Prepare the days `first` to `last`; a day of margin is added on both sides."""
        self._zone = ZoneInfo(timezone)
        self._holidays = holidays
        self._starts: list[float] = []
        self._worked: list[float] = []  # working seconds before each day
        self._works: list[bool] = []
        total = 0.0
        for offset in range(-1, (last - first).days + 2):
            day = first + timedelta(days=offset)
            start = self.midnight(day).timestamp()
            if self._works and self._works[-1]:
                total += start - self._starts[-1]
            self._starts.append(start)
            self._worked.append(total)
            self._works.append(self.is_working(day))

    def is_working(self, day: date) -> bool:
        """Return whether people work on this day: Mondays to Fridays without the holidays."""
        return day.weekday() < _SATURDAY and day not in self._holidays

    def midnight(self, day: date) -> datetime:
        """Return the moment a local day begins, in UTC.

        Where the clocks jump over midnight this is the moment of the jump.
        """
        return datetime.combine(day, time(), self._zone).astimezone(UTC)

    def local_day(self, moment: datetime) -> date:
        """Return the organisation's date at a moment."""
        return moment.astimezone(self._zone).date()

    def between(self, start: datetime, end: datetime) -> float:
        """Return the working days from one moment to a later one."""
        return (self._until(end) - self._until(start)) / WORKING_DAY_SECONDS

    def _until(self, moment: datetime) -> float:
        seconds = moment.timestamp()
        day = bisect_right(self._starts, seconds) - 1
        if day < 0 or day == len(self._starts) - 1:
            raise ValueError(f"{moment} lies outside the prepared days")
        passed = seconds - self._starts[day] if self._works[day] else 0.0
        return self._worked[day] + passed


def period_end(as_of: date) -> date:
    """Return T of the last evaluation on or before a day: the first of its month."""
    return as_of.replace(day=1)


def months(first: date, last: date) -> Iterator[date]:
    """Yield the first of each month from `first` to `last`, both firsts of a month."""
    month = first
    while month <= last:
        yield month
        month = next_month(month)


def next_month(day: date, count: int = 1) -> date:
    """Return the first of the month `count` months after a day's month."""
    index = day.year * 12 + day.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def period_end_due(now: datetime, timezone: str, *, holidays: Set[date] = frozenset()) -> date:
    """Return T of the newest evaluation that may have run by `now` (aware).

    A month is evaluated on the organisation's second working day of the month after it, when
    late facts have arrived.
    """
    today = now.astimezone(ZoneInfo(timezone)).date()
    first = today.replace(day=1)
    worked = sum(
        day.weekday() < _SATURDAY and day not in holidays
        for day in (first + timedelta(days=offset) for offset in range(today.day))
    )
    return first if worked >= EVALUATED_ON_WORKING_DAY else next_month(first, -1)
