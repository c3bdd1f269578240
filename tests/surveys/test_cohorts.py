"""Onboarding: a half-year's joiners, each on day 30 and day 90, released together."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db.backends.postgresql.psycopg_any import DateRange

from surveys.models import Message, Series, Wave
from surveys.selectors import wave_in_field
from surveys.services.burden import quarter_burden, wave_minutes
from surveys.services.cohorts import enrol_due
from surveys.services.openings import due_openings, open_if_due
from surveys.services.series import create_series
from surveys.services.waves import close_wave
from tests.factories import PersonFactory, PlacementFactory

JANUARY = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def series(organization, bank) -> Series:
    with time_machine.travel(JANUARY, tick=False):
        return create_series(
            organization,
            title="Start",
            instrument="onboarding",
            rule="",
            starts_on=date(2026, 1, 1),
        )


def join(organization, day: date):
    person = PersonFactory(organization=organization)
    PlacementFactory(person=person, valid=DateRange(day, None))
    return person


def run_at(moment: datetime) -> None:
    with time_machine.travel(moment, tick=False):
        for pk in due_openings():
            open_if_due(pk)
        enrol_due()


def asked(wave: Wave) -> set[int]:
    return set(wave.invitations.values_list("person", flat=True))


def test_two_waves_for_each_half_year_are_planned(series):
    rows = series.waves.order_by("opens_on").values_list("cohort", "cohort_day", "opens_on")

    assert list(rows) == [
        ("2026H1", 30, date(2026, 1, 31)),
        ("2026H1", 90, date(2026, 4, 1)),
        ("2026H2", 30, date(2026, 7, 31)),
        ("2026H2", 90, date(2026, 9, 29)),
    ]


def test_each_is_asked_on_their_own_day_once(series, organization):
    early = join(organization, date(2026, 1, 5))
    later = join(organization, date(2026, 2, 2))
    join(organization, date(2025, 12, 31))
    wave = series.waves.get(cohort="2026H1", cohort_day=30)

    run_at(datetime(2026, 2, 3, 9, tzinfo=UTC))
    assert asked(wave) == set()
    run_at(datetime(2026, 2, 4, 9, tzinfo=UTC))
    assert asked(wave) == {early.pk}
    run_at(datetime(2026, 2, 4, 10, tzinfo=UTC))
    run_at(datetime(2026, 3, 4, 9, tzinfo=UTC))

    wave.refresh_from_db()
    assert (asked(wave), wave.eligible) == ({early.pk, later.pk}, 2)
    due = Message.objects.filter(wave=wave, kind="invitation").order_by("due_at")
    assert [moment.date() for moment in due.values_list("due_at", flat=True)] == [
        date(2026, 2, 4),
        date(2026, 3, 4),
    ]


def test_the_closing_is_that_of_the_last_possible_joiner(series, organization):
    run_at(datetime(2026, 1, 31, 9, tzinfo=UTC))

    wave = series.waves.get(cohort="2026H1", cohort_day=30)
    # Who starts on 30 June is asked on 30 July; the tenth working day is 12 August.
    assert wave.closes_at == datetime(2026, 8, 12, 21, 59, 59, tzinfo=UTC)


def test_nobody_within_a_cohort_is_told_apart(series, organization):
    for day in (5, 12, 19):
        join(organization, date(2026, 1, day))
    run_at(datetime(2026, 2, 11, 9, tzinfo=UTC))
    run_at(datetime(2026, 2, 18, 9, tzinfo=UTC))

    wave = series.waves.get(cohort="2026H1", cohort_day=30)
    assert set(wave.invitations.values_list("audience", "language")) == {("pm_new", "")}


def test_not_even_the_count_is_shown_before_closing(series, organization):
    join(organization, date(2026, 1, 5))
    run_at(datetime(2026, 2, 11, 9, tzinfo=UTC))

    assert wave_in_field(organization) is None


def test_a_cohort_under_k_releases_nothing(series, organization):
    for day in range(5, 8):
        join(organization, date(2026, 1, day))
    run_at(datetime(2026, 2, 11, 9, tzinfo=UTC))
    wave = series.waves.get(cohort="2026H1", cohort_day=30)

    with time_machine.travel(wave.accepts_until + timedelta(minutes=1), tick=False):
        release = close_wave(wave)

    assert release.responded is None
    assert set(release.cells.values_list("state", flat=True)) == {"suppressed"}


class TestBudget:
    """The five questions of onboarding take 20 s to begin with, and each its own time."""

    @pytest.mark.parametrize(("minutes", "status"), [(8, "open"), (1, "cancelled")])
    def test_both_waves_of_a_newcomer_share_the_budget(self, series, minutes, status):
        Series.objects.update(budget_minutes=minutes)

        run_at(datetime(2026, 1, 31, 9, tzinfo=UTC))

        wave = series.waves.get(cohort="2026H1", cohort_day=30)
        assert wave.status == status, wave.reason
        assert ("minutes of a newcomer, and 0.5 are left" in wave.reason) is (minutes == 1)

    def test_newcomers_count_in_the_quarter_their_days_fall_into(self, series, organization):
        # Days 30 and 90 of the first are 5 July and 3 September; the second's 90th is in October.
        for day in (date(2026, 6, 5), date(2026, 7, 10)):
            join(organization, day)
        join(organization, date(2020, 1, 1))
        cohort = series.waves.filter(cohort="2026H1")
        minutes = wave_minutes(cohort[0])

        burden = quarter_burden(organization, on=date(2026, 8, 1))

        assert burden.people == ((2 * minutes, 1), (minutes, 1))
        assert [(row.series, row.minutes, row.people) for row in burden.series] == [
            (series, 2 * minutes, 2)
        ]
