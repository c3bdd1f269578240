"""Exemptions: what does not apply, for how long, who asked and who else agreed."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models.immutability import append_only
from maturity.models.people import Unit
from maturity.models.rubrics import Capability
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet


class Exemption(models.Model):
    """Somebody asked to take a capability out of one scope's denominator until a day.

    It does so only once another person approved it, from `valid_from` until `ends_on`
    (half-open).
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="exemptions")
    capability = models.ForeignKey(
        Capability, models.PROTECT, related_name="+", verbose_name=_("capability")
    )
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("unit")
    )
    reason = models.TextField(_("reason"), max_length=2000)
    valid_from = models.DateField(_("from"))
    ends_on = models.DateField(_("ends on"))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("requested by"),
    )
    recorded_at = models.DateTimeField(_("recorded at"), editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("exemption")
        verbose_name_plural = _("exemptions")
        ordering = ["-recorded_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="exemption_has_reason"),
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("valid_from")),
                name="exemption_ends_after_start",
                violation_error_message=_("The end must lie after the start."),
            ),
        ]
        triggers = append_only("exemption_append_only")

    def __str__(self) -> str:
        return f"{self.capability_id}: {self.ends_on}"


class ExemptionDecision(models.Model):
    """What another person said to an exemption; the newest decision counts."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    exemption = models.ForeignKey(Exemption, models.CASCADE, related_name="decisions")
    verdict = models.CharField(_("decision"), max_length=8, choices=Verdict)
    reason = models.TextField(_("reason"), max_length=2000, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="+"
    )
    recorded_at = models.DateTimeField(_("recorded at"), editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision on an exemption")
        verbose_name_plural = _("decisions on exemptions")
        ordering = ["exemption", "recorded_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["approved", "refused"]),
                name="exemption_decision_verdict_known",
            )
        ]
        triggers = append_only("exemption_decision_append_only")

    def __str__(self) -> str:
        return f"{self.exemption_id}: {self.verdict}"
