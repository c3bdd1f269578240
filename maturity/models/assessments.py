"""Assessments on the record: who judged which scope, for which round, and what became of it."""

from datetime import datetime
from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from maturity.models.history import tracked
from maturity.models.immutability import append_only, append_only_until_replaced, unless_erased
from maturity.models.people import Unit
from maturity.models.rubrics import RubricVersion
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet

# Free text that names somebody: erase_person() looks here.
PERSONAL = ("assessor",)


class AssessmentQuerySet(OrganizationScopedQuerySet):
    def standing(self, *, known_at: datetime) -> Self:
        """What was on the record at that moment and not superseded by then."""
        return self.filter(
            Q(superseded_at=None) | Q(superseded_at__gt=known_at), submitted_at__lte=known_at
        )


@tracked()
class Assessment(models.Model):
    """One judgement of an organisation, or of one unit, against one rubric version.

    Its rows are scores. It only ever moves forward: submitted, validated by somebody
    independent, superseded by another judgement of the same assessor and round or refused.
    Drafts live outside the record (AssessmentDraft).
    """

    PERSONAL: ClassVar = PERSONAL

    class Status(models.TextChoices):
        SUBMITTED = "submitted", _("Submitted")
        VALIDATED = "validated", _("Validated")
        SUPERSEDED = "superseded", _("Superseded")

    class Kind(models.TextChoices):
        JUDGEMENT = "judgement", _("Judgement")
        CONSENSUS = "consensus", _("Lower median of several assessors")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="assessments")
    rubric = models.ForeignKey(
        RubricVersion, models.PROTECT, related_name="assessments", verbose_name=_("rubric")
    )
    unit = models.ForeignKey(
        Unit,
        models.PROTECT,
        related_name="assessments",
        null=True,
        blank=True,
        help_text=_("Empty: the whole organisation."),
        verbose_name=_("unit"),
    )
    valid_from = models.DateField(_("true from"))
    # Several assessors of one scope and round are combined. Empty: one judgement a day stands.
    round_key = models.CharField(_("round"), max_length=60, blank=True, default="")
    kind = models.CharField(_("kind"), max_length=9, choices=Kind, default=Kind.JUDGEMENT)
    assessor = models.CharField(
        _("assessor"),
        max_length=200,
        blank=True,
        default="",
        help_text=_("Empty: who submitted it."),
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.SUBMITTED, editable=False
    )
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    submitted_at = models.DateTimeField(_("submitted at"), editable=False)
    validated_at = models.DateTimeField(_("validated at"), null=True, editable=False)
    superseded_at = models.DateTimeField(_("superseded at"), null=True, editable=False)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        ordering = ["-valid_from", "-submitted_at", "-id"]
        constraints = [
            # Status and timestamps tell one story, or the row is refused.
            models.CheckConstraint(
                condition=Q(status="submitted", validated_at=None, superseded_at=None)
                | Q(status="validated", validated_at__isnull=False, superseded_at=None)
                | Q(status="superseded", superseded_at__isnull=False),
                name="assessment_status_iff_timestamped",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["judgement", "consensus"]), name="assessment_kind_known"
            ),
        ]
        indexes = [
            # The dashboard's trend, newest first; services.assessments: the same round.
            models.Index(fields=["organization", "-valid_from"], name="assessment_trend"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="assessment_kept",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    IF TG_OP = 'UPDATE'
                        AND (OLD.status, NEW.status) IN (('submitted', 'validated'),
                            ('submitted', 'superseded'), ('validated', 'superseded'))
                        AND (OLD.validated_at IS NULL AND NEW.status = 'validated'
                            OR OLD.validated_at IS NOT DISTINCT FROM NEW.validated_at)
                        AND to_jsonb(NEW) - ARRAY['status', 'validated_at', 'superseded_at']
                            = to_jsonb(OLD) - ARRAY['status', 'validated_at', 'superseded_at']
                    THEN RETURN NEW; END IF;{unless_erased(personal=PERSONAL)}
                    RAISE EXCEPTION 'assessment % is on the record and never changes', OLD.id
                        USING ERRCODE = 'restrict_violation';
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.valid_from:%Y-%m-%d}"


class Validation(models.Model):
    """Somebody independent confirmed what an assessment said at that moment."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="validations")
    validated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    recorded_at = models.DateTimeField(_("recorded at"), editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("validation")
        verbose_name_plural = _("validations")
        ordering = ["assessment", "recorded_at"]
        triggers = append_only("validation_append_only")

    def __str__(self) -> str:
        return f"{self.assessment_id}: {self.recorded_at}"


class Disagreement(models.Model):
    """Assessors of one scope and round are two levels or more apart: a task until settled."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="disagreements")
    # The consensus whose lower median counts meanwhile.
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="disagreements")
    capability = models.ForeignKey("maturity.Capability", models.PROTECT, related_name="+")
    lowest = models.PositiveSmallIntegerField(_("lowest level"))
    highest = models.PositiveSmallIntegerField(_("highest level"))
    recorded_at = models.DateTimeField(_("recorded at"), editable=False)
    settled_at = models.DateTimeField(_("settled at"), null=True, editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("disagreement")
        verbose_name_plural = _("disagreements")
        ordering = ["recorded_at", "capability"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "capability"], name="disagreement_once_per_consensus"
            ),
            models.CheckConstraint(
                condition=Q(highest__gte=models.F("lowest") + 2), name="disagreement_of_two_levels"
            ),
        ]
        triggers = append_only_until_replaced(
            "disagreement_kept", mutable="settled_at", once="OLD.settled_at IS NULL"
        )

    def __str__(self) -> str:
        return f"{self.capability_id}: {self.lowest} to {self.highest}"
