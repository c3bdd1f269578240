"""When a month is evaluated: the organisation's second working day of the month after it."""

from datetime import UTC, date, datetime

import pytest

from maturity.insights import period_end_due


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 6, 1, 12, tzinfo=UTC), date(2026, 5, 1)),  # Monday, the first working day
        (datetime(2026, 6, 2, 12, tzinfo=UTC), date(2026, 6, 1)),
        (datetime(2026, 8, 2, 12, tzinfo=UTC), date(2026, 7, 1)),  # Saturday and Sunday passed
        (datetime(2026, 8, 4, 12, tzinfo=UTC), date(2026, 8, 1)),
        (datetime(2026, 1, 15, tzinfo=UTC), date(2026, 1, 1)),
    ],
)
def test_a_month_is_judged_on_the_second_working_day(now, expected):
    assert period_end_due(now, "UTC") == expected


def test_a_holiday_is_no_working_day():
    now = datetime(2026, 1, 2, 12, tzinfo=UTC)

    assert period_end_due(now, "UTC") == date(2026, 1, 1)
    assert period_end_due(now, "UTC", holidays={date(2026, 1, 1)}) == date(2025, 12, 1)


def test_the_day_is_the_organisations_own():
    now = datetime(2026, 6, 1, 23, tzinfo=UTC)  # the 2nd already in Auckland

    assert period_end_due(now, "Pacific/Auckland") == date(2026, 6, 1)
    assert period_end_due(now, "America/New_York") == date(2026, 5, 1)
