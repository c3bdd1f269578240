"""When a wave closes: the last second of a local day, worked out once and kept as an instant."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count, islice
from zoneinfo import ZoneInfo

from maturity.insights.working_time import WorkingTime
from maturity.models import Holiday, Organization

LAST_SECOND = time(23, 59, 59)


def last_day(organization: Organization, *, opens_at: datetime, working_days: int) -> date:
    """Return the organisation's n-th working day of an opening; the day it opens may be the first.

    Weekends, the organisation's holidays, and days its calendar skipped are none.
    """
    zone = organization.zone
    first = opens_at.astimezone(zone).date()
    holidays = Holiday.objects.for_organization(organization).current().filter(day__gte=first)
    calendar = WorkingTime(
        organization.timezone,
        frozenset(holidays.values_list("day", flat=True)),
        first=first,
        last=first,
    )
    days = (first + timedelta(days=offset) for offset in count())
    worked = (day for day in days if calendar.is_working(day) and exists(day, zone))
    return next(islice(worked, working_days - 1, None))


def closing_instant(day: date, zone: ZoneInfo) -> datetime:
    """Return 23:59:59 of a local day in UTC.

    Where the clocks are set back over midnight that second comes twice: the later one closes,
    so that nobody loses an hour of the day they were promised.
    """
    return datetime.combine(day, LAST_SECOND, zone).replace(fold=1).astimezone(UTC)


def exists(day: date, zone: ZoneInfo) -> bool:
    """Whether the local calendar has this day: Apia's had no 30 December 2011."""
    noon = datetime.combine(day, time(12), zone)
    return noon.astimezone(UTC).astimezone(zone).date() == day
