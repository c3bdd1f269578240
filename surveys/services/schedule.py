"""When a wave opens, reminds and closes, each worked out once and kept as an instant."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from maturity.insights.working_time import WorkingTime
from maturity.models import Holiday, Organization
from surveys.planning import days_later, local_instant, next_contact, working_days
from surveys.planning.calendar import IsWorking

LAST_SECOND = time(23, 59, 59)


def calendar_of(organization: Organization, *, first: date) -> IsWorking:
    """Which days from `first` on are worked: weekends and known holidays are not; one query."""
    holidays = Holiday.objects.for_organization(organization).current().filter(day__gte=first)
    days = frozenset(holidays.values_list("day", flat=True))
    return WorkingTime(organization.timezone, days, first=first, last=first).is_working


def last_day(organization: Organization, *, opens_on: date, working_days_open: int) -> date:
    """Return the organisation's n-th working day of an opening; the day it opens may be the first.

    Weekends, the organisation's holidays, and days its calendar skipped are none.
    """
    calendar = calendar_of(organization, first=opens_on)
    return working_days(opens_on, organization.zone, calendar, start=working_days_open - 1)


def closing_instant(day: date, zone: ZoneInfo) -> datetime:
    """Return 23:59:59 of a local day in UTC.

    Where the clocks are set back over midnight that second comes twice: the later one closes,
    so that nobody loses an hour of the day they were promised.
    """
    return datetime.combine(day, LAST_SECOND, zone).replace(fold=1).astimezone(UTC)


def first_instant(day: date, hour: int, zones: Iterable[str]) -> datetime:
    """When the first of these zones' clocks shows that hour of the day."""
    return min(local_instant(day, hour, ZoneInfo(zone)) for zone in zones)


class Clock:
    """When one wave's mails are due, on each person's own clock."""

    def __init__(self, organization: Organization, *, opened_on: date, hour: int) -> None:
        self._is_working = calendar_of(organization, first=opened_on - timedelta(days=1))
        self._zone = organization.zone
        self._opened_on = opened_on
        self._hour = hour

    def invitation(self, timezone: str, *, now: datetime) -> datetime:
        """The opening hour of the person's day; once it has passed, the next good moment."""
        zone = self.zone_of(timezone)
        due = local_instant(self._opened_on, self._hour, zone)
        return next_contact(max(due, now), self._hour, zone, self._is_working)

    def reminders(
        self, timezone: str, offsets: Iterable[int], *, until: datetime
    ) -> Iterator[tuple[int, datetime]]:
        """Number and instant of each reminder that comes before the closing."""
        zone = self.zone_of(timezone)
        for number, offset in enumerate(sorted(offsets), start=1):
            day = days_later(self._opened_on, offset, zone, self._is_working)
            due = local_instant(day, self._hour, zone)
            if due < until:
                yield number, due

    def notice(self, timezone: str, *, now: datetime) -> datetime:
        """The next moment that is no quiet time for the person."""
        return next_contact(now, self._hour, self.zone_of(timezone), self._is_working)

    def zone_of(self, timezone: str) -> ZoneInfo:
        return ZoneInfo(timezone) if timezone else self._zone
