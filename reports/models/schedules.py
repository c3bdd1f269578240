"""Board reports that come by themselves: how often, to whom, and what became of each day."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from maturity.models import Notification, Organization, OrganizationScopedQuerySet, User
from maturity.models.history import tracked
from maturity.models.languages import is_spoken
from maturity.models.lines import LineField
from reports.models.boards import BoardReport
from surveys.models.series import validate_rule


class ReportScheduleQuerySet(OrganizationScopedQuerySet):
    def running(self) -> Self:
        return self.filter(paused=False, ended_at=None)

    def with_outcome(self) -> Self:
        """Annotate which day comes next, when, and how many reports failed, in the same query."""
        planned = Q(occurrences__state=ScheduledReport.State.PLANNED)
        failed = Q(occurrences__state=ScheduledReport.State.FAILED)
        return self.annotate(
            next_day=Min("occurrences__day", filter=planned),
            next_due_at=Min("occurrences__due_at", filter=planned),
            failures=Count("occurrences", filter=failed),
        )


@tracked(editors="reports:read")
class ReportSchedule(models.Model):
    """When one organisation's board report is made and mailed. Rules name days, as a series' do."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="report_schedules")
    name = LineField(_("name"), max_length=100)
    rule = models.CharField(_("recurrence"), max_length=200, validators=[validate_rule])
    starts_on = models.DateField(_("first day"))
    local_hour = models.PositiveSmallIntegerField(
        _("hour"), default=8, validators=[MaxValueValidator(23)]
    )
    language = models.CharField(_("language"), max_length=10, default="en", validators=[is_spoken])
    attach = models.BooleanField(_("with the PDF attached"), default=True)
    paused = models.BooleanField(_("paused"), default=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )

    objects = ReportScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = _("schedule of reports")
        verbose_name_plural = _("schedules of reports")
        ordering = ["organization", "name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(local_hour__lt=24), name="report_schedule_hour_of_a_day"
            )
        ]

    def __str__(self) -> str:
        return self.name


@tracked(editors="reports:read")
class ReportRecipient(models.Model):
    """One account that a schedule mails to, for as long as it is a member there."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    schedule = models.ForeignKey(
        ReportSchedule, models.CASCADE, related_name="recipients", db_index=False
    )
    user = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("member"))

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("recipient of reports")
        verbose_name_plural = _("recipients of reports")
        ordering = ["schedule", "user"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "user"], name="report_recipient_once")
        ]

    def __str__(self) -> str:
        return str(self.user)


class ScheduledReportQuerySet(OrganizationScopedQuerySet):
    def planned(self) -> Self:
        return self.filter(state=ScheduledReport.State.PLANNED)

    def waiting(self, *, at: datetime) -> Self:
        """What a worker can take a step further: its hour has come, or its report is made."""
        due = Q(state=ScheduledReport.State.PLANNED, due_at__lte=at)
        made = Q(state=ScheduledReport.State.MADE) & ~Q(report__state=BoardReport.State.QUEUED)
        return self.filter(due | made).order_by("due_at", "pk")


class ScheduledReport(models.Model):
    """One day of a schedule: planned, then frozen in a report, then told to its recipients."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        MADE = "made", _("being made")
        TOLD = "told", _("sent out")
        FAILED = "failed", _("failed")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    schedule = models.ForeignKey(ReportSchedule, models.CASCADE, related_name="occurrences")
    day = models.DateField(_("day"))
    due_at = models.DateTimeField(_("due at"))
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.PLANNED)
    report = models.OneToOneField(BoardReport, models.CASCADE, null=True, related_name="+")
    notification = models.OneToOneField(Notification, models.CASCADE, null=True, related_name="+")
    failure = models.TextField(_("failed because"), blank=True)

    objects = ScheduledReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("scheduled report")
        verbose_name_plural = _("scheduled reports")
        ordering = ["schedule", "-day"]
        constraints = [
            # However many claimers there are, a day is reported once.
            models.UniqueConstraint(fields=["schedule", "day"], name="scheduled_report_once"),
            models.UniqueConstraint(
                fields=["schedule"],
                condition=Q(state="planned"),
                name="scheduled_report_one_ahead",
            ),
            models.CheckConstraint(
                condition=Q(state="planned", report=None, notification=None, failure="")
                | Q(state="made", report__isnull=False, notification=None, failure="")
                | Q(state="told", report__isnull=False, notification__isnull=False, failure="")
                | Q(state="failed", report__isnull=False, notification=None) & ~Q(failure=""),
                name="scheduled_report_state_tells_one_story",
            ),
        ]
        indexes = [
            # services.schedules: what a worker takes next.
            models.Index(
                fields=["due_at"],
                name="scheduled_report_waiting",
                condition=Q(state__in=["planned", "made"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id}, {self.day}"
