"""Notifications: rows first, each told once, at the hour and in the way each person chose."""

import json
import threading
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.db import connection, transaction
from django.test import Client

from maturity.channels import chat, email, webhook
from maturity.channels.sealing import Unreadable, seal, unseal
from maturity.errors import Conflict
from maturity.models import Delivery, DeliveryAttempt, Endpoint, Event, Notification
from maturity.services import deliveries
from maturity.services.deliveries import backoff, replay_delivery, send_due_deliveries
from maturity.services.endpoints import (
    create_endpoint,
    disable_endpoint,
    enable_endpoint,
    rotate_secret,
    try_endpoint,
)
from maturity.services.lifecycle import acknowledge_finding, dismiss_finding
from maturity.services.mails import unsubscribe_path
from maturity.services.notifications import Wish, choose, due_for, notify
from maturity.tasks import send_due_deliveries as send_task
from tests.factories import FindingFactory, MembershipFactory, OrganizationFactory, UserFactory
from tests.maturity.receiver import receiving
from tests.maturity.test_lifecycle import GATES, judge

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)  # a Tuesday, 13:00 in Berlin
ALL = list(Event.values)


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with time_machine.travel(NOW, tick=False):
        yield


def tell(organization, key="1", event=Event.FINDING_RAISED, **values):
    return notify(organization, event, key=key, title="Gatekeeper was raised", **values)


def wanting(organization, **choice):
    """A member who chose this."""
    membership = MembershipFactory(organization=organization)
    defaults = {"events": ALL, "rhythm": "each", "timezone": "Europe/Berlin"}
    choose(membership, **{**defaults, **choice})
    return membership


class TestTelling:
    def test_leads_hear_of_it_and_viewers_do_not(self, organization, ana, vera):
        told = tell(organization)

        assert [each.user for each in told.deliveries.all()] == [ana]

    def test_the_same_fact_is_told_once(self, organization, ana):
        tell(organization)

        assert tell(organization) is None
        assert Delivery.objects.count() == Notification.objects.count() == 1

    def test_only_what_somebody_chose(self, organization):
        wanting(organization, events=[Event.WAVE_CLOSED])
        wanting(organization, rhythm="never")

        assert tell(organization).deliveries.count() == 0
        assert tell(organization, event=Event.WAVE_CLOSED).deliveries.count() == 1

    def test_nobody_of_another_organisation_hears_of_it(self, organization, ana, carl):
        tell(organization)
        send_due_deliveries()

        assert [each.to for each in mail.outbox] == [["ana@acme.example"]]

    def test_an_endpoint_hears_of_its_events(self, organization):
        hook = endpoint(organization, events=[Event.FINDING_RAISED])

        assert tell(organization).deliveries.get().endpoint == hook
        assert tell(organization, event=Event.WAVE_CLOSED).deliveries.count() == 0

    def test_it_is_flat_in_queries(self, organization, django_assert_num_queries):
        for _ in range(5):
            wanting(organization)

        # savepoint and end, insert, read, deliveries, members, choices, endpoints, insert
        with django_assert_num_queries(10):
            tell(organization)


class TestFindings:
    @pytest.fixture
    def finding(self, organization, ana):
        return FindingFactory(organization=organization, verdict__evidence=GATES)

    def events(self):
        return list(Notification.objects.order_by("pk").values_list("event", flat=True))

    def test_what_the_engine_does_is_told_and_what_people_decide_is_not(self, finding, ana):
        acknowledge_finding(finding, by=ana)
        judge(finding, severity="high")
        judge(finding, severity="low")
        judge(finding, state="clear")

        assert self.events() == ["finding.severity_risen", "finding.resolved"]

    def test_a_dismissal_that_no_longer_holds_is_told_without_anybody_named(self, finding, ana):
        dismiss_finding(finding, reason="Ana says it is wanted", by=ana)
        judge(finding, severity="high")

        told = Notification.objects.get(event="finding.reopened")
        assert told.title == "Gatekeeper is open again (high)"
        assert told.data == {
            "finding_id": finding.pk,
            "pitfall": "gatekeeper",
            "severity": "high",
            "state": "open",
            "unit": None,
        }
        assert "Ana" not in f"{told.title}{told.text}{told.data}"

    def test_telling_is_undone_with_what_is_told(self, finding):
        with transaction.atomic():
            judge(finding, state="clear")
            transaction.set_rollback(True)

        assert self.events() == []


