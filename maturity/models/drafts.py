"""Drafts of assessments: outside the record until they are submitted."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from maturity.models.assessments import Assessment
from maturity.models.people import Unit
from maturity.models.rubrics import RubricVersion
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet


class AssessmentDraft(models.Model):
    """A sheet that is being filled in; saved as it grows and gone when it is submitted.

    `values`: {capability key: {"state", "level", "checks", "claim_reason", "evidence" (ids),
    "evidence_kind", "evidence_ref", "evidence_date", "note", "exempt_until", "confirmed"}}.
    `version` grows with every save: who saves on top of another's version is told.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="drafts")
    rubric = models.ForeignKey(RubricVersion, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", null=True, blank=True)
    valid_from = models.DateField(_("true from"))
    round_key = models.CharField(_("round"), max_length=60, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    values = models.JSONField(default=dict)
    # What carrying forward started from; the diff compares with it.
    carried = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("author")
    )
    # The record's moment that the author saw.
    seen = models.DateTimeField(null=True)
    # The submission that was refused and has become this draft, and why.
    refused = models.ForeignKey(
        Assessment, models.CASCADE, null=True, editable=False, related_name="drafts"
    )
    refusal = models.TextField(_("why it was refused"), max_length=2000, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    saved_at = models.DateTimeField(_("saved at"), default=timezone.now, editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft of an assessment")
        verbose_name_plural = _("drafts of assessments")
        ordering = ["-saved_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(refused=None, refusal="") | Q(refused__isnull=False) & ~Q(refusal=""),
                name="draft_refused_iff_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.valid_from:%Y-%m-%d}"
