"""Who is asked, and every mail that has to leave. Nothing here tells what anybody answered."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization, OrganizationScopedQuerySet, Person
from surveys.models.waves import Wave


class Invitation(models.Model):
    """One person's place in one wave. `responded` is shown to nobody.

    The link's token is HMAC(wave secret, id and link number); only its SHA-256 is kept.
    `audience`, `group` (a unit's key) and `language` are the labels a response may carry: no
    combination of them is that of fewer than k people. `shown_in` is the language the person is
    written to and asked in.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("valid")
        REVOKED = "revoked", _("revoked")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    wave = models.ForeignKey(Wave, models.CASCADE, related_name="invitations", db_index=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    audience = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=12, blank=True)
    shown_in = models.CharField(max_length=12, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.ACTIVE)
    # How often the link was replaced; part of what the token is made of.
    link_number = models.PositiveSmallIntegerField(default=0)
    group = models.CharField(max_length=60, blank=True)
    responded = models.BooleanField(default=False)
    token_hash = models.CharField(max_length=64, unique=True)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["wave", "person"], name="invitation_once_per_person"),
            models.CheckConstraint(
                condition=Q(state__in=["active", "revoked"]),
                name="invitation_state_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.wave_id}"


class MessageQuerySet(OrganizationScopedQuerySet):
    def due(self, *, at: datetime) -> Self:
        """What has to be sent at that moment and no living worker holds."""
        unclaimed = Q(claimed_until=None) | Q(claimed_until__lte=at)
        return self.filter(unclaimed, state=Message.State.WAITING, due_at__lte=at)


class Message(models.Model):
    """One mail to one person; the row is the queue.

    Reminders stand here for everybody from the opening on, and go at closing: neither a row
    nor its state says who has answered.

    A worker claims it for a while (`claim`, `claimed_until`); when that worker dies the claim
    runs out and another one takes over. The pk makes the Message-ID, so a mail that left
    twice can be seen to be the same.
    """

    class Kind(models.TextChoices):
        INVITATION = "invitation", _("Invitation")
        REMINDER = "reminder", _("Reminder")
        EXTENSION = "extension", _("Longer open")
        RESULTS = "results", _("Results")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")
        DROPPED = "dropped", _("not sent, no longer wanted")
        # A reminder whose time has come, whether a mail left or the person had answered.
        DONE = "done", _("done")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    wave = models.ForeignKey(
        Wave, models.CASCADE, related_name="messages", db_index=False, verbose_name=_("wave")
    )
    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    number = models.PositiveSmallIntegerField(_("number"), default=1)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    due_at = models.DateTimeField(_("due at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    failure = models.CharField(_("last failure"), max_length=200, blank=True)
    claim = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("survey mail")
        verbose_name_plural = _("survey mails")
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["wave", "person", "kind", "number"], name="message_once"
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | Q(state__in=["waiting", "failed", "dropped", "done"], sent_at=None),
                name="message_sent_iff_timestamped",
            ),
            models.CheckConstraint(
                condition=Q(claim=None, claimed_until=None)
                | Q(claim__isnull=False, claimed_until__isnull=False),
                name="message_claim_has_lease",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["invitation", "reminder", "extension", "results"]),
                name="message_kind_known",
            ),
            # A reminder goes to the silent alone: how it fared must not tell who they are.
            models.CheckConstraint(
                condition=Q(kind="reminder", state__in=["waiting", "done"], attempts=0, failure="")
                | Q(~Q(kind="reminder"), state__in=["waiting", "sent", "failed", "dropped"]),
                name="message_reminder_tells_nothing",
            ),
        ]
        indexes = [
            # Beat asks every five seconds: MessageQuerySet.due().
            models.Index(fields=["due_at"], name="message_due", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"