class TestWhen:
    @pytest.mark.parametrize(
        ("quiet", "at", "due"),
        [
            ((time(20), time(7)), "2026-03-10T13:00", "2026-03-10T13:00"),
            ((time(20), time(7)), "2026-03-10T20:00", "2026-03-11T07:00"),
            ((time(20), time(7)), "2026-03-11T06:59", "2026-03-11T07:00"),
            ((time(20), time(7)), "2026-03-11T07:00", "2026-03-11T07:00"),
            ((time(12), time(14)), "2026-03-10T13:00", "2026-03-10T14:00"),
            # The night in which the clock jumps from 2 to 3.
            ((time(22), time(2, 30)), "2026-03-28T23:00", "2026-03-29T02:30"),
        ],
    )
    def test_quiet_hours_are_waited_for(self, quiet, at, due):
        wish = Wish(frozenset(), "each", BERLIN, quiet)
        moment = datetime.fromisoformat(at).replace(tzinfo=BERLIN)

        assert due_for(wish, at=moment) == datetime.fromisoformat(due).replace(tzinfo=BERLIN)

    @pytest.mark.parametrize(
        ("rhythm", "at", "due"),
        [
            ("daily", "2026-03-10T13:00", "2026-03-11T08:00"),
            ("daily", "2026-03-10T07:59", "2026-03-10T08:00"),
            ("weekly", "2026-03-10T13:00", "2026-03-16T08:00"),
            ("weekly", "2026-03-16T07:00", "2026-03-16T08:00"),
            ("weekly", "2026-03-16T08:00", "2026-03-23T08:00"),
        ],
    )
    def test_a_digest_waits_for_the_morning(self, rhythm, at, due):
        wish = Wish(frozenset(), rhythm, BERLIN)
        moment = datetime.fromisoformat(at).replace(tzinfo=BERLIN)

        assert due_for(wish, at=moment) == datetime.fromisoformat(due).replace(tzinfo=BERLIN)


class TestMail:
    def test_it_says_what_happened_and_how_to_end_it(self, organization, ana):
        tell(organization, text="Half of requests wait 3 wd.", path="/admin/maturity/finding/1/")

        assert send_due_deliveries() == 1
        assert send_due_deliveries() == 0

        (sent,) = mail.outbox
        link = f"http://testserver{unsubscribe_path(ana, organization_id=organization.pk)}"
        assert sent.subject == "Acme: Gatekeeper was raised"
        assert "Half of requests wait 3 wd." in sent.body
        assert "http://testserver/admin/maturity/finding/1/" in sent.body
        assert link in sent.body
        assert sent.extra_headers["List-Unsubscribe"] == f"<{link}>"
        assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_a_digest_is_one_mail(self, organization):
        wanting(organization, rhythm="daily")
        for key in "abc":
            tell(organization, key=key)

        assert send_due_deliveries() == 0
        with time_machine.travel(NOW + timedelta(days=1), tick=False):
            assert send_due_deliveries() == 3

        assert [each.subject for each in mail.outbox] == ["Acme: 3 pieces of news"]

    def test_the_digests_of_two_organisations_stay_apart(self, organization):
        membership = wanting(organization, rhythm="daily")
        other = MembershipFactory(user=membership.user)
        choose(other, events=ALL, rhythm="daily", timezone="UTC")
        tell(organization), tell(other.organization)

        with time_machine.travel(NOW + timedelta(days=1), tick=False):
            send_due_deliveries()

        assert len(mail.outbox) == 2

    def test_who_left_meanwhile_is_not_told(self, organization, ana):
        tell(organization)
        ana.memberships.all().delete()

        assert send_due_deliveries() == 0
        assert Delivery.objects.get().state == "dropped"

    def test_a_server_that_is_away_uses_up_no_attempts(self, organization, ana, monkeypatch):
        tell(organization)
        monkeypatch.setattr(email, "send", _raise(email.Unreachable("away")))

        send_due_deliveries()

        row = Delivery.objects.get()
        assert (row.state, row.attempts, row.due_at) == ("waiting", 0, NOW + timedelta(seconds=30))

    def test_an_address_that_is_refused_is_given_up(self, organization, ana, monkeypatch):
        tell(organization)
        monkeypatch.setattr(email, "send", _raise(email.Refused("SMTPRecipientsRefused 550")))

        send_due_deliveries()

        row = Delivery.objects.get()
        assert (row.state, row.failure) == ("failed", "SMTPRecipientsRefused 550")


