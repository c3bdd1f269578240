"""The maturity record: who judged which capability at which level, since when, and on what."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from maturity.models.changes import captured
from maturity.models.immutability import append_only, unless_erased
from maturity.models.people import Unit
from maturity.models.rubrics import Capability, RubricVersion
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet


class Assessment(models.Model):
    """One judgement of an organisation, or of one unit, against one rubric version."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        VALIDATED = "validated", _("Validated")
        SUPERSEDED = "superseded", _("Superseded")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="assessments")
    rubric = models.ForeignKey(RubricVersion, models.PROTECT, related_name="assessments")
    unit = models.ForeignKey(
        Unit,
        models.PROTECT,
        related_name="assessments",
        null=True,
        blank=True,
        help_text=_("Empty: the whole organisation."),
    )
    valid_from = models.DateField(_("true from"))
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    submitted_at = models.DateTimeField(_("submitted at"), null=True, editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        ordering = ["-valid_from", "-submitted_at", "-id"]
        constraints = [
            # Status and timestamp tell one story, or the row is refused.
            models.CheckConstraint(
                condition=Q(status="draft") ^ Q(submitted_at__isnull=False),
                name="assessment_submitted_iff_timestamped",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "submitted", "validated", "superseded"]),
                name="assessment_status_known",
            ),
        ]
        indexes = [
            # The dashboard's trend over submitted assessments, newest first.
            models.Index(
                fields=["organization", "-valid_from"],
                name="assessment_trend",
                condition=~Q(status="draft"),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="assessment_kept",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.status <> 'draft'"),
                func=f"""
                    IF TG_OP = 'UPDATE' AND NEW.status <> 'draft'
                        AND to_jsonb(NEW) - 'status' = to_jsonb(OLD) - 'status'
                    THEN RETURN NEW; END IF;{unless_erased()}
                    RAISE EXCEPTION 'assessment % is on the record and never changes', OLD.id
                        USING ERRCODE = 'restrict_violation';
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.valid_from:%Y-%m-%d}"


class Score(models.Model):
    """One capability's level, or the reason there is none. Written once, never changed.

    `level` is what the assessor claimed; `effective_level` is what counts: at most the
    rubric's cap where the evidence that the level needs was missing or too old on
    `recorded_at`.
    """

    class State(models.TextChoices):
        ASSESSED = "assessed", _("Assessed")
        NOT_ASSESSED = "not_assessed", _("Not assessed")
        UNKNOWN = "unknown", _("Unknown")
        NOT_APPLICABLE = "not_applicable", _("Not applicable")

    class EvidenceKind(models.TextChoices):
        LINK = "link", _("Link")
        DOCUMENT = "document", _("Document")
        DATASET = "dataset", _("Data set")
        SCREENSHOT = "screenshot", _("Screenshot")
        METRIC = "metric", _("Metric")
        SURVEY_ITEM = "survey_item", _("Survey item")
        INTERVIEW_NOTE = "interview_note", _("Interview note")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="scores")
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="scores")
    capability = models.ForeignKey(Capability, models.PROTECT, related_name="scores")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="scores", null=True, blank=True)
    state = models.CharField(_("state"), max_length=14, choices=State)
    level = models.PositiveSmallIntegerField(_("level"), null=True, blank=True)
    effective_level = models.PositiveSmallIntegerField(
        _("effective level"), null=True, blank=True, editable=False
    )
    evidence_kind = models.CharField(
        _("kind of evidence"), max_length=14, choices=EvidenceKind, blank=True
    )
    evidence_ref = models.URLField(_("evidence link"), max_length=500, blank=True)
    evidence_date = models.DateField(_("observed on"), null=True, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    valid_from = models.DateField(_("true from"), editable=False)
    recorded_at = models.DateTimeField(_("recorded at"), editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        ordering = ["assessment", "capability"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "capability"], name="score_once_per_assessment"
            ),
            # A level is 1 to 5, or there is none and the state says why.
            models.CheckConstraint(
                condition=Q(state="assessed", level__gte=1, level__lte=5, level__isnull=False)
                | Q(state__in=["not_assessed", "unknown", "not_applicable"], level=None),
                name="score_level_or_state",
                violation_error_message=_("Give a level from 1 to 5, or the reason for none."),
            ),
            models.CheckConstraint(
                condition=Q(level=None, effective_level=None)
                | Q(
                    level__isnull=False,
                    effective_level__isnull=False,
                    effective_level__gte=1,
                    effective_level__lte=F("level"),
                ),
                name="score_effective_level_within_level",
            ),
            # Not applicable leaves the denominator, so it must say why.
            models.CheckConstraint(
                condition=~Q(state="not_applicable") | ~Q(note=""),
                name="score_not_applicable_has_reason",
                violation_error_message=_("Say in the note why this does not apply."),
            ),
        ]
        indexes = [
            # selectors.effective_scores(): the newest row per capability and scope.
            models.Index(
                fields=["organization", "unit", "capability", "-valid_from", "-recorded_at"],
                name="score_effective",
            ),
        ]
        triggers = [*append_only("score_append_only"), *captured("scores")]

    def __str__(self) -> str:
        return f"{self.capability_id}: {self.level or self.state}"
