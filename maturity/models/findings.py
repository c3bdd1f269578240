"""Pitfalls that were raised: what people do about each, and how it went on."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from maturity.models.captures import captured
from maturity.models.checked import Checked
from maturity.models.evaluations import VerdictRecord
from maturity.models.immutability import append_only
from maturity.models.keys import ApiKey
from maturity.models.people import Unit
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet, User


class FindingQuerySet(OrganizationScopedQuerySet):
    def open(self) -> Self:
        """What wants somebody's attention: neither put aside nor over."""
        return self.filter(state__in=Finding.ATTENTION)

    def standing(self) -> Self:
        """What the pitfall has not cleared of, whatever people did about it."""
        return self.filter(resolved_at=None)

    def snooze_over(self, *, at: datetime) -> Self:
        return self.filter(state=Finding.State.SNOOZED, snoozed_until__lte=at)


class Finding(Checked):
    """A pitfall that was raised; it stands until the pitfall clears. Unknown never resolves it.

    People acknowledge, snooze and dismiss; the engine alone opens and resolves. `version`
    grows with every change of state, severity or owner, so that nobody overwrites what he
    has not seen.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        SNOOZED = "snoozed", _("Snoozed")
        DISMISSED = "dismissed", _("Dismissed")
        RESOLVED = "resolved", _("Resolved")

    class Severity(models.TextChoices):
        LOW = "low", _("low")
        MEDIUM = "medium", _("medium")
        HIGH = "high", _("high")

    ATTENTION = (State.OPEN, State.ACKNOWLEDGED)

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="findings")
    # Without a unit it is about the whole organisation.
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="findings", null=True, blank=True, verbose_name=_("unit")
    )
    key = models.CharField(_("pitfall"), max_length=40)
    severity = models.CharField(_("severity"), max_length=6, choices=Severity)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.OPEN)
    # The newest verdict on it; of a dismissed one also the verdict that was dismissed.
    verdict = models.ForeignKey(VerdictRecord, models.PROTECT, related_name="+")
    dismissed_verdict = models.ForeignKey(
        VerdictRecord, models.PROTECT, related_name="+", null=True, editable=False
    )
    opened_on = models.DateField(_("raised on"))
    opened_at = models.DateTimeField(_("recorded at"))
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, editable=False)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, editable=False)
    owner = models.ForeignKey(
        User, models.SET_NULL, related_name="+", null=True, blank=True, verbose_name=_("owner")
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "key", "unit"],
                condition=Q(resolved_at=None),
                nulls_distinct=False,
                name="finding_one_open_per_pitfall",
            ),
            models.CheckConstraint(
                condition=Q(severity__in=["low", "medium", "high"]), name="finding_severity_known"
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None) | Q(resolved_at__gte=models.F("opened_at")),
                name="finding_resolved_after_opened",
            ),
            # State and what belongs to it tell one story, or the row is refused.
            models.CheckConstraint(
                condition=Q(
                    state="resolved",
                    resolved_at__isnull=False,
                    snoozed_until=None,
                    dismissed_verdict=None,
                )
                | Q(
                    state="snoozed",
                    resolved_at=None,
                    snoozed_until__isnull=False,
                    dismissed_verdict=None,
                )
                | Q(
                    state="dismissed",
                    resolved_at=None,
                    snoozed_until=None,
                    dismissed_verdict__isnull=False,
                )
                | Q(
                    state__in=["open", "acknowledged"],
                    resolved_at=None,
                    snoozed_until=None,
                    dismissed_verdict=None,
                ),
                name="finding_state_tells_one_story",
            ),
        ]
        indexes = [
            # services.lifecycle.end_snoozes(), every half minute.
            models.Index(
                fields=["snoozed_until"], condition=Q(state="snoozed"), name="finding_snooze_ends"
            ),
        ]
        triggers = captured("findings")

    def __str__(self) -> str:
        return self.key


class FindingTransition(models.Model):
    """One step of a finding's history. Without a user and a key the engine took it."""

    class Kind(models.TextChoices):
        RAISED = "raised", _("Raised")
        SEVERITY = "severity", _("Severity changed")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        SNOOZED = "snoozed", _("Snoozed")
        SNOOZE_ENDED = "snooze_ended", _("Snooze ended")
        DISMISSED = "dismissed", _("Dismissed")
        REOPENED = "reopened", _("Reopened")
        RESOLVED = "resolved", _("Resolved")
        ASSIGNED = "assigned", _("Assigned")

    # Free text that may be somebody's name: an erasure blanks it.
    PERSONAL: ClassVar = ("reason",)

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    finding = models.ForeignKey(Finding, models.CASCADE, related_name="transitions")
    kind = models.CharField(_("step"), max_length=14, choices=Kind)
    before = models.CharField(_("from"), max_length=12, blank=True)
    after = models.CharField(_("to"), max_length=12)
    reason = models.TextField(_("reason"), blank=True)
    user = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, db_index=False)
    key = models.ForeignKey(ApiKey, models.PROTECT, related_name="+", null=True, db_index=False)
    # What the step was taken upon.
    verdict = models.ForeignKey(VerdictRecord, models.PROTECT, related_name="+", db_index=False)
    # Whose it was from then on, and until when it was put aside.
    owner = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, db_index=False)
    snoozed_until = models.DateTimeField(null=True, editable=False)
    at = models.DateTimeField(_("at"))

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["finding", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None) | Q(key=None), name="finding_transition_one_actor"
            ),
            models.CheckConstraint(
                condition=~Q(kind="dismissed") | ~Q(reason=""),
                name="finding_transition_dismissal_has_reason",
            ),
        ]
        triggers = append_only("finding_transition_append_only", personal=("reason",))

    def __str__(self) -> str:
        return f"{self.kind}: {self.before} → {self.after}"

    @property
    def before_label(self) -> str:
        return _standing_label(self.before)

    @property
    def after_label(self) -> str:
        return _standing_label(self.after)


class FindingNote(models.Model):
    """One contribution to the discussion of a finding. What was said stays said."""

    PERSONAL: ClassVar = ("text",)

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    finding = models.ForeignKey(Finding, models.CASCADE, related_name="notes")
    text = models.TextField(_("note"))
    user = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    key = models.ForeignKey(
        ApiKey, models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    at = models.DateTimeField(_("at"))

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["finding", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="finding_note_says_something"),
            models.CheckConstraint(
                condition=Q(user__isnull=False) ^ Q(key__isnull=False),
                name="finding_note_one_author",
            ),
        ]
        triggers = append_only("finding_note_append_only", personal=("text",))

    def __str__(self) -> str:
        return self.text[:60]


def _standing_label(value: str) -> str:
    """A state or a severity in the reader's words."""
    return str(dict([*Finding.State.choices, *Finding.Severity.choices]).get(value, value))