class TestUnsubscribing:
    def test_one_click_ends_it_without_a_login_or_a_token_of_ours(self, organization, ana):
        tell(organization)
        path = unsubscribe_path(ana, organization_id=organization.pk)

        answer = Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"})

        assert answer.status_code == 200
        assert Delivery.objects.get().state == "dropped"
        assert tell(organization, key="2").deliveries.count() == 0

    def test_looking_at_the_link_ends_nothing(self, client, organization, ana):
        page = client.get(unsubscribe_path(ana, organization_id=organization.pk))

        assert "No more mails?" in page.content.decode()
        assert tell(organization).deliveries.count() == 1

    @pytest.mark.parametrize("token", ["x", "x:y:z", "%00", "é", "a" * 5000])
    def test_what_we_never_signed_ends_nothing(self, client, db, token):
        assert client.post(f"/notifications/unsubscribe/{token}").status_code == 404


class TestChoosing:
    URL = "/orgs/acme/notifications"

    def test_a_member_chooses(self, login, vera, organization):
        client = login(vera)
        form = {
            "events": ["finding.raised"],
            "rhythm": "weekly",
            "timezone": "Asia/Tokyo",
            "quiet_from": "20:00",
            "quiet_to": "07:00",
        }

        assert client.post(self.URL, form).status_code == 302

        choice = vera.notification_choices.get()
        assert (choice.events, choice.rhythm, choice.timezone) == (
            ["finding.raised"], "weekly", "Asia/Tokyo",
        )  # fmt: skip
        assert "checked" in client.get(self.URL).content.decode()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"rhythm": "hourly"},
            {"timezone": "Mars/Olympus"},
            {"events": ["x"]},
            {"quiet_from": "20:00"},
            {"quiet_from": "20:00", "quiet_to": "20:00"},
            {"quiet_from": "\x00"},
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_kept(self, login, ana, wrong):
        form = {"events": [], "rhythm": "each", "timezone": "UTC", **wrong}

        page = login(ana).post(self.URL, form)

        assert page.status_code == 200
        assert "Nothing was kept" in page.content.decode()
        assert not ana.notification_choices.exists()

    def test_outsiders_and_nobody_choose_nothing(self, login, carl, client, organization):
        assert login(carl).get(self.URL).status_code == 404
        assert client.get(self.URL).status_code == 302


def endpoint(organization, receiver=None, **values):
    address = receiver.url("/hook?key=secret") if receiver else "http://127.0.0.1:9/"
    defaults = {"kind": "webhook", "name": "Warehouse", "address": address, "events": ALL}
    made, _secret = create_endpoint(organization, **{**defaults, **values})
    return made


