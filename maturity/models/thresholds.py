"""An organisation's own thresholds: versions that were switched on, and tries before that."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models.immutability import append_only
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet, User


class ThresholdsVersion(models.Model):
    """Numbers that an organisation judges by since `effective_at`, instead of some shipped ones.

    `changes` is whole: {"section.number": {"value", "source"}} against the shipped version
    `base`; empty is a return to it. A version never changes: the next one replaces it.
    """

    # Free text that may be somebody's name: an erasure blanks it.
    PERSONAL: ClassVar = ("reason",)

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="thresholds_versions"
    )
    number = models.PositiveIntegerField(_("number"))
    base = models.CharField(_("shipped version"), max_length=20)
    parent = models.ForeignKey(
        "self", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("parent")
    )
    changes = models.JSONField(_("changes"), default=dict, blank=True)
    reason = models.TextField(_("reason"))
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    effective_at = models.DateTimeField(_("in force since"))

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of thresholds")
        verbose_name_plural = _("thresholds")
        ordering = ["organization", "-number"]
        constraints = [
            # Also the reader of the newest one: selectors.thresholds.thresholds_of().
            models.UniqueConstraint(
                fields=["organization", "number"], name="thresholds_version_numbered"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="thresholds_version_has_a_reason"),
        ]
        triggers = append_only("thresholds_version_append_only", personal=("reason",))

    def __str__(self) -> str:
        return self.version

    @property
    def version(self) -> str:
        """What evaluations store; unique within the organisation."""
        return f"{self.base}-own-{self.number}"


class ThresholdsTrialQuerySet(OrganizationScopedQuerySet):
    def due(self, *, at: datetime) -> Self:
        """What has to be computed at that moment and no living worker holds."""
        unclaimed = Q(claimed_until=None) | Q(claimed_until__lte=at)
        return self.filter(unclaimed, state=ThresholdsTrial.State.WAITING)


class ThresholdsTrial(models.Model):
    """Changed numbers tried on the history, month by month; nothing is judged by them yet."""

    class State(models.TextChoices):
        WAITING = "waiting", _("being computed")
        DONE = "done", _("done")
        FAILED = "failed", _("given up")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    base = models.CharField(_("shipped version"), max_length=20)
    before = models.CharField(_("compared with"), max_length=40)
    changes = models.JSONField(_("changes"), default=dict, blank=True)
    user = models.ForeignKey(
        User, models.SET_NULL, related_name="+", null=True, verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created at"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    months_done = models.PositiveIntegerField(_("months done"), default=0)
    months_total = models.PositiveIntegerField(_("months in all"), null=True)
    result = models.JSONField(_("result"), null=True)

    objects = ThresholdsTrialQuerySet.as_manager()

    class Meta:
        verbose_name = _("try of thresholds")
        verbose_name_plural = _("tries of thresholds")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="done", result__isnull=False)
                | Q(state__in=["waiting", "failed"], result=None),
                name="thresholds_trial_done_iff_result",
            ),
            models.CheckConstraint(
                condition=Q(months_total=None) | Q(months_done__lte=F("months_total")),
                name="thresholds_trial_progress_within",
            ),
        ]
        indexes = [
            # services.thresholds claims what waits.
            models.Index(
                fields=["created_at"], name="thresholds_trial_due", condition=Q(state="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"
