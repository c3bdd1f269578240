"""Recurrence, contact hours and the rules of skipping: pure, over changing clocks."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.models.series import validate_rule
from surveys.planning import (
    FIGURES,
    BadRule,
    Past,
    Recurrence,
    days_later,
    is_tired,
    local_instant,
    minutes_of,
    next_contact,
    reason_to_skip,
)

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
APIA = ZoneInfo("Pacific/Apia")


def weekdays(day: date) -> bool:
    return day.weekday() < 5


class TestRules:
    @pytest.mark.parametrize(
        ("rule", "days"),
        [
            ("FREQ=MONTHLY;BYDAY=1TU", ["2026-02-03", "2026-03-03", "2026-04-07"]),
            ("rrule:freq=monthly;interval=3;byday=2TU", ["2026-04-14", "2026-07-14", "2026-10-13"]),
            ("FREQ=WEEKLY;INTERVAL=4", ["2026-01-29", "2026-02-26", "2026-03-26"]),
            ("FREQ=MONTHLY;BYMONTHDAY=31", ["2026-01-31", "2026-03-31", "2026-05-31"]),
            ("FREQ=MONTHLY;BYMONTHDAY=-1", ["2026-01-31", "2026-02-28", "2026-03-31"]),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2028-02-29", "2032-02-29"]),
            ("FREQ=MONTHLY;COUNT=3", ["2026-02-01", "2026-03-01"]),
            ("FREQ=MONTHLY;UNTIL=20260301T000000Z", ["2026-02-01", "2026-03-01"]),
        ],
    )
    def test_a_rule_gives_its_days(self, rule, days):
        found = Recurrence.parse(rule).next_days(date(2026, 1, 1), after=date(2026, 1, 15), count=3)

        assert [day.isoformat() for day in found] == days

    @pytest.mark.parametrize(
        ("rule", "reason"),
        [
            ("", "“” is no part of a rule"),
            ("every month", "is no part of a rule"),
            ("FREQ=HOURLY", "FREQ is one of"),
            ("FREQ=DAILY", "FREQ is one of"),
            ("BYDAY=MO", "FREQ is one of"),
            ("FREQ=MONTHLY;BYHOUR=9", "BYHOUR: a rule says the days only"),
            ("FREQ=MONTHLY;FREQ=WEEKLY", "FREQ stands twice"),
            ("FREQ=MONTHLY;INTERVAL=0", "INTERVAL is a number from 1 to 400"),
            ("FREQ=MONTHLY;INTERVAL=99999999999999999999", "INTERVAL is a number from 1 to 400"),
            ("FREQ=MONTHLY;COUNT=0", "COUNT is a number from 1 to 1000"),
            ("FREQ=MONTHLY;UNTIL=2026", "UNTIL is a day"),
            ("FREQ=MONTHLY;BYDAY=XX", "cannot be read"),
            ("FREQ=MONTHLY;BYDAY=99TU", "cannot be read"),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "No day meets this rule"),
        ],
    )
    def test_what_is_no_rule_is_refused_with_the_reason(self, rule, reason):
        with pytest.raises(ValidationError, match=reason):
            validate_rule(rule)

    @settings(max_examples=60, deadline=None)
    @given(st.text(alphabet="FREQ=MONTHLY;BYDAYWEEKINTERVAL0123456789-+,TUXZ\n\0é", max_size=60))
    def test_no_text_does_anything_but_give_days_or_a_reason(self, text):
        with suppress(BadRule):
            recurrence = Recurrence.parse(text)
            recurrence.next_days(date(2026, 1, 1), after=date(2026, 1, 1), count=2)


class TestClocks:
    @pytest.mark.parametrize(
        ("day", "zone", "instant"),
        [
            (date(2026, 3, 28), BERLIN, "2026-03-28T09:00"),
            (date(2026, 3, 29), BERLIN, "2026-03-29T08:00"),
            (date(2026, 10, 24), BERLIN, "2026-10-24T08:00"),
            (date(2026, 10, 25), BERLIN, "2026-10-25T09:00"),
            # Lord Howe moves its clocks by half an hour.
            (date(2026, 4, 4), LORD_HOWE, "2026-04-03T23:00"),
            (date(2026, 4, 5), LORD_HOWE, "2026-04-04T23:30"),
            (date(2026, 10, 3), LORD_HOWE, "2026-10-02T23:30"),
            (date(2026, 10, 4), LORD_HOWE, "2026-10-03T23:00"),
            (date(2011, 12, 29), APIA, "2011-12-29T20:00"),
            (date(2011, 12, 31), APIA, "2011-12-30T20:00"),
        ],
    )
    def test_ten_in_the_morning_is_ten_on_the_wall(self, day, zone, instant):
        found = local_instant(day, 10, zone)

        assert found == datetime.fromisoformat(instant).replace(tzinfo=UTC)

    @pytest.mark.parametrize(
        ("opened_on", "offset", "zone", "day"),
        [
            (date(2026, 3, 24), 2, BERLIN, date(2026, 3, 26)),
            (date(2026, 3, 24), 5, BERLIN, date(2026, 3, 31)),
            (date(2026, 3, 24), 9, BERLIN, date(2026, 4, 6)),
            # Friday 30 December 2011 did not happen in Apia.
            (date(2011, 12, 28), 2, APIA, date(2012, 1, 2)),
        ],
    )
    def test_reminders_count_working_days(self, opened_on, offset, zone, day):
        assert days_later(opened_on, offset, zone, weekdays) == day

    @pytest.mark.parametrize(
        ("moment", "contact"),
        [
            ("2026-03-27T09:30+01:00", "2026-03-27T09:30+01:00"),
            ("2026-03-27T08:59+01:00", "2026-03-27T10:00+01:00"),
            ("2026-03-27T16:59+01:00", "2026-03-27T16:59+01:00"),
            # Friday after five: Monday, and by then the clocks have changed.
            ("2026-03-27T17:00+01:00", "2026-03-30T10:00+02:00"),
            ("2026-10-24T12:00+02:00", "2026-10-26T10:00+01:00"),
        ],
    )
    def test_nobody_is_written_to_in_quiet_times(self, moment, contact):
        found = next_contact(datetime.fromisoformat(moment), 10, BERLIN, weekdays)

        assert found == datetime.fromisoformat(contact)

    @settings(max_examples=80, deadline=None)
    @given(
        st.integers(1_322_700_000, 1_798_000_000).map(lambda s: datetime.fromtimestamp(s, UTC)),
        st.sampled_from([BERLIN, LORD_HOWE, APIA, ZoneInfo("America/St_Johns")]),
    )
    def test_a_contact_is_never_early_late_or_on_a_weekend(self, moment, zone):
        found = next_contact(moment, 10, zone, weekdays).astimezone(zone)

        assert moment <= found < moment + timedelta(days=5)
        assert weekdays(found.date())
        assert 9 <= found.hour < 17


class TestSkipping:
    QUIET = Past(last_opened_on=None, shared=True, audience=10, joined=0)

    @pytest.mark.parametrize(
        ("past", "reason"),
        [
            (QUIET, None),
            (Past(date(2026, 3, 4), True, 10, 0), "gap"),
            (Past(date(2026, 3, 3), True, 10, 0), None),
            (Past(None, False, 10, 0), "not_shared"),
            (Past(None, True, 10, 4), "joined_lately"),
            (Past(None, True, 10, 3), None),
        ],
    )
    def test_each_rule_of_the_bank(self, past, reason):
        assert reason_to_skip(past, opens_on=date(2026, 3, 24)) == reason

    @pytest.mark.parametrize(
        ("rates", "tired"),
        [
            ([0.54, 0.54], True),
            ([0.54, 0.55], False),
            ([0.55, 0.2], False),
            ([None, 0.3], True),
            ([0.2], False),
            ([], False),
            ([0.9, 0.2, 0.2], False),
        ],
    )
    def test_two_tired_pulses_in_a_row_slow_it_down(self, rates, tired):
        assert is_tired(rates) is tired


class _Question:
    def __init__(self, scale: str) -> None:
        self.scale = scale


def test_the_shipped_pulse_takes_about_three_minutes():
    pulse = [_Question(scale) for scale in ["recommend11", *["agree5"] * 10, "text"]]

    assert minutes_of(pulse) == (20 + 12 + 80 + 60) / 60


def test_every_figure_names_its_source():
    groups = FIGURES.model_dump(exclude={"version"})

    assert all(figure["source"] for group in groups.values() for figure in group.values())
