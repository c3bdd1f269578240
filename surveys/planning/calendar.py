"""When a person may be written to: on working days, between nine and five, on their own clock."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, islice
from zoneinfo import ZoneInfo

from surveys.planning.figures import FIGURES

IsWorking = Callable[[date], bool]


def exists(day: date, zone: ZoneInfo) -> bool:
    """Whether the local calendar has this day: Apia's had no 30 December 2011."""
    noon = datetime.combine(day, time(12), zone)
    return noon.astimezone(UTC).astimezone(zone).date() == day


def local_instant(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """The instant at which a local clock shows this full hour, in UTC.

    Where the hour comes twice it is the first; where the clocks jump over it, the moment that
    would have been it.
    """
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


def working_days(first: date, zone: ZoneInfo, is_working: IsWorking, *, start: int = 0) -> date:
    """The `start`-th working day from `first` on, itself included (0: the first one)."""
    days = (first + timedelta(days=offset) for offset in count())
    worked = (day for day in days if is_working(day) and exists(day, zone))
    return next(islice(worked, start, None))


def days_later(opened_on: date, offset: int, zone: ZoneInfo, is_working: IsWorking) -> date:
    """The `offset`-th working day after an opening, whose own day does not count."""
    return working_days(opened_on + timedelta(days=1), zone, is_working, start=offset - 1)


def next_contact(moment: datetime, hour: int, zone: ZoneInfo, is_working: IsWorking) -> datetime:
    """The moment itself where it is no quiet time, else the next working day's full hour."""
    local = moment.astimezone(zone)
    quiet = FIGURES.reminders
    if is_working(local.date()):
        if quiet.quiet_until_hour.value <= local.hour < quiet.quiet_from_hour.value:
            return moment
        if local.hour < quiet.quiet_until_hour.value:
            return local_instant(local.date(), hour, zone)
    day = working_days(local.date() + timedelta(days=1), zone, is_working)
    return local_instant(day, hour, zone)
