"""What is to be told to whom: rows first, so that nothing is lost and nothing is told twice."""

import uuid
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from maturity.models.endpoints import Endpoint
from maturity.models.history import tracked
from maturity.models.immutability import append_only
from maturity.models.tenancy import (
    Organization,
    OrganizationScopedQuerySet,
    User,
    validate_timezone,
)


class Event(models.TextChoices):
    """What people and systems can be told of. The values are public and never reused."""

    FINDING_RAISED = "finding.raised", _("A pitfall was raised")
    FINDING_SEVERITY_RISEN = "finding.severity_risen", _("A finding became more severe")
    FINDING_REOPENED = "finding.reopened", _("A finding was reopened")
    FINDING_RESOLVED = "finding.resolved", _("A finding was resolved")
    FINDING_SNOOZE_ENDED = "finding.snooze_ended", _("A snoozed finding came back")
    INITIATIVE_OVERDUE = "initiative.overdue", _("An initiative is overdue")
    WAVE_CLOSED = "wave.closed", _("A survey wave was closed")
    RESULTS_RELEASED = "wave.results_released", _("Survey results were released")
    ENDPOINT_DISABLED = "endpoint.disabled", _("A channel was switched off after failures")


# Told to whom a lead chose: none of the events that members and channels choose among.
REPORT_SCHEDULED = "report.scheduled"


class Notification(models.Model):
    """One thing that happened, in words for people and as data for systems.

    Neither carries anything about a person. `key` makes telling the same thing twice one row.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="notifications")
    event = models.CharField(_("event"), max_length=40, choices=Event)
    key = models.CharField(max_length=100)
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text"), blank=True)
    path = models.CharField(_("page"), max_length=300, blank=True)
    data = models.JSONField(_("data"), default=dict, blank=True)
    at = models.DateTimeField(_("at"))

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "event", "key"], name="notification_once"
            ),
        ]
        triggers = append_only("notification_append_only")

    def __str__(self) -> str:
        return self.title


@tracked()
class NotificationChoice(models.Model):
    """What one member wants to hear of one organisation, how and when. Without a row: DEFAULT."""

    class Rhythm(models.TextChoices):
        EACH = "each", _("Each by itself, at once")
        DAILY = "daily", _("One mail a day")
        WEEKLY = "weekly", _("One mail a week")
        NEVER = "never", _("Nothing")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(
        User, models.CASCADE, related_name="notification_choices", verbose_name=_("user")
    )
    events = ArrayField(models.CharField(max_length=40, choices=Event), verbose_name=_("events"))
    rhythm = models.CharField(_("rhythm"), max_length=6, choices=Rhythm, default=Rhythm.EACH)
    timezone = models.CharField(
        _("time zone"), max_length=60, default="UTC", validators=[validate_timezone]
    )
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_to = models.TimeField(_("quiet to"), null=True, blank=True)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification choice")
        verbose_name_plural = _("notification choices")
        ordering = ["organization", "user"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"], name="notification_choice_once"
            ),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_to=None)
                | Q(quiet_from__isnull=False, quiet_to__isnull=False)
                & ~Q(quiet_from=models.F("quiet_to")),
                name="notification_choice_quiet_has_two_ends",
                violation_error_message=_("Give both ends of the quiet hours, or none."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.rhythm}"


class DeliveryQuerySet(OrganizationScopedQuerySet):
    def due(self, *, at: datetime) -> Self:
        """What has to leave at that moment and no living worker holds."""
        unclaimed = Q(claimed_until=None) | Q(claimed_until__lte=at)
        return self.filter(unclaimed, state=Delivery.State.WAITING, due_at__lte=at)


class Delivery(models.Model):
    """One notification on its way to one person or one endpoint; the row is the queue.

    A worker claims it for a while; when that worker dies the claim runs out and another one
    takes over. The pk is the message's id for the receiver, the same at every attempt.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")
        DROPPED = "dropped", _("not wanted any more")

    id = models.UUIDField(_("ID"), primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    notification = models.ForeignKey(Notification, models.CASCADE, related_name="deliveries")
    user = models.ForeignKey(User, models.CASCADE, related_name="+", null=True)
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries", null=True)
    digest = models.BooleanField(_("in a digest"), default=False)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    due_at = models.DateTimeField(_("due at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    failure = models.CharField(_("last failure"), max_length=200, blank=True)
    claim = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-due_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["notification", "user", "endpoint"],
                nulls_distinct=False,
                name="delivery_once",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False, endpoint=None)
                | Q(user=None, endpoint__isnull=False, digest=False),
                name="delivery_one_receiver",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | Q(state__in=["waiting", "failed", "dropped"], sent_at=None),
                name="delivery_sent_iff_timestamped",
            ),
            models.CheckConstraint(
                condition=Q(claim=None, claimed_until=None)
                | Q(claim__isnull=False, claimed_until__isnull=False),
                name="delivery_claim_has_lease",
            ),
        ]
        indexes = [
            # services.deliveries claims what is due, every five seconds.
            models.Index(fields=["due_at"], name="delivery_due", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class DeliveryAttempt(models.Model):
    """One try at one delivery: the log that a receiver's operator asks for."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="log")
    at = models.DateTimeField(_("at"))
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    failure = models.CharField(_("failure"), max_length=200, blank=True)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["delivery", "id"]
        triggers = append_only("delivery_attempt_append_only")

    def __str__(self) -> str:
        return self.failure or f"{self.status or _('sent')}"
