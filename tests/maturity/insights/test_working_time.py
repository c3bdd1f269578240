from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from maturity.insights.working_time import WorkingTime, months, next_month, period_end


def working_time(zone="UTC", holidays=(), first=date(2026, 1, 1), last=date(2026, 12, 31)):
    return WorkingTime(zone, frozenset(holidays), first=first, last=last)


def local(zone, *parts):
    return datetime(*parts, tzinfo=ZoneInfo(zone))


def test_one_working_day_is_24_clock_hours():
    monday = datetime(2026, 6, 1, 15, tzinfo=UTC)

    assert working_time().between(monday, monday + timedelta(hours=24)) == 1.0
    assert working_time().between(monday, monday + timedelta(hours=6)) == 0.25


def test_weekends_do_not_count():
    friday_noon = datetime(2026, 6, 5, 12, tzinfo=UTC)
    monday_noon = datetime(2026, 6, 8, 12, tzinfo=UTC)

    assert working_time().between(friday_noon, monday_noon) == 1.0


def test_a_wait_inside_a_weekend_is_nothing():
    saturday = datetime(2026, 6, 6, 9, tzinfo=UTC)

    assert working_time().between(saturday, saturday + timedelta(hours=30)) == 0.0


def test_holidays_do_not_count():
    thursday = datetime(2026, 6, 4, tzinfo=UTC)
    calendar = working_time(holidays=[date(2026, 6, 5)])

    assert calendar.between(thursday, thursday + timedelta(days=5)) == 2.0


def test_the_zone_decides_when_the_weekend_begins():
    # Friday 20:00 UTC is Saturday 08:00 in Auckland (+12).
    friday_evening = datetime(2026, 6, 5, 20, tzinfo=UTC)

    assert working_time("Pacific/Auckland").between(
        friday_evening, friday_evening + timedelta(hours=10)
    ) == pytest.approx(0.0)
    assert working_time().between(
        friday_evening, friday_evening + timedelta(hours=4)
    ) == pytest.approx(4 / 24)


def test_the_offset_of_a_timestamp_does_not_matter():
    start = datetime(2026, 6, 2, 9, tzinfo=ZoneInfo("America/New_York"))
    end = datetime(2026, 6, 3, 9, tzinfo=ZoneInfo("Asia/Tokyo"))

    assert working_time().between(start, end) == pytest.approx(11 / 24)


@pytest.mark.parametrize(
    ("zone", "friday", "monday"),
    [
        ("Europe/Berlin", (2026, 3, 27, 12), (2026, 3, 30, 12)),
        ("Europe/Berlin", (2026, 10, 23, 12), (2026, 10, 26, 12)),
        ("Australia/Lord_Howe", (2026, 4, 3, 12), (2026, 4, 6, 12)),
    ],
)
def test_clock_changes_at_weekends_leave_waits_alone(zone, friday, monday):
    assert working_time(zone).between(local(zone, *friday), local(zone, *monday)) == 1.0


def test_a_working_day_on_which_the_clocks_change_has_its_real_length():
    # Cairo's Friday 2026-04-24 starts at 01:00: midnight does not exist and the day has 23 hours.
    zone = "Africa/Cairo"
    calendar = working_time(zone)

    assert calendar.midnight(date(2026, 4, 24)) == datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert calendar.between(
        local(zone, 2026, 4, 23, 12), local(zone, 2026, 4, 24, 12)
    ) == pytest.approx(23 / 24)


def test_a_day_that_a_zone_skipped_has_no_length():
    # Samoa crossed the date line: Friday 2011-12-30 never happened in Apia.
    zone = "Pacific/Apia"
    calendar = working_time(zone, first=date(2011, 12, 1), last=date(2012, 1, 31))

    assert calendar.midnight(date(2011, 12, 30)) == calendar.midnight(date(2011, 12, 31))
    assert calendar.between(local(zone, 2011, 12, 29, 0), local(zone, 2012, 1, 2, 0)) == 1.0


def test_moments_outside_the_prepared_days_are_refused():
    with pytest.raises(ValueError, match="outside the prepared days"):
        working_time().between(datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("as_of", "end"),
    [
        (date(2026, 7, 31), date(2026, 7, 1)),
        (date(2026, 7, 1), date(2026, 7, 1)),
        (date(2026, 1, 2), date(2026, 1, 1)),
    ],
)
def test_as_of_answers_with_the_last_evaluation(as_of, end):
    assert period_end(as_of) == end


def test_months_run_over_the_turn_of_the_year():
    assert list(months(date(2025, 11, 1), date(2026, 2, 1))) == [
        date(2025, 11, 1),
        date(2025, 12, 1),
        date(2026, 1, 1),
        date(2026, 2, 1),
    ]
    assert next_month(date(2026, 12, 31)) == date(2027, 1, 1)
    assert next_month(date(2026, 1, 15), -1) == date(2025, 12, 1)
