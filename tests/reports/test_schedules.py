"""Board reports by schedule: each day once, at the organisation's hour, to members alone."""

import threading
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from maturity.models import Delivery, Membership, Notification
from maturity.models.history import events_of
from maturity.services.deliveries import send_due_deliveries
from maturity.services.mails import find_subscription, unsubscribe
from maturity.services.notifications import choose
from reports import tasks
from reports.errors import ScheduleEnded
from reports.exporters import board
from reports.models import BoardReport, ReportRecipient, ReportSchedule, ScheduledReport
from reports.services import boards, schedules
from reports.services.boards import render_board_report, reports_due
from reports.services.schedules import (
    advance,
    change_schedule,
    create_schedule,
    end_schedule,
    plan_all,
    plan_schedule,
    reports_waiting,
)
from tests.factories import MembershipFactory
from tests.surveys.smtp_sink import SmtpSink

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)  # a Friday; clocks change in Berlin on 29 March
WEEKLY = {"name": "Board", "rule": "FREQ=WEEKLY;BYDAY=SA", "starts_on": date(2026, 3, 20)}


@pytest.fixture(autouse=True)
def _mails(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def weekly(organization, *users, **values):
    return create_schedule(organization, recipients=users, by=None, **{**WEEKLY, **values})


def work_off():
    """What beat and the workers do, until nothing is left to do."""
    for _ in range(3):
        for pk in reports_waiting(at=timezone.now()):
            advance(pk)
        for pk in reports_due(at=timezone.now()):
            render_board_report(pk)
    send_due_deliveries()


def days(schedule):
    return list(schedule.occurrences.order_by("day").values_list("day", "state"))


class TestWhen:
    def test_the_local_hour_stays_when_the_clocks_change(self, organization, ana):
        due = []
        with time_machine.travel(NOW, tick=False) as clock:
            schedule = weekly(organization, ana)
            for _ in range(3):
                due.append(schedule.occurrences.planned().get().due_at)
                clock.move_to(due[-1])
                work_off()

        assert due == [
            datetime(2026, 3, 21, 7, tzinfo=UTC),
            datetime(2026, 3, 28, 7, tzinfo=UTC),
            datetime(2026, 4, 4, 6, tzinfo=UTC),
        ]
        assert [each.subject for each in mail.outbox] == [
            f"Acme: Board report, {day}"
            for day in ("21 March 2026", "28 March 2026", "4 April 2026")
        ]

    @pytest.mark.parametrize("first", [date.min, date(1969, 12, 31), date.max])
    def test_a_first_day_at_the_end_of_the_calendar_is_refused(self, organization, ana, first):
        with pytest.raises(ValidationError) as refused:
            weekly(organization, ana, starts_on=first)

        assert refused.value.message_dict == {
            "starts_on": ["Give a day in the years 1970 to 2100."]
        }
        assert not ReportSchedule.objects.exists()

    def test_an_hour_that_is_over_on_the_first_day_waits_for_the_next(self, organization, ana):
        with time_machine.travel(NOW, tick=False):
            schedule = weekly(organization, ana, rule="FREQ=WEEKLY;BYDAY=FR")

        assert days(schedule) == [(date(2026, 3, 27), "planned")]

    def test_after_an_outage_what_was_due_comes_once_and_late(self, organization, ana):
        with time_machine.travel(NOW, tick=False) as clock:
            schedule = weekly(organization, ana)
            clock.move_to(NOW + timedelta(days=30))
            plan_all()
            work_off()

        assert days(schedule) == [(date(2026, 3, 21), "told"), (date(2026, 4, 25), "planned")]
        assert BoardReport.objects.get().as_of == date(2026, 3, 21)
        assert len(mail.outbox) == 1

    def test_the_zone_of_the_hour_itself_counts(self, organization, ana):
        with time_machine.travel(NOW, tick=False) as clock:
            schedule = weekly(organization, ana)
            organization.timezone = "America/New_York"
            organization.save()
            clock.move_to(datetime(2026, 3, 21, 7, tzinfo=UTC))
            work_off()
            moved = schedule.occurrences.planned().get()

        assert moved.due_at == datetime(2026, 3, 21, 12, tzinfo=UTC)
        assert not BoardReport.objects.exists()

    def test_a_pause_and_another_rule_plan_anew_and_nothing_twice(self, organization, ana):
        with time_machine.travel(NOW, tick=False) as clock:
            schedule = weekly(organization, ana)
            clock.move_to(NOW + timedelta(days=1))
            work_off()
            change_schedule(schedule, recipients=[ana], paused=True)
            plan_all()
            paused = days(schedule)
            change_schedule(schedule, recipients=[ana], paused=False, rule="FREQ=WEEKLY;BYDAY=SU")

        assert paused == [(date(2026, 3, 21), "told")]
        assert days(schedule) == [*paused, (date(2026, 3, 22), "planned")]

    def test_a_rule_that_has_ended_plans_nothing(self, organization, ana):
        with time_machine.travel(NOW, tick=False) as clock:
            schedule = weekly(organization, ana, rule="FREQ=WEEKLY;BYDAY=SA;COUNT=1")
            clock.move_to(NOW + timedelta(days=1))
            work_off()

        assert days(schedule) == [(date(2026, 3, 21), "told")]

    def test_after_its_end_nothing_is_planned_and_what_was_begun_is_told(self, organization, ana):
        with time_machine.travel(NOW, tick=False) as clock:
            schedule = weekly(organization, ana)
            clock.move_to(NOW + timedelta(days=1))
            for pk in reports_waiting(at=timezone.now()):
                advance(pk)
            begun = days(schedule)
            end_schedule(schedule)
            plan_all()
            plan_schedule(schedule.pk)
            work_off()

        assert begun == [(date(2026, 3, 21), "made"), (date(2026, 3, 28), "planned")]
        assert days(schedule) == [(date(2026, 3, 21), "told")]
        with pytest.raises(ScheduleEnded):
            change_schedule(schedule, name="Again")


@pytest.fixture
def due(organization, ana, vera):
    """A schedule to Ana and Vera whose hour has come."""
    with time_machine.travel(NOW, tick=False) as clock:
        schedule = weekly(organization, ana, vera)
        clock.move_to(NOW + timedelta(days=1))
        yield schedule


class TestTheMail:
    def test_it_says_the_summary_links_to_the_report_and_carries_the_pdf(self, due, ana):
        work_off()

        report = BoardReport.objects.get()
        assert sorted(each.to for each in mail.outbox) == [
            ["ana@acme.example"],
            ["vera@acme.example"],
        ]
        sent = mail.outbox[0]
        assert "No capability has been assessed yet." in sent.body
        link = reverse("admin:reports_boardreport_change", args=[report.pk])
        assert f"http://testserver{link}" in sent.body
        assert sent.attachments == [
            ("acme-board-2026-03-21.pdf", bytes(report.pdf), "application/pdf")
        ]
        assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        work_off()
        assert len(mail.outbox) == 2

    def test_a_large_report_and_one_by_choice_come_as_the_link_alone(
        self, due, ana, monkeypatch, organization
    ):
        change_schedule(due, recipients=[ana], attach=False, rule="FREQ=MONTHLY;BYMONTHDAY=22")
        large = weekly(organization, ana, rule="FREQ=MONTHLY;BYMONTHDAY=23")
        monkeypatch.setattr(schedules, "MOST_ATTACHED_BYTES", 100)

        with time_machine.travel(NOW + timedelta(days=4), tick=False):
            work_off()

        assert [len(each.attachments) for each in mail.outbox] == [0, 0]
        assert large.occurrences.filter(state="told").exists()

    def test_who_left_or_stopped_the_mails_gets_nothing(self, due, ana, vera, organization):
        left = MembershipFactory(organization=organization)
        gone_late = MembershipFactory(organization=organization)
        change_schedule(
            due,
            recipients=[ana, vera, left.user, gone_late.user],
            rule="FREQ=MONTHLY;BYMONTHDAY=22",
        )
        left.delete()
        unsubscribe(Membership.objects.get(user=vera))

        with time_machine.travel(NOW + timedelta(days=2), tick=False):
            for _ in range(2):
                for pk in reports_waiting(at=timezone.now()):
                    advance(pk)
                for pk in reports_due(at=timezone.now()):
                    render_board_report(pk)
            gone_late.delete()  # after the mail was queued
            send_due_deliveries()

        assert [each.to for each in mail.outbox] == [["ana@acme.example"]]
        states = dict(Delivery.objects.values_list("user__email", "state"))
        assert states == {"ana@acme.example": "sent", gone_late.user.email: "dropped"}

    def test_its_link_stops_it_with_one_click(self, due, client):
        work_off()
        stop = mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>")
        path = stop.removeprefix("http://testserver")

        client.post(path, {"List-Unsubscribe": "One-Click"})
        with time_machine.travel(NOW + timedelta(days=8), tick=False):
            work_off()

        assert find_subscription(path.rpartition("/")[2]) is not None
        assert len(mail.outbox) == 3

    def test_each_reads_it_in_their_language_and_the_report_in_its_own(self, due, ana, vera):
        ana.language = "de"
        ana.save()
        change_schedule(
            due, recipients=[ana, vera], language="fr", rule="FREQ=MONTHLY;BYMONTHDAY=22"
        )

        with time_machine.travel(NOW + timedelta(days=2), tick=False):
            work_off()

        told = {each.to[0]: each for each in mail.outbox}
        assert (
            told["ana@acme.example"].subject
            == "Acme: Bericht für die Geschäftsleitung, 22. März 2026"
        )
        assert told["vera@acme.example"].subject == "Acme: Board report, 22 March 2026"
        assert BoardReport.objects.get().snapshot["language"] == "fr"

    def test_quiet_hours_hold_and_a_digest_does_not_swallow_it(self, due, ana, organization):
        choose(
            Membership.objects.get(user=ana),
            events=[],
            rhythm="weekly",
            timezone="Europe/Berlin",
            quiet_from=time(12),
            quiet_to=time(18),
        )

        work_off()

        delivery = Delivery.objects.get(user=ana)
        assert (delivery.state, delivery.digest) == ("waiting", False)
        assert delivery.due_at == datetime(2026, 3, 21, 17, tzinfo=UTC)


class TestFailures:
    def test_a_report_that_cannot_be_made_is_told_on_the_schedules_page(
        self, due, login, ana, monkeypatch
    ):
        def refuse(*_args, **_kwargs):
            raise board.Unprintable("no such font")

        monkeypatch.setattr(boards, "board_pdf", refuse)
        work_off()

        page = login(ana).get(reverse("admin:reports_reportschedule_change", args=[due.pk]))
        assert mail.outbox == []
        assert days(due) == [(date(2026, 3, 21), "failed"), (date(2026, 3, 28), "planned")]
        assert "no such font" in page.content.decode()

    def test_a_mail_that_was_refused_is_told_there_too(self, due, login, ana, settings):
        with SmtpSink() as sink:
            use(settings, sink)
            sink.replies["vera@acme.example"] = "550 unknown"
            work_off()

        page = login(ana).get(reverse("admin:reports_reportschedule_change", args=[due.pk]))
        assert sink.recipients == ["ana@acme.example"]
        assert 'data-mail="failed"' in page.content.decode()
        assert "SMTPRecipientsRefused 550" in page.content.decode()

    def test_a_worker_that_dies_leaves_the_day_as_it_was(self, due, monkeypatch):
        def die(*_args, **_kwargs):
            raise RuntimeError("killed")

        (pk,) = reports_waiting(at=timezone.now())
        with monkeypatch.context() as patched:
            patched.setattr(schedules, "_plan_next", die)
            with pytest.raises(RuntimeError):
                advance(pk)
        assert days(due) == [(date(2026, 3, 21), "planned")]

        work_off()

        assert len(mail.outbox) == 2
        assert BoardReport.objects.count() == 1


def use(settings, sink):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False


def together(step):
    """Two workers do the same at the same moment, each over a connection of its own."""
    start = threading.Barrier(2)

    def work():
        try:
            start.wait(10)
            step()
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


@pytest.mark.django_db(transaction=True)
def test_two_claimers_at_once_make_one_report_and_send_one_mail(organization, ana, settings):
    schedule = weekly(organization, ana)
    schedule.occurrences.update(due_at=timezone.now() - timedelta(minutes=1), day="2026-03-21")
    (pk,) = reports_waiting(at=timezone.now())
    with SmtpSink() as sink:
        use(settings, sink)
        sink.pause = 0.2
        together(lambda: advance(pk))
        together(lambda: [render_board_report(due) for due in reports_due(at=timezone.now())])
        together(lambda: advance(pk))
        together(send_due_deliveries)

    assert sink.recipients == ["ana@acme.example"]
    assert [part.get_content_type() for part in sink.mails[0].iter_attachments()] == [
        "application/pdf"
    ]
    assert BoardReport.objects.count() == Notification.objects.count() == 1


def _page(name, schedule):
    return reverse(f"admin:reports_reportschedule_{name}", args=[schedule.pk])


@pytest.mark.django_db
class TestMaking:
    def test_what_cannot_be_is_refused_by_field(self, organization, ana, carl):
        for field, users, values in (
            ("rule", [ana], {"rule": "every day"}),
            ("rule", [ana], {"rule": "FREQ=HOURLY"}),
            ("local_hour", [ana], {"local_hour": 24}),
            ("language", [ana], {"language": "xx"}),
            ("recipients", [ana, carl], {}),
            ("recipients", [], {}),
        ):
            with pytest.raises(ValidationError) as refused:
                weekly(organization, *users, **values)
            assert list(refused.value.message_dict) == [field], (field, values)
        assert not ReportSchedule.objects.exists()

    def test_a_lead_sets_one_up_and_changes_who_gets_it(self, login, ana, vera, organization):
        client = login(ana)
        members = {m.user_id: m.pk for m in Membership.objects.all()}
        form = {
            "organization": organization.pk,
            "name": "Board",
            "rule": "FREQ=MONTHLY;BYMONTHDAY=1",
            "starts_on": "2026-01-01",
            "local_hour": "7",
            "language": "en",
            "recipients": [members[ana.pk]],
        }

        made = client.post(reverse("admin:reports_reportschedule_add"), form)
        schedule = ReportSchedule.objects.get()
        edit = reverse("admin:reports_reportschedule_edit", args=[schedule.pk])
        client.post(edit, {**form, "recipients": [members[vera.pk]]})
        page = client.get(made.url).content.decode()

        assert (schedule.created_by, schedule.attach) == (ana, False)
        assert [row.user for row in ReportRecipient.objects.all()] == [vera]
        assert 'data-state="planned"' in page
        assert "Vera" in page
        kinds = list(events_of(ReportRecipient).order_by("pgh_id").values_list("pgh_label", "user"))
        assert kinds == [("insert", ana.pk), ("delete", ana.pk), ("insert", vera.pk)]

    @pytest.mark.parametrize(
        ("typed", "kept", "wrong"),
        [
            ({"often": "FREQ=WEEKLY;BYDAY=MO"}, "FREQ=WEEKLY;BYDAY=MO", []),
            ({"rule": "FREQ=MONTHLY;BYDAY=1TU"}, "FREQ=MONTHLY;BYDAY=1TU", []),
            ({"often": "FREQ=WEEKLY;BYDAY=MO", "rule": "FREQ=YEARLY"}, None, ["rule"]),
            ({}, None, ["rule"]),
            ({"often": "FREQ=HOURLY"}, None, ["often"]),
            ({"rule": "often"}, None, ["rule"]),
        ],
    )
    def test_how_often_is_chosen_or_written(self, login, ana, organization, typed, kept, wrong):
        form = {
            "organization": organization.pk,
            "name": "Board",
            "starts_on": "2026-01-01",
            "local_hour": "7",
            "language": "en",
            "recipients": [Membership.objects.get(user=ana).pk],
            **typed,
        }

        answer = login(ana).post(reverse("admin:reports_reportschedule_add"), form)

        assert list(ReportSchedule.objects.values_list("rule", flat=True)) == ([kept] * bool(kept))
        assert wrong == (list(answer.context["form"].errors) if answer.context else [])

    @pytest.mark.parametrize(
        ("rule", "often", "own"),
        [
            ("FREQ=MONTHLY;BYMONTHDAY=1", "FREQ=MONTHLY;BYMONTHDAY=1", ""),
            ("FREQ=MONTHLY;BYDAY=1TU", "", "FREQ=MONTHLY;BYDAY=1TU"),
        ],
    )
    def test_its_form_shows_a_common_rule_as_a_choice(
        self, login, ana, organization, rule, often, own
    ):
        schedule = weekly(organization, ana, rule=rule)

        form = login(ana).get(_page("edit", schedule)).context["form"]

        assert (form["often"].value() or "", form["rule"].value()) == (often, own)

    def test_viewers_and_outsiders_change_nothing(self, login, ana, vera, carl, organization):
        schedule = weekly(organization, ana)

        answers = [
            login(user).post(_page(name, schedule), {"sure": "on"}).status_code
            for user in (vera, carl)
            for name in ("edit", "end")
        ]

        assert answers == [404] * 4

    def test_a_lead_ends_one_for_good(self, login, ana, organization):
        schedule, client = weekly(organization, ana), login(ana)

        unsure = client.post(_page("end", schedule), {})
        schedule.refresh_from_db()
        before = schedule.ended_at
        client.post(_page("end", schedule), {"sure": "on"})
        page = client.get(_page("change", schedule)).content.decode()
        again = client.post(_page("end", schedule), {"sure": "on"}).content.decode()
        schedule.refresh_from_db()

        assert (unsure.status_code, before) == (200, None)
        assert schedule.ended_at is not None
        assert days(schedule) == []
        assert "data-ended" in page
        assert "data-edit" not in page
        assert "This schedule has ended" in again

    def test_the_service_names_who_is_no_member(self, organization, ana, carl):
        with pytest.raises(ValidationError) as refused:
            weekly(organization, ana, carl)

        assert refused.value.message_dict == {
            "recipients": ["No member of this organisation: Carl."]
        }


def test_the_tasks_do_the_same(due, monkeypatch):
    monkeypatch.setattr(
        tasks.advance_report, "apply_async", lambda args, **_: tasks.advance_report(*args)
    )
    tasks.work_off_schedules()
    tasks.plan_reports()

    assert ScheduledReport.objects.filter(state="made").count() == 1
