"""Planned waves open in people's mornings, or are called off with the reason on their row."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connections

from maturity.models import Person, Placement
from surveys.models import Message, Series, Wave
from surveys.services.follow_ups import publish_follow_up, save_follow_up
from surveys.services.openings import due_openings, open_if_due, what_stands_in_the_way
from surveys.services.opt_outs import Subscription, opt_out
from surveys.services.series import create_series
from surveys.services.waves import close_wave, override_follow_up
from tests.factories import PersonFactory, PlacementFactory, UnitFactory, UnitVersionFactory
from tests.surveys.conftest import hire

JANUARY = datetime(2026, 1, 15, 12, tzinfo=UTC)
TUESDAY = datetime(2026, 2, 3, 9, tzinfo=UTC)


@pytest.fixture
def series(organization, bank) -> Series:
    with time_machine.travel(JANUARY, tick=False):
        return create_series(
            organization, title="Pulse", rule="FREQ=MONTHLY;BYDAY=1TU", starts_on=date(2026, 1, 1)
        )


def wave_of(series: Series, day: date = date(2026, 2, 3)) -> Wave:
    return series.waves.get(opens_on=day)


def open_at(moment: datetime) -> None:
    with time_machine.travel(moment, tick=False):
        for pk in due_openings():
            open_if_due(pk)


def reason_at(moment: datetime, series: Series) -> str:
    open_at(moment)
    wave = wave_of(series)
    assert (wave.status, wave.eligible) == ("cancelled", None)
    assert not Message.objects.exists()
    return wave.reason


class TestOpening:
    def test_nothing_opens_early(self, series):
        hire(series.organization, 5)

        open_at(TUESDAY - timedelta(seconds=1))

        assert wave_of(series).status == "draft"

    def test_what_is_due_opens_once(self, series):
        hire(series.organization, 5)

        open_at(TUESDAY)
        open_at(TUESDAY + timedelta(minutes=1))

        wave = wave_of(series)
        assert (wave.status, wave.opens_at, wave.eligible) == ("open", TUESDAY, 5)
        assert Message.objects.filter(kind="invitation").count() == 5

    def test_everybody_is_written_to_at_ten_on_their_own_clock(self, series):
        hire(series.organization, 5)
        zones = ["Pacific/Auckland", "America/New_York", "", "Asia/Kolkata", "Australia/Lord_Howe"]
        for person, zone in zip(Person.objects.order_by("pk"), zones, strict=True):
            person.timezone = zone
            person.save()

        open_at(datetime(2026, 2, 2, 21, tzinfo=UTC) + timedelta(seconds=5))
        open_at(TUESDAY)

        due = (
            Message.objects.filter(kind="invitation")
            .order_by("person_id")
            .values_list("due_at", flat=True)
        )
        assert [moment.isoformat()[:16] for moment in due] == [
            # The wave was planned for Berlin's ten o'clock: by then it is late in Auckland.
            "2026-02-03T21:00",
            "2026-02-03T15:00",
            "2026-02-03T09:00",
            "2026-02-03T09:00",
            "2026-02-03T23:00",
        ]

    def test_a_worker_that_was_away_opens_late_and_within_decent_hours(self, series):
        hire(series.organization, 5)

        open_at(TUESDAY + timedelta(days=4))  # a Saturday

        due = set(Message.objects.filter(kind="invitation").values_list("due_at", flat=True))
        assert due == {datetime(2026, 2, 9, 9, tzinfo=UTC)}

    def test_a_paused_series_opens_nothing(self, series):
        hire(series.organization, 5)
        Series.objects.update(paused=True)

        open_at(TUESDAY)

        assert wave_of(series).status == "draft"

    @pytest.mark.django_db(transaction=True)
    def test_opening_at_once_opens_once(self, series):
        hire(series.organization, 5)
        wave = wave_of(series)
        Wave.objects.filter(pk=wave.pk).update(due_at=JANUARY, opens_on=date(2026, 1, 20))

        def run() -> None:
            try:
                open_if_due(wave.pk)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert Message.objects.filter(kind="invitation").count() == 5
        assert Wave.objects.get(pk=wave.pk).status == "open"


class TestNotHeld:
    def test_an_empty_roster(self, series):
        assert "Nobody is a product manager" in reason_at(TUESDAY, series)

    def test_fewer_people_than_k(self, series):
        hire(series.organization, 4)

        reason = reason_at(TUESDAY, series)

        assert reason.startswith("Only 4 product managers are on the roster")
        assert "at least 5" in reason

    def test_too_soon_after_the_last_one(self, series):
        hire(series.organization, 5)
        open_at(TUESDAY)
        close_wave(wave_of(series))
        extra = wave_of(series, date(2026, 3, 3))
        Wave.objects.filter(pk=extra.pk).update(
            opens_on=date(2026, 2, 23), due_at=TUESDAY + timedelta(days=20), override_reason="So."
        )

        open_at(TUESDAY + timedelta(days=20))

        extra.refresh_from_db()
        assert (
            extra.reason
            == "The last one opened on 3 February 2026; at least 21 days lie between two."
        )

    def test_people_who_were_asked_lately(self, series, organization):
        hire(organization, 6)
        with time_machine.travel(JANUARY, tick=False):
            other = create_series(
                organization, title="Tools", rule="FREQ=YEARLY", starts_on=date(2026, 1, 27)
            )
        open_at(datetime(2026, 1, 27, 9, tzinfo=UTC))
        assert other.waves.get(opens_on=date(2026, 1, 27)).status == "open"

        open_at(TUESDAY)

        expected = "6 of 6 people were asked in another survey within 14 days."
        assert wave_of(series).reason == expected

    def test_results_that_were_not_shared(self, series):
        hire(series.organization, 5)
        open_at(TUESDAY)
        with time_machine.travel(datetime(2026, 2, 17, tzinfo=UTC), tick=False):
            close_wave(wave_of(series))

        open_at(datetime(2026, 3, 3, 9, tzinfo=UTC))

        assert "no published “you said, we did”" in wave_of(series, date(2026, 3, 3)).reason


class TestAskingAgain:
    @pytest.fixture
    def march(self, series) -> Wave:
        hire(series.organization, 5)
        open_at(TUESDAY)
        with time_machine.travel(datetime(2026, 2, 17, tzinfo=UTC), tick=False):
            close_wave(wave_of(series))
        return wave_of(series, date(2026, 3, 3))

    def test_the_published_follow_up_opens_the_way(self, march, series, ana):
        with time_machine.travel(datetime(2026, 2, 20, tzinfo=UTC), tick=False):
            assert "you said" in what_stands_in_the_way(march, now=march.due_at)
            note = save_follow_up(wave_of(series), heard="Waits.", doing="Fewer gates.", by=ana)
            assert "you said" in what_stands_in_the_way(march, now=march.due_at)
            publish_follow_up(note)

        assert what_stands_in_the_way(march, now=march.due_at) == ""
        open_at(march.due_at)
        march.refresh_from_db()
        assert (march.status, march.override_reason) == ("open", "")

    def test_so_does_a_reason_that_everybody_reads(self, march, ana):
        override_follow_up(march, reason="The answers come with this one.", by=ana)

        open_at(march.due_at)

        march.refresh_from_db()
        assert (march.status, march.override_by) == ("open", ana)
        assert march.override_reason == "The answers come with this one."


class TestAudience:
    def test_the_units_below_count_in(self, series):
        organization = series.organization
        shop, web, ops = UnitFactory.create_batch(3, organization=organization)
        for unit, parent in ((shop, None), (web, shop), (ops, None)):
            UnitVersionFactory(unit=unit, parent=parent)
        for unit, count in ((shop, 3), (web, 4), (ops, 6)):
            for person in PersonFactory.create_batch(count, organization=organization):
                PlacementFactory(person=person, unit=unit)
        Series.objects.update(unit=shop)

        open_at(TUESDAY)

        assert wave_of(series).eligible == 7

    def test_tenure_counts_from_the_first_place(self, series):
        hire(series.organization, 6)
        newcomers = PersonFactory.create_batch(5, organization=series.organization)
        for person in newcomers:
            PlacementFactory(person=person, valid=("2025-06-01", None))
        moved = Person.objects.first()
        Placement.objects.filter(person=moved).update(valid=("2020-01-01", "2026-01-01"))
        PlacementFactory(person=moved, valid=("2026-01-01", None))
        Series.objects.update(tenure_months=12)

        open_at(TUESDAY)

        asked = set(wave_of(series).invitations.values_list("person", flat=True))
        assert asked == {person.pk for person in newcomers}

    @pytest.mark.parametrize("everything", [True, False])
    def test_who_opted_out_is_not_asked(self, series, everything):
        people = hire(series.organization, 6)
        opt_out(Subscription(people[0], series, False, False), everything=everything)

        open_at(TUESDAY)

        asked = set(wave_of(series).invitations.values_list("person", flat=True))
        assert asked == {person.pk for person in people[1:]}
