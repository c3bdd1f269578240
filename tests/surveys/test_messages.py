"""Mails: each sent once, committed one by one; a bad address stops nobody else."""

import threading
import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.db import OperationalError, connections
from django.utils import timezone

from maturity.channels import email
from maturity.models import Person
from surveys.models import Message, Wave
from surveys.services.messages import MAX_ATTEMPTS, message_id_of, send_due_messages
from surveys.services.waves import close_wave, open_wave
from surveys.tasks import send_due_messages as send_task
from tests.surveys.conftest import hire, tokens
from tests.surveys.smtp_sink import SmtpSink

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def sink(settings: LazySettings):
    with SmtpSink() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT = 5
        yield sink


def _invitations(wave: Wave):
    return Message.objects.filter(wave=wave, kind="invitation")


def _states(wave: Wave) -> list[str]:
    return sorted(_invitations(wave).values_list("state", flat=True))


def _break_address(wave: Wave, address: str) -> Message:
    message = _invitations(wave).order_by("due_at", "id").first()
    Person.objects.filter(pk=message.person_id).update(email=address)
    return message


class TestTheMail:
    def test_it_says_who_asks_how_long_until_when_and_what_becomes_of_answers(self, sink, draft):
        hire(draft.organization, 5)
        with time_machine.travel(MONDAY, tick=False):
            wave = open_wave(draft)
            send_due_messages()

        mail = sink.mails[0]
        text = mail.get_content()
        assert mail["Subject"] == "Spring pulse: your view of product ops at Acme"
        assert "Acme asks its product managers" in text
        assert "about 4 minutes" in text
        assert "until Friday 13 March 2026, 23:59 (Europe/Berlin)" in text
        assert "only where at least 5 people answered" in text
        assert "only when at least 10 did" in text
        assert mail["Auto-Submitted"] == "auto-generated"
        links = {f"http://testserver/s/{token}" for token in tokens(wave)}
        assert {line for m in sink.mails for line in m.get_content().splitlines()} >= links

    def test_everybody_gets_a_link_of_their_own(self, sink, opened):
        wave = opened(7)

        assert send_due_messages() == 7

        people = Person.objects.filter(organization=wave.organization)
        assert sorted(sink.recipients) == sorted(people.values_list("email", flat=True))
        links = [
            line
            for mail in sink.mails
            for line in mail.get_content().splitlines()
            if line.startswith("http://testserver/s/")
        ]
        assert len(set(links)) == 7

    def test_names_are_not_escaped_as_in_a_page(self, sink, draft):
        draft.title = "Q&A <spring>"
        draft.save()
        draft.organization.name = "Smith & Sons"
        draft.organization.save()
        hire(draft.organization, 5)
        open_wave(draft)

        send_due_messages()

        assert sink.mails[0]["Subject"] == "Q&A <spring>: your view of product ops at Smith & Sons"
        assert "Smith & Sons asks" in sink.mails[0].get_content()

    def test_the_address_is_the_one_on_the_roster_now(self, sink, opened):
        wave = opened(5)
        _break_address(wave, "moved@new.example")

        send_due_messages()

        assert "moved@new.example" in sink.recipients


