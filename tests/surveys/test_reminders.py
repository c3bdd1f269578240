"""Reminders: to the silent alone, on working mornings, and no row tells who they are."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from maturity.channels import email
from maturity.models import Holiday, Person, Placement
from surveys.models import Message
from surveys.services.messages import send_due_messages
from surveys.services.opt_outs import Subscription, opt_out
from surveys.services.waves import close_wave, open_wave
from tests.factories import PersonFactory, PlacementFactory
from tests.surveys.conftest import answer, hire, ratings

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
# Working days 2, 5 and 9 after the opening, ten o'clock in Berlin.
FIRST, SECOND, THIRD = (datetime(2026, 3, day, 9, tzinfo=UTC) for day in (4, 9, 13))


@pytest.fixture
def wave(draft):
    hire(draft.organization, 8)
    with time_machine.travel(MONDAY, tick=False):
        wave = open_wave(draft)
        send_due_messages()
    return wave


def send_at(moment: datetime) -> int:
    with time_machine.travel(moment, tick=False):
        return send_due_messages()


def reminders(wave):
    return Message.objects.filter(wave=wave, kind="reminder")


class TestWho:
    def test_only_who_has_not_answered(self, wave, mailoutbox):
        with time_machine.travel(MONDAY + timedelta(hours=1), tick=False):
            answer(wave, [ratings(4)] * 3)
        answered = wave.invitations.filter(responded=True).values_list("person__email", flat=True)
        mailoutbox.clear()

        assert send_at(FIRST) == 5

        reminded = {mail.to[0] for mail in mailoutbox}
        assert len(reminded) == 5
        assert reminded.isdisjoint(answered)
        assert mailoutbox[0].subject == "Reminder: Spring pulse at Acme is open"

    def test_everybody_silent_gets_three(self, wave, mailoutbox):
        mailoutbox.clear()

        sent = [send_at(moment) for moment in (FIRST, SECOND, THIRD)]

        assert sent == [8, 8, 8]
        assert {
            len([m for m in mailoutbox if m.to == [p.email]]) for p in Person.objects.all()
        } == {3}

    def test_leavers_and_those_who_opted_out_get_none(self, wave, mailoutbox):
        gone, silenced = Person.objects.order_by("pk")[:2]
        Placement.objects.filter(person=gone).update(
            valid=DateRange(date(2020, 1, 1), date(2026, 3, 3))
        )
        opt_out(Subscription(silenced, None, False, False))
        mailoutbox.clear()

        assert send_at(FIRST) == 6

        assert {gone.email, silenced.email}.isdisjoint({m.to[0] for m in mailoutbox})
        wave.refresh_from_db()
        assert wave.eligible == 8

    def test_joiners_wait_for_the_next_wave(self, wave, mailoutbox):
        joiner = PersonFactory(organization=wave.organization)
        PlacementFactory(person=joiner)
        mailoutbox.clear()

        send_at(FIRST)

        assert joiner.email not in {m.to[0] for m in mailoutbox}

    def test_a_changed_address_gets_the_next_one(self, wave, mailoutbox):
        Person.objects.filter(pk=Person.objects.first().pk).update(email="new@acme.example")
        mailoutbox.clear()

        send_at(FIRST)

        assert "new@acme.example" in {m.to[0] for m in mailoutbox}

    def test_after_closing_nobody(self, wave, mailoutbox):
        mailoutbox.clear()

        assert send_at(wave.closes_at) == 0

        assert mailoutbox == []


class TestWhen:
    def test_on_each_persons_own_morning(self, draft):
        people = hire(draft.organization, 5)
        zones = ["Australia/Lord_Howe", "Pacific/Apia", "America/New_York", "", "Asia/Kathmandu"]
        for person, zone in zip(people, zones, strict=True):
            Person.objects.filter(pk=person.pk).update(timezone=zone)
        with time_machine.travel(datetime(2026, 3, 25, 9, tzinfo=UTC), tick=False):
            wave = open_wave(draft)

        due = (
            reminders(wave).filter(number=2).order_by("person_id").values_list("due_at", flat=True)
        )

        # Berlin's clocks changed on the 29th, New York's had, Lord Howe's did on 5 April.
        assert [moment.isoformat()[:16] for moment in due] == [
            "2026-03-31T23:00",
            "2026-03-31T21:00",
            "2026-04-01T14:00",
            "2026-04-01T08:00",
            "2026-04-01T04:15",
        ]

    def test_holidays_push_them_on(self, draft):
        Holiday.objects.create(
            organization=draft.organization, day=date(2026, 3, 4), recorded_at=MONDAY
        )
        hire(draft.organization, 5)
        with time_machine.travel(MONDAY, tick=False):
            wave = open_wave(draft)

        first = set(reminders(wave).filter(number=1).values_list("due_at", flat=True))
        assert first == {datetime(2026, 3, 5, 9, tzinfo=UTC)}

    def test_none_is_planned_beyond_the_closing(self, draft):
        draft.closes_on = date(2026, 3, 6)
        draft.save()
        hire(draft.organization, 5)
        with time_machine.travel(MONDAY, tick=False):
            wave = open_wave(draft)

        assert set(reminders(wave).values_list("number", flat=True)) == {1}


class TestWhatARowTells:
    def test_it_looks_the_same_whether_a_mail_left_or_not(self, wave):
        with time_machine.travel(MONDAY + timedelta(hours=1), tick=False):
            answer(wave, [ratings(4)] * 3)

        send_at(FIRST)

        done = (
            reminders(wave)
            .filter(number=1)
            .values_list(
                "state", "attempts", "failure", "sent_at", "claim", "claimed_until", "due_at"
            )
        )
        assert set(done) == {("done", 0, "", None, None, None, FIRST)}

    def test_a_refused_reminder_marks_no_address(self, wave, monkeypatch):
        def refuse(*args, **kwargs):
            raise email.AddressRefused("SMTPRecipientsRefused 550")

        monkeypatch.setattr(email, "send", refuse)

        send_at(FIRST)

        assert set(reminders(wave).filter(number=1).values_list("state", flat=True)) == {"done"}
        assert not any(p.refused_addresses.exists() for p in Person.objects.all())

    def test_the_database_takes_no_row_that_tells(self, wave):
        for change in ({"state": "sent", "sent_at": FIRST}, {"attempts": 1}, {"failure": "x"}):
            with (
                pytest.raises(IntegrityError, match="message_reminder_tells_nothing"),
                transaction.atomic(),
            ):
                reminders(wave).update(**change)

    def test_closing_drops_them_all(self, wave):
        send_at(FIRST)

        close_wave(wave)

        assert not reminders(wave).exists()
        assert Message.objects.filter(wave=wave).count() == 8

    def test_a_server_that_is_slow_to_take_one_delays_it_without_a_trace(self, wave, monkeypatch):
        def later(*args, **kwargs):
            raise email.TryLater("SMTPDataError 451")

        with monkeypatch.context() as patch:
            patch.setattr(email, "send", later)
            assert send_at(FIRST) == 0
        assert set(reminders(wave).values_list("attempts", "failure")) == {(0, "")}
        assert send_at(FIRST + timedelta(minutes=5)) == 0

        assert send_at(FIRST + timedelta(minutes=11)) == 8
