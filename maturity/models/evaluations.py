"""What was concluded: evaluations with their verdicts."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from maturity.insights.disclosure import disclosed
from maturity.models.captures import captured_of_period
from maturity.models.immutability import append_only
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet


class Evaluation(models.Model):
    """One run of all checks over complete periods that end at `period_end`.

    The inputs are append-only, so (`period_end`, `known_at`, `thresholds_version`) is the
    input snapshot: reading the facts as known at `known_at` gives them again, and
    `facts_digest` (SHA-256) proves it.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="evaluations")
    period_end = models.DateField(_("period end"))
    known_at = models.DateTimeField(_("inputs known at"), null=True)
    thresholds_version = models.CharField(_("thresholds"), max_length=40)
    facts_digest = models.CharField(_("facts digest"), max_length=64)
    computed_at = models.DateTimeField(_("computed at"))

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        ordering = ["-period_end", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "period_end", "thresholds_version", "facts_digest"],
                name="evaluation_once_per_inputs",
            )
        ]
        triggers = append_only("evaluation_append_only")

    def __str__(self) -> str:
        return f"{self.period_end:%Y-%m-%d}"


class VerdictRecord(models.Model):
    """What one check concluded in one evaluation."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    evaluation = models.ForeignKey(
        Evaluation, models.CASCADE, related_name="verdicts", verbose_name=_("evaluation")
    )
    kind = models.CharField(_("kind"), max_length=10)
    key = models.CharField(_("key"), max_length=40)
    state = models.CharField(_("state"), max_length=20)
    severity = models.CharField(_("severity"), max_length=6, null=True)  # noqa: DJ001
    confidence = models.FloatField(_("confidence"), null=True)
    evidence = models.JSONField(_("evidence"), default=dict)
    missing = ArrayField(models.TextField(), default=list, verbose_name=_("missing"))
    message = models.TextField(_("evidence text"), blank=True)
    # The same for any language (insights/phrases.py); none of what was judged before there were.
    words = models.JSONField(default=list, blank=True, editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("verdict")
        verbose_name_plural = _("verdicts")
        ordering = ["evaluation", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["evaluation", "kind", "key"], name="verdict_once_per_check"
            ),
            models.CheckConstraint(
                condition=Q(severity=None) | Q(severity__in=["low", "medium", "high"]),
                name="verdict_severity_known",
            ),
        ]
        triggers = [
            *append_only("verdict_append_only"),
            *captured_of_period(
                "signs",
                "maturity_verdictrecord",
                only="n.kind IN ('sign', 'readiness')",
                same=("kind", "key"),
                says=("state", "missing"),
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def standing(self) -> dict[str, Any]:
        """State, severity and since when, also where the last periods could not be judged."""
        evidence = self.evidence if isinstance(self.evidence, dict) else {}
        known = evidence.get("last_known")
        if isinstance(known, dict):
            return known
        return {"state": self.state, "severity": self.severity, "on": evidence.get("since")}

    @property
    def shown_evidence(self) -> dict[str, Any]:
        """The figures as people may see them: counts under k are bands."""
        shown: dict[str, Any] = disclosed(self.evidence)
        return shown

    def as_dict(self) -> dict[str, Any]:
        """The verdict as `evaluate --json` prints it."""
        return {
            "kind": self.kind,
            "key": self.key,
            "state": self.state,
            "severity": self.severity,
            "confidence": self.confidence,
            "evidence": self.evidence,
            "missing": self.missing,
            "message": self.message,
        }