class TestDraining:
    def test_what_was_sent_is_marked_and_not_sent_again(self, sink, opened):
        wave = opened(6)

        send_due_messages()

        assert send_due_messages() == 0
        assert len(sink.mails) == 6
        assert _states(wave) == ["sent"] * 6
        sent = _invitations(wave)
        assert {m.sent_at is not None for m in sent} == {True}
        assert {(m.claim, m.claimed_until) for m in sent} == {(None, None)}
        assert {message_id_of(m) for m in sent} == set(sink.copies)

    def test_a_batch_goes_over_one_connection(self, sink, opened):
        opened(6)

        send_due_messages()

        assert sink.connections == 1

    def test_nothing_leaves_before_it_is_due(self, sink, draft):
        hire(draft.organization, 5)
        open_wave(draft, opens_at=timezone.now() + timedelta(hours=1))

        assert send_due_messages() == 0
        assert sink.mails == []

    def test_a_wave_that_closed_sends_nothing_more(self, sink, opened):
        wave = opened(6)
        close_wave(wave)

        assert send_due_messages() == 0

        assert sink.mails == []
        assert _states(wave) == ["dropped"] * 6

    def test_a_wave_whose_time_is_over_sends_nothing_more(self, sink, opened):
        wave = opened(6)

        with time_machine.travel(wave.closes_at):
            assert send_due_messages() == 0

        assert sink.mails == []
        assert _states(wave) == ["dropped"] * 6

    def test_its_price_per_mail_is_two_statements(self, opened, django_assert_num_queries):
        opened(12)

        # 4 to claim, 1 to read back, 4 for invitations, secrets, waves and questions, 3 for who is
        # there, wants mails and can be reached, 2 for each mail, 3 to find that nothing is left
        with django_assert_num_queries(4 + 1 + 4 + 3 + 2 * 12 + 3):
            send_due_messages()


class TestTrouble:
    def test_a_refused_address_is_noted_and_the_others_go_on(self, sink, opened):
        wave = opened(6)
        bad = _break_address(wave, "gone@acme.example")
        sink.replies["gone@acme.example"] = "550 5.1.1 no such user gone@acme.example"

        assert send_due_messages() == 5

        bad.refresh_from_db()
        assert (bad.state, bad.attempts) == ("failed", 1)
        assert bad.failure == "SMTPRecipientsRefused 550"
        assert _states(wave) == ["failed", *["sent"] * 5]

    @pytest.mark.parametrize(
        "address", ["no-domain@", "two@at@signs.example", "line\nbreak@x.example"]
    )
    def test_an_address_that_cannot_be_written_is_noted_too(self, sink, opened, address):
        wave = opened(6)
        bad = _break_address(wave, address)

        assert send_due_messages() == 5

        bad.refresh_from_db()
        assert bad.state == "failed"
        assert address not in bad.failure

    def test_a_mail_that_is_refused_for_its_content_is_noted(self, sink, opened):
        wave = opened(6)
        bad = _break_address(wave, "strict@acme.example")
        sink.replies["DATA strict@acme.example"] = "554 5.7.1 spam"

        assert send_due_messages() == 5

        bad.refresh_from_db()
        assert (bad.state, bad.failure) == ("failed", "SMTPDataError 554")

    @pytest.mark.parametrize(
        ("key", "reply", "connections"),
        [
            ("slow@acme.example", "451 4.7.1 try again", 1),
            ("DATA slow@acme.example", "452 4.2.2 full", 1),
            ("DATA slow@acme.example", "hang up", 2),
        ],
    )
    def test_a_mail_not_taken_now_is_tried_later_and_the_others_go_on(
        self, sink, opened, key, reply, connections
    ):
        wave = opened(6)
        slow = _break_address(wave, "slow@acme.example")
        sink.replies[key] = reply

        assert send_due_messages() == 5

        slow.refresh_from_db()
        assert (slow.state, slow.attempts, slow.claim) == ("waiting", 1, None)
        assert sink.connections == connections
        assert timedelta(seconds=50) < slow.due_at - timezone.now() <= timedelta(seconds=60)
        sink.replies.clear()
        with time_machine.travel(timezone.now() + timedelta(seconds=61)):
            assert send_due_messages() == 1
        slow.refresh_from_db()
        assert (slow.state, slow.failure) == ("sent", "")

    def test_waits_double_and_end_in_giving_up(self, sink, opened):
        wave = opened(5)
        slow = _break_address(wave, "slow@acme.example")
        sink.replies["slow@acme.example"] = "451 4.7.1 try again"
        waits = []

        while slow.state == "waiting":
            with time_machine.travel(slow.due_at + timedelta(seconds=1), tick=False):
                send_due_messages()
                slow.refresh_from_db()
                waits.append((slow.due_at - timezone.now()).total_seconds() / 60)

        assert waits[:-1] == [1, 2, 4, 8, 16, 32, 64]
        assert (slow.state, slow.attempts) == ("failed", MAX_ATTEMPTS)

    def test_while_the_server_is_away_nothing_is_used_up(self, sink, opened, settings):
        wave = opened(6)
        settings.EMAIL_PORT = 1

        assert send_due_messages() == 0

        assert _states(wave) == ["waiting"] * 6
        assert set(Message.objects.values_list("attempts", "claim")) == {(0, None)}
        settings.EMAIL_PORT = sink.port
        with time_machine.travel(timezone.now() + timedelta(seconds=31)):
            assert send_due_messages() == 6

    def test_a_server_that_refuses_us_uses_nothing_up(self, opened, settings, sink):
        wave = opened(6)
        settings.DEFAULT_FROM_EMAIL = "x" * 600 + "@testserver"

        assert send_due_messages() == 0

        assert _states(wave) == ["waiting"] * 6
        assert set(Message.objects.values_list("attempts", flat=True)) == {0}


