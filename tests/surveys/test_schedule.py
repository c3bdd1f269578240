"""Closing instants: local days, working days, changing clocks."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from maturity.models import Holiday
from surveys.planning import exists
from surveys.services.schedule import closing_instant, last_day
from tests.factories import OrganizationFactory


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        ("UTC", date(2026, 3, 29), datetime(2026, 3, 29, 23, 59, 59, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 28), datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 29), datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 10, 24), datetime(2026, 10, 24, 21, 59, 59, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 10, 25), datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)),
        # Lord Howe moves its clocks by half an hour.
        ("Australia/Lord_Howe", date(2026, 4, 4), datetime(2026, 4, 4, 12, 59, 59, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2026, 4, 5), datetime(2026, 4, 5, 13, 29, 59, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2026, 10, 4), datetime(2026, 10, 4, 12, 59, 59, tzinfo=UTC)),
        # Apia went over the date line: 30 December 2011 did not happen there.
        ("Pacific/Apia", date(2011, 12, 29), datetime(2011, 12, 30, 9, 59, 59, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 31), datetime(2011, 12, 31, 9, 59, 59, tzinfo=UTC)),
        ("Pacific/Apia", date(2026, 3, 29), datetime(2026, 3, 29, 10, 59, 59, tzinfo=UTC)),
        # In Cairo 23:59:59 came twice that day; the later one closes.
        ("Africa/Cairo", date(2025, 10, 30), datetime(2025, 10, 30, 21, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_day_closes_with_its_last_local_second(zone, day, instant):
    assert closing_instant(day, ZoneInfo(zone)) == instant
    assert instant.astimezone(ZoneInfo(zone)).date() == day


def test_the_date_line_swallowed_a_day():
    apia = ZoneInfo("Pacific/Apia")

    days = [date(2011, 12, 29), date(2011, 12, 30), date(2011, 12, 31)]
    assert [exists(day, apia) for day in days] == [True, False, True]


class TestTenthWorkingDay:
    def test_the_day_of_opening_is_the_first(self, organization):
        monday = date(2026, 3, 2)

        assert last_day(organization, opens_on=monday, working_days_open=10) == date(2026, 3, 13)

    def test_a_weekend_opening_counts_from_monday(self, organization):
        saturday = date(2026, 3, 7)

        assert last_day(organization, opens_on=saturday, working_days_open=10) == date(2026, 3, 20)

    def test_holidays_do_not_count(self, organization):
        Holiday.objects.create(
            organization=organization,
            day=date(2026, 3, 5),
            recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
        )

        monday = date(2026, 3, 2)

        assert last_day(organization, opens_on=monday, working_days_open=10) == date(2026, 3, 16)

    def test_holidays_of_others_do(self, organization):
        Holiday.objects.create(
            organization=OrganizationFactory(),
            day=date(2026, 3, 5),
            recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
        )

        monday = date(2026, 3, 2)

        assert last_day(organization, opens_on=monday, working_days_open=10) == date(2026, 3, 13)

    def test_a_day_that_did_not_happen_is_no_working_day(self, db):
        apia = OrganizationFactory(timezone="Pacific/Apia")
        thursday = date(2011, 12, 29)

        assert last_day(apia, opens_on=thursday, working_days_open=2) == date(2012, 1, 2)
