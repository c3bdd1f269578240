"""Scores: one capability's level on the record, corrected by later rows and never changed."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models.assessments import Assessment
from maturity.models.captures import captured
from maturity.models.evidence import Evidence
from maturity.models.immutability import append_only
from maturity.models.people import Unit
from maturity.models.rubric_uses import uses_of_capabilities
from maturity.models.rubrics import Capability
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet


class Score(models.Model):
    """One capability's level, or the reason there is none. Written once, never changed.

    `level` is what the assessor claimed; `effective_level` is what counts: at most the
    rubric's cap where the evidence that the level needs was missing or too old on
    `recorded_at`. A correction is another row that `replaces` this one and says why; one in
    the state `withdrawn` puts nothing in its place.
    """

    class State(models.TextChoices):
        ASSESSED = "assessed", _("Assessed")
        NOT_ASSESSED = "not_assessed", _("Not assessed")
        UNKNOWN = "unknown", _("Unknown")
        NOT_APPLICABLE = "not_applicable", _("Not applicable")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Basis(models.TextChoices):
        CHECKS = "checks", _("the rubric's checks")
        JUDGEMENT = "judgement", _("judgement alone")

    EvidenceKind = Evidence.Kind

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="scores")
    assessment = models.ForeignKey(
        Assessment, models.CASCADE, related_name="scores", verbose_name=_("assessment")
    )
    capability = models.ForeignKey(
        Capability, models.PROTECT, related_name="scores", verbose_name=_("capability")
    )
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="scores", null=True, blank=True, verbose_name=_("unit")
    )
    state = models.CharField(_("state"), max_length=14, choices=State)
    level = models.PositiveSmallIntegerField(_("level"), null=True, blank=True)
    effective_level = models.PositiveSmallIntegerField(
        _("effective level"), null=True, blank=True, editable=False
    )
    basis = models.CharField(_("based on"), max_length=9, choices=Basis, default=Basis.JUDGEMENT)
    # {"2": ["pass", "unknown"], …}: one answer per check of a level, in the rubric's order.
    checks = models.JSONField(_("checks"), default=dict, blank=True)
    # The highest level whose checks up to it all pass; empty where none were ticked.
    proposed_level = models.PositiveSmallIntegerField(null=True, editable=False)
    claim_reason = models.TextField(
        _("why higher than its checks"), max_length=2000, blank=True, default=""
    )
    # The evidence that speaks loudest; all of it stands in ScoreEvidence.
    evidence_kind = models.CharField(
        _("kind of evidence"), max_length=14, choices=Evidence.Kind, blank=True
    )
    evidence_ref = models.URLField(_("evidence link"), max_length=500, blank=True)
    evidence_date = models.DateField(_("observed on"), null=True, blank=True)
    evidence_count = models.PositiveSmallIntegerField(default=0, editable=False)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, editable=False, related_name="replaced_by"
    )
    reason = models.TextField(_("why it was corrected"), max_length=2000, blank=True, default="")
    valid_from = models.DateField(_("true from"), editable=False)
    recorded_at = models.DateTimeField(_("recorded at"), editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("recorded by"),
    )

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        ordering = ["assessment", "capability", "recorded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "capability"],
                condition=Q(replaces=None),
                name="score_once_per_assessment",
            ),
            # A level is 1 to 5, or there is none and the state says why.
            models.CheckConstraint(
                condition=Q(state="assessed", level__gte=1, level__lte=5, level__isnull=False)
                | Q(
                    state__in=["not_assessed", "unknown", "not_applicable", "withdrawn"],
                    level=None,
                ),
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
            # Without checks a level is marked as set alone; beyond them it gives a reason.
            models.CheckConstraint(
                condition=Q(basis="judgement", checks={}, proposed_level=None)
                | Q(basis="checks", proposed_level__gte=1, proposed_level__lte=5) & ~Q(checks={}),
                name="score_basis_iff_checks",
            ),
            models.CheckConstraint(
                condition=Q(level=None)
                | Q(proposed_level=None)
                | Q(level__lte=F("proposed_level"))
                | ~Q(claim_reason=""),
                name="score_higher_claim_has_reason",
                violation_error_message=_("Say why the level is higher than its checks."),
            ),
            models.CheckConstraint(
                condition=Q(replaces=None, reason="") & ~Q(state="withdrawn")
                | Q(replaces__isnull=False) & ~Q(reason=""),
                name="score_correction_has_reason",
                violation_error_message=_("Say why it is corrected."),
            ),
        ]
        indexes = [
            # selectors.effective_scores(): the newest row per capability and scope.
            models.Index(
                fields=["organization", "unit", "capability", "-valid_from", "-recorded_at"],
                name="score_effective",
            ),
        ]
        triggers = [
            *append_only("score_append_only"),
            *captured("scores"),
            uses_of_capabilities("score"),
            # A correction stays with the capability, scope and assessment that it corrects.
            pgtrigger.Trigger(
                name="score_replaces_its_own",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Condition("NEW.replaces_id IS NOT NULL"),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM maturity_score s WHERE s.id = NEW.replaces_id
                            AND s.assessment_id = NEW.assessment_id
                            AND s.capability_id = NEW.capability_id
                            AND s.organization_id = NEW.organization_id
                            AND s.unit_id IS NOT DISTINCT FROM NEW.unit_id
                            AND s.recorded_at < NEW.recorded_at
                    ) THEN
                        RAISE EXCEPTION 'a score replaces an earlier one of its own assessment'
                            USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.capability_id}: {self.level or self.state}"


class ScoreEvidence(models.Model):
    """One piece of evidence that a score was recorded with; no more can be added later."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    score = models.ForeignKey(Score, models.CASCADE, related_name="evidence_links")
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="score_links")

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["score", "evidence"], name="score_evidence_once")
        ]
        triggers = [
            *append_only("score_evidence_append_only"),
            pgtrigger.Trigger(
                name="score_evidence_fixed",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    IF (SELECT count(*) FROM maturity_scoreevidence
                            WHERE score_id = NEW.score_id)
                        > (SELECT evidence_count FROM maturity_score WHERE id = NEW.score_id)
                    THEN
                        RAISE EXCEPTION 'the evidence of score % was fixed when it was recorded',
                            NEW.score_id USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.score_id}: {self.evidence_id}"


class ScoreConfidence(models.Model):
    """How far a score could be relied on from one day on; written down, never computed by readers.

    It falls as evidence ages and rises only where `inputs` changed. The level never moves.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    score = models.ForeignKey(Score, models.CASCADE, related_name="confidence")
    day = models.DateField(_("from"))
    value = models.DecimalField(_("confidence"), max_digits=3, decimal_places=2)
    stale = models.BooleanField(_("stale"), default=False)
    inputs = models.JSONField(default=dict)
    recorded_at = models.DateTimeField(_("recorded at"), editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        ordering = ["score", "day", "recorded_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(value__gte=0, value__lte=1), name="score_confidence_0_to_1"
            )
        ]
        indexes = [
            # selectors.confidence: the row in force for each score.
            models.Index(fields=["score", "-day", "-recorded_at"], name="score_confidence_in_force")
        ]
        triggers = append_only("score_confidence_append_only")

    def __str__(self) -> str:
        return f"{self.score_id}: {self.value}"