class TestClaims:
    def test_what_a_living_worker_holds_is_left_to_it(self, sink, opened):
        opened(5)
        later = timezone.now() + timedelta(seconds=30)
        Message.objects.update(claim=uuid.uuid4(), claimed_until=later)

        assert send_due_messages() == 0

        with time_machine.travel(later + timedelta(seconds=1)):
            assert send_due_messages() == 5

    def test_a_mail_that_went_to_another_worker_meanwhile_is_not_sent_twice(self, sink, opened):
        opened(5)
        thief = uuid.uuid4()
        original = email.send

        def send(*args, **kwargs) -> None:
            original(*args, **kwargs)
            # The others are taken over while the first is under way.
            rest = Message.objects.filter(state="waiting", kind="invitation")
            rest = rest.exclude(person__email=args[0])
            rest.update(claim=thief, claimed_until=timezone.now() + timedelta(minutes=5))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(email, "send", send)
            assert send_due_messages() == 1

        assert len(sink.mails) == 1
        assert Message.objects.filter(claim=thief).count() == 4

    def test_each_mail_renews_its_claim(self, sink, opened, settings):
        settings.MESSAGE_LEASE_SECONDS = 60
        opened(5)
        left: list[float] = []

        original = email.send

        def send(recipient: str, *args, **kwargs) -> None:
            held = Message.objects.get(person__email=recipient, kind="invitation")
            left.append((held.claimed_until - timezone.now()).total_seconds())
            original(recipient, *args, **kwargs)
            traveller.shift(50)

        with (
            pytest.MonkeyPatch.context() as patch,
            time_machine.travel(timezone.now(), tick=False) as traveller,
        ):
            patch.setattr(email, "send", send)
            assert send_due_messages() == 5

        assert left == [60.0] * 5

    @pytest.mark.django_db(transaction=True)
    def test_a_mail_is_noted_though_the_database_went_away_while_it_was_sent(
        self, sink, opened, monkeypatch
    ):
        wave = opened(5)
        database, send = connections["default"], email.send
        connect, too_early = database.get_new_connection, iter(["it is starting up"])

        def sent_while_it_ends(*args, **kwargs):
            send(*args, **kwargs)
            with database.cursor() as cursor, suppress(OperationalError):
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

        def connect_again(parameters):
            if reason := next(too_early, None):
                raise OperationalError(reason)
            return connect(parameters)

        with monkeypatch.context() as patch:
            patch.setattr(email, "send", sent_while_it_ends)
            patch.setattr(database, "get_new_connection", connect_again)
            assert send_due_messages() == 5

        assert set(sink.copies.values()) == {1}
        assert _states(wave) == ["sent"] * 5

    @pytest.mark.django_db(transaction=True)
    def test_tasks_at_once_send_each_mail_once(self, sink, opened, monkeypatch):
        monkeypatch.setattr("surveys.services.messages.BATCH", 3)
        wave = opened(20)

        def drain() -> None:
            try:
                send_task()
            finally:
                connections.close_all()

        workers = [threading.Thread(target=drain) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        assert set(sink.copies.values()) == {1}
        assert len(sink.mails) == 20
        assert _states(wave) == ["sent"] * 20
