"""Schedules of board reports: planned a day ahead as rows, frozen when due, mailed once made.

Each step is one transaction under the schedule's row lock, so that a worker that dies leaves the
row as it was and two of them take a step once. Mails are deliveries as all others are: leased,
retried, and dropped where the member left or stopped them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from maturity.models import Notification, Organization, User
from maturity.models.notifications import REPORT_SCHEDULED
from maturity.services.attachments import Attachment
from maturity.services.notifications import notify_members
from maturity.services.titles import title_to_store
from reports.errors import ScheduleEnded
from reports.models import BoardReport, ReportRecipient, ReportSchedule, ScheduledReport
from reports.services.boards import refuse_far_off, request_board_report
from surveys.planning import Recurrence, local_instant

# What mail servers and phones take without a thought; a larger report is behind its link.
MOST_ATTACHED_BYTES = 1_000_000

State = ScheduledReport.State


@transaction.atomic
def create_schedule(
    organization: Organization, *, recipients: Iterable[User], by: User | None, **values: Any
) -> ReportSchedule:
    """Set up a schedule and plan its first report. Raises ValidationError naming the field."""
    schedule = ReportSchedule(organization=organization, created_by=by)
    return _write(schedule, values, recipients)


@transaction.atomic
def change_schedule(
    schedule: ReportSchedule, *, recipients: Iterable[User] | None = None, **values: Any
) -> ReportSchedule:
    """Change a schedule and plan anew; what was reported stays reported.

    Without `recipients` they stay who they were. Raises ScheduleEnded; ValidationError naming
    the field.
    """
    return _write(_running(schedule), values, recipients)


@transaction.atomic
def end_schedule(schedule: ReportSchedule) -> ReportSchedule:
    """End a schedule for good: nothing is planned any more. Raises ScheduleEnded.

    A report that is being made is still told of.
    """
    schedule = _running(schedule)
    schedule.ended_at = timezone.now()
    schedule.save(update_fields=["ended_at"])
    schedule.occurrences.planned().delete()
    return schedule


def plan_all(*, now: datetime | None = None) -> None:
    """Bring what is planned up to date with rules and clocks."""
    for pk in ReportSchedule.objects.running().values_list("pk", flat=True):
        plan_schedule(pk, now=now)


@transaction.atomic
def plan_schedule(schedule_id: int, *, now: datetime | None = None) -> None:
    """Write down the next report of a schedule. One that is due stays: it is made late."""
    now = now or timezone.now()
    schedule = _locked(schedule_id)
    if schedule is None or schedule.paused or schedule.ended_at:
        return
    planned = schedule.occurrences.planned().first()
    if planned is None or planned.due_at > now:
        _plan_next(schedule, now=now)


def reports_waiting(*, at: datetime) -> list[int]:
    """Ids of scheduled reports that a worker can take a step further."""
    return list(ScheduledReport.objects.waiting(at=at).values_list("pk", flat=True)[:100])


@transaction.atomic
def advance(scheduled_id: int) -> bool:
    """Freeze a report whose hour has come, or tell of one that is made.

    False where there is nothing to do, or another worker is at it.
    """
    now = timezone.now()
    known = ScheduledReport.objects.filter(pk=scheduled_id).values_list("schedule", flat=True)
    schedule = _locked(known.first(), skip_locked=True)
    if schedule is None:
        return False
    rows = ScheduledReport.objects.waiting(at=now).filter(pk=scheduled_id)
    row = rows.select_related("report").defer("report__pdf", "report__logo").first()
    if row is None:
        return False
    row.schedule = schedule
    return _freeze(row, now=now) if row.report is None else _tell(row, row.report)


def attached(notification: Notification) -> Iterable[Attachment]:
    """The PDF of a report that is told of, where the schedule wants it and it is small."""
    row = (
        ScheduledReport.objects.filter(notification=notification, schedule__attach=True)
        .select_related("report__organization")
        .first()
    )
    report = None if row is None else row.report
    if report is None or report.pdf is None or len(report.pdf) > MOST_ATTACHED_BYTES:
        return
    yield Attachment(f"{report.file_name}.pdf", bytes(report.pdf), "application/pdf")


def _running(schedule: ReportSchedule) -> ReportSchedule:
    """The schedule, its row locked. Raises ScheduleEnded."""
    locked = ReportSchedule.objects.select_for_update(no_key=True, of=("self",))
    found: ReportSchedule = locked.get(pk=schedule.pk)
    if found.ended_at:
        raise ScheduleEnded(_("This schedule has ended. Set up a new one."))
    return found


def _write(
    schedule: ReportSchedule, values: dict[str, Any], recipients: Iterable[User] | None
) -> ReportSchedule:
    for name, value in values.items():
        setattr(schedule, name, value)
    schedule.full_clean()
    refuse_far_off(starts_on=schedule.starts_on)
    chosen = None if recipients is None else _members_of(schedule.organization_id, recipients)
    schedule.save()
    if chosen is not None:
        _set_recipients(schedule, chosen)
    schedule.occurrences.planned().delete()
    if not schedule.paused:
        _plan_next(schedule, now=timezone.now())
    return schedule


def _members_of(organization_id: int, recipients: Iterable[User]) -> set[int]:
    """Their ids. Raises ValidationError naming who is no member, or where nobody is chosen."""
    chosen = {user.pk: user for user in recipients}
    members = User.objects.filter(
        memberships__organization=organization_id, is_active=True, pk__in=chosen
    )
    strangers = chosen.keys() - set(members.values_list("pk", flat=True))
    if strangers:
        names = ", ".join(sorted(str(chosen[pk]) for pk in strangers))
        message = _("No member of this organisation: %(names)s.") % {"names": names}
        raise ValidationError({"recipients": message})
    if not chosen:
        raise ValidationError({"recipients": _("Choose members of this organisation.")})
    return set(chosen)


def _set_recipients(schedule: ReportSchedule, chosen: set[int]) -> None:
    """Only what differs is written, so that the history says what was changed."""
    before = set(schedule.recipients.values_list("user", flat=True))
    schedule.recipients.filter(user__in=before - chosen).delete()
    for pk in sorted(chosen - before):
        ReportRecipient.objects.create(
            organization_id=schedule.organization_id, schedule=schedule, user_id=pk
        )


def _locked(schedule_id: int | None, *, skip_locked: bool = False) -> ReportSchedule | None:
    rows = ReportSchedule.objects.select_for_update(
        no_key=True, of=("self",), skip_locked=skip_locked
    )
    found: ReportSchedule | None = (
        rows.select_related("organization", "created_by").filter(pk=schedule_id).first()
    )
    return found


def _plan_next(schedule: ReportSchedule, *, now: datetime) -> None:
    """The first day of the rule whose hour is still to come, and that is not reported yet."""
    done = schedule.occurrences.exclude(state=State.PLANNED).aggregate(last=Max("day"))["last"]
    for day in Recurrence.parse(schedule.rule).days(schedule.starts_on, after=done):
        due_at = local_instant(day, schedule.local_hour, schedule.organization.zone)
        if due_at > now:
            schedule.occurrences.planned().exclude(day=day).delete()
            ScheduledReport.objects.update_or_create(
                schedule=schedule,
                day=day,
                defaults={"due_at": due_at, "organization_id": schedule.organization_id},
            )
            return
    schedule.occurrences.planned().delete()


def _freeze(row: ScheduledReport, *, now: datetime) -> bool:
    """Ask for the report of the day, which a worker renders, and plan the next one."""
    schedule = row.schedule
    due_at = local_instant(row.day, schedule.local_hour, schedule.organization.zone)
    if due_at > now:  # the organisation moved to another zone since it was planned
        row.due_at = due_at
        row.save(update_fields=["due_at"])
        return False
    row.report = request_board_report(
        schedule.organization, by=schedule.created_by, as_of=row.day, language=schedule.language
    )
    row.state = State.MADE
    row.save(update_fields=["report", "state"])
    _plan_next(schedule, now=now)
    return True


def _tell(row: ScheduledReport, report: BoardReport) -> bool:
    if report.state == BoardReport.State.FAILED:
        row.state, row.failure = State.FAILED, report.failure
        row.save(update_fields=["state", "failure"])
        return True
    schedule = row.schedule
    data = {"report_id": report.pk, "day": row.day.isoformat()}
    row.notification = notify_members(
        schedule.organization,
        User.objects.filter(pk__in=schedule.recipients.values("user")),
        REPORT_SCHEDULED,
        key=str(row.pk),
        title=title_to_store(REPORT_SCHEDULED, data),
        text="\n".join(report.snapshot["summary"]),
        path=reverse("admin:reports_boardreport_change", args=[report.pk]),
        data=data,
    )
    row.state = State.TOLD
    row.save(update_fields=["notification", "state"])
    return True