class TestWebhooks:
    @pytest.fixture
    def receiver(self):
        with receiving() as receiver:
            yield receiver

    def test_a_message_is_signed_as_standard_webhooks_says(self, organization, receiver):
        _made, secret = create_endpoint(
            organization, kind="webhook", name="W", address=receiver.url(), events=ALL
        )
        told = tell(organization, data={"finding_id": 7}, path="/x")

        assert send_due_deliveries() == 1

        ((path, headers, body),) = receiver.requests
        row = told.deliveries.get()
        assert (path, headers["webhook-id"]) == ("/hook", str(row.pk))
        assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
        signed = webhook.signatures(str(row.pk), int(NOW.timestamp()), body, [secret])
        assert headers["webhook-signature"] == signed
        assert json.loads(body) == {
            "type": "finding.raised",
            "timestamp": "2026-03-10T12:00:00.000000Z",
            "data": {
                "organization": "acme",
                "title": "Gatekeeper was raised",
                "text": "",
                "url": "http://testserver/x",
                "finding_id": 7,
            },
        }
        assert list(row.log.values_list("status", "failure")) == [(204, "")]

    def test_the_example_of_the_specification(self):
        """From the Standard Webhooks reference libraries."""
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        body = b'{"test": 2432232314}'

        signed = webhook.signatures("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, [secret])

        assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    def test_two_secrets_sign_while_a_receiver_moves(self, organization, receiver):
        made = endpoint(organization, receiver)
        rotate_secret(made)
        tell(organization)
        send_due_deliveries()

        with time_machine.travel(NOW + timedelta(days=8), tick=False):
            tell(organization, key="2")
            send_due_deliveries()

        counts = [len(h["webhook-signature"].split()) for _p, h, _b in receiver.requests]
        assert counts == [2, 1]

    def test_rotating_twice_keeps_two(self, organization):
        made = endpoint(organization)
        rotate_secret(made)
        rotate_secret(made)

        assert made.secrets.active(at=NOW + timedelta(seconds=1)).count() == 2

    def test_a_failure_is_tried_again_later_and_later(self, organization, receiver):
        receiver.answer = (500, {}, b"no")
        endpoint(organization, receiver)
        row = tell(organization).deliveries.get()

        send_due_deliveries()

        row.refresh_from_db()
        assert (row.state, row.attempts, row.failure) == ("waiting", 1, "refused")
        assert timedelta(seconds=30) <= row.due_at - NOW <= timedelta(seconds=45)
        assert send_due_deliveries() == 0
        with time_machine.travel(row.due_at, tick=False):
            receiver.answer = (200, {}, b"ok")
            assert send_due_deliveries() == 1
        assert list(row.log.order_by("pk").values_list("status", flat=True)) == [500, 200]

    def test_waits_grow_to_six_hours_and_spread_by_half(self):
        waits = [backoff(n, chance=0).total_seconds() for n in range(1, 10)]

        assert waits == [30, 90, 270, 810, 2430, 7290, 21600, 21600, 21600]
        assert backoff(1, chance=1) == timedelta(seconds=45)

    def test_after_the_last_attempt_it_is_given_up_and_can_be_sent_again(
        self, organization, receiver
    ):
        receiver.answer = (503, {}, b"")
        endpoint(organization, receiver)
        row = tell(organization).deliveries.get()
        Delivery.objects.filter(pk=row.pk).update(attempts=deliveries.MAX_ATTEMPTS - 1)
        send_due_deliveries()
        row.refresh_from_db()
        assert row.state == "failed"

        receiver.answer = (200, {}, b"")
        replay_delivery(row)

        assert send_due_deliveries() == 1
        ids = {headers["webhook-id"] for _path, headers, _body in receiver.requests}
        assert ids == {str(row.pk)}

    def test_what_is_on_its_way_is_not_sent_again(self, organization, receiver):
        endpoint(organization, receiver)
        row = tell(organization).deliveries.get()

        with pytest.raises(Conflict):
            replay_delivery(row)

    def test_a_redirect_is_not_followed(self, organization, receiver):
        receiver.answer = (302, {"Location": receiver.url("/elsewhere")}, b"")
        endpoint(organization, receiver)
        row = tell(organization).deliveries.get()

        send_due_deliveries()

        row.refresh_from_db()
        assert row.failure == "redirects are not followed"
        assert len(receiver.requests) == 1

    def test_an_endless_answer_is_cut_off(self, organization, receiver):
        receiver.answer = (200, {}, b"x" * 5_000_000)
        endpoint(organization, receiver)
        tell(organization)

        assert send_due_deliveries() == 1

    def test_a_private_address_is_never_reached(self, organization, receiver, settings):
        made = endpoint(organization, receiver)
        settings.OUTBOUND_ALLOWED_NETWORKS = []
        row = tell(organization).deliveries.get()

        send_due_deliveries()

        row.refresh_from_db()
        assert row.failure == "the address is private, or not allowed here"
        assert receiver.requests == []
        assert made.shown_as == f"http://127.0.0.1:{receiver.port}/…"

    def test_one_that_fails_again_and_again_is_switched_off_and_the_leads_hear_of_it(
        self, organization, ana, receiver
    ):
        receiver.answer = (500, {}, b"")
        made = endpoint(organization, receiver)
        Endpoint.objects.filter(pk=made.pk).update(failures=deliveries.FAILURES_ALLOWED - 1)
        tell(organization, key="1")
        tell(organization, key="2")

        send_due_deliveries()

        made.refresh_from_db()
        assert (made.disabled_because, made.failures) == ("refused", 30)
        assert len(receiver.requests) == 1
        assert not made.deliveries.filter(state="waiting").exists()
        told = Notification.objects.get(event="endpoint.disabled")
        assert [each.user for each in told.deliveries.all()] == [ana]
        assert tell(organization, key="3").deliveries.filter(endpoint=made).count() == 0

    def test_one_that_says_it_is_gone_is_switched_off_at_once(self, organization, receiver):
        receiver.answer = (410, {}, b"")
        made = endpoint(organization, receiver)
        tell(organization)

        send_due_deliveries()

        made.refresh_from_db()
        assert made.disabled_at == NOW

    def test_a_success_starts_the_count_anew(self, organization, receiver):
        made = endpoint(organization, receiver)
        Endpoint.objects.filter(pk=made.pk).update(failures=7)
        tell(organization)

        send_due_deliveries()

        made.refresh_from_db()
        assert made.failures == 0

    def test_a_try_says_that_it_is_one(self, organization, receiver):
        made = endpoint(organization, receiver)

        try_endpoint(made)
        send_due_deliveries()

        assert json.loads(receiver.requests[0][2])["type"] == "endpoint.tried"
        disable_endpoint(made, because="x")
        with pytest.raises(Conflict):
            try_endpoint(enable_and_disable(made))

    @pytest.mark.parametrize(
        "address",
        ["ftp://example.org/", "https://", "example.org", "https://user:pw@example.org/",
         "https://example.org/#x", "https://10.0.0.1/", "https://localhost/", "https://[::1]/",
         "https://2130706433/", "http://169.254.169.254/latest", "https://x" * 500, "\x00"],
    )  # fmt: skip
    def test_what_is_no_public_web_address_is_refused_by_name(
        self, organization, settings, address
    ):
        settings.OUTBOUND_ALLOWED_NETWORKS = []

        with pytest.raises(Exception, match="address"):
            endpoint(organization, address=address)

        assert not Endpoint.objects.exists()


def enable_and_disable(made):
    enable_endpoint(made)
    disable_endpoint(made, because="x")
    made.refresh_from_db()
    return made


class TestChats:
    def test_a_chat_is_told_through_the_guard(self, organization, settings):
        with receiving() as receiver:
            receiver.answer = (200, {"Content-Type": "application/json"}, b"{}")
            made = endpoint(
                organization, kind="chat", address=f"ntfy://127.0.0.1:{receiver.port}/news"
            )
            tell(organization, text="Half of requests wait 3 wd.")
            assert send_due_deliveries() == 1

            settings.OUTBOUND_ALLOWED_NETWORKS = []
            tell(organization, key="2")
            assert send_due_deliveries() == 0

        assert len(receiver.requests) == 1
        assert b"Half of requests wait 3 wd." in receiver.requests[0][2]
        assert made.secrets.count() == 0

    def test_its_secrets_are_masked(self):
        shown = chat.masked("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops")

        assert "TIiajkdnlazkcOXrIdevi7FQ" not in shown
        assert "A1BRTD4JD" not in shown

    @pytest.mark.parametrize(
        "address",
        ["json://127.0.0.1/", "syslog://", "mailto://u:p@example.org", "dbus://", "x", ""],
    )
    def test_what_could_do_more_than_chat_is_refused(self, organization, address):
        with pytest.raises(Exception, match="address"):
            endpoint(organization, kind="chat", address=address)


class TestSecrets:
    def test_what_is_stored_is_not_readable(self, organization):
        made = endpoint(organization)

        assert b"127.0.0.1" not in bytes(made.sealed_address)
        assert unseal(made.sealed_address) == "http://127.0.0.1:9/"

    def test_an_older_key_still_opens_and_a_foreign_one_does_not(self, settings):
        sealed = seal("secret")
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
        assert unseal(sealed) == "secret"

        settings.SECRET_KEY_FALLBACKS = []
        with pytest.raises(Unreadable):
            unseal(sealed)

    def test_a_secret_that_cannot_be_opened_is_a_failure_and_no_crash(self, organization, settings):
        endpoint(organization)
        row = tell(organization).deliveries.get()
        settings.SECRET_KEY = "another"

        send_due_deliveries()

        row.refresh_from_db()
        assert (row.state, row.failure) == ("failed", "sealed under another SECRET_KEY")

    def test_nothing_secret_is_logged(self, organization, caplog):
        caplog.set_level("DEBUG")
        with receiving() as receiver:
            endpoint(organization, receiver)
            tell(organization)
            send_due_deliveries()

        assert "key=secret" not in caplog.text


class TestClaims:
    def test_a_dead_workers_delivery_is_taken_over(self, organization, ana, monkeypatch):
        tell(organization)
        monkeypatch.setattr(deliveries, "_send", _raise(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            send_due_deliveries()
        monkeypatch.undo()

        assert send_due_deliveries() == 0
        with time_machine.travel(NOW + timedelta(seconds=121), tick=False):
            assert send_due_deliveries() == 1

    def test_the_task_sends_twice_nothing(self, organization, ana):
        tell(organization)

        send_task()
        send_task()

        assert len(mail.outbox) == 1
        assert DeliveryAttempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def run(self, *calls):
        def each(call):
            try:
                call()
            finally:
                connection.close()

        threads = [threading.Thread(target=each, args=(call,)) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def test_each_is_sent_by_one_worker(self):
        organization = OrganizationFactory()
        with receiving() as receiver:
            endpoint(organization, receiver)
            for key in range(6):
                tell(organization, key=str(key))

            self.run(*[send_due_deliveries] * 3)

        assert len(receiver.requests) == 6
        assert set(Delivery.objects.values_list("state", "attempts")) == {("sent", 1)}

    def test_the_same_fact_is_told_once(self):
        organization = MembershipFactory().organization

        self.run(*[lambda: tell(organization)] * 4)

        assert Notification.objects.count() == Delivery.objects.count() == 1

    def test_a_secret_is_rotated_one_after_the_other(self):
        made = endpoint(OrganizationFactory())

        self.run(*[lambda: rotate_secret(made)] * 3)

        assert made.secrets.filter(expires_at=None).count() == 1

    def test_it_is_switched_off_once(self):
        made = endpoint(MembershipFactory(user=UserFactory()).organization)
        answers = []

        self.run(*[lambda: answers.append(disable_endpoint(made, because="x"))] * 3)

        assert sorted(answers) == [False, False, True]


def _raise(error):
    def raiser(*args, **kwargs):
        raise error

    return raiser
