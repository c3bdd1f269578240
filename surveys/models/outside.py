"""Surveys that somebody else ran: imported, released through the same gate, never asked again."""

import uuid
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization, OrganizationScopedQuerySet


class OutsideWaveQuerySet(OrganizationScopedQuerySet):
    def answers_due_to_go(self, *, at: datetime) -> Self:
        """Waves whose raw answers have been kept for as long as they may be."""
        return self.filter(answers_deleted_at=None, answers_kept_until__lte=at)


class OutsideWave(models.Model):
    """One round of an outside survey; its key is the file's, its thresholds are those of then."""

    class Shape(models.TextChoices):
        TREE = "tree", _("one tree")
        TAGS = "tags", _("overlapping tags")

    organization = models.ForeignKey(
        Organization,
        models.CASCADE,
        related_name="outside_waves",
        db_index=False,
        verbose_name=_("organisation"),
    )
    key = models.CharField(_("wave"), max_length=200)
    shape = models.CharField(_("groups"), max_length=4, choices=Shape)
    k = models.PositiveSmallIntegerField(_("smallest group shown"), default=5)
    imported_at = models.DateTimeField(_("imported at"))
    answers_kept_until = models.DateTimeField(_("answers kept until"))
    answers_deleted_at = models.DateTimeField(_("answers deleted at"), null=True)

    objects = OutsideWaveQuerySet.as_manager()

    class Meta:
        verbose_name = _("outside survey")
        verbose_name_plural = _("outside surveys")
        ordering = ["organization", "key"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="outside_wave_once"),
            models.CheckConstraint(condition=Q(k__gte=3), name="outside_wave_k_above_floor"),
            models.CheckConstraint(
                condition=Q(shape__in=["tree", "tags"]), name="outside_wave_shape_known"
            ),
            models.CheckConstraint(
                condition=Q(answers_kept_until__gt=F("imported_at")),
                name="outside_wave_keeps_answers_for_a_time",
            ),
        ]
        indexes = [
            # The daily look for answers to delete: answers_due_to_go().
            models.Index(
                fields=["answers_kept_until"],
                name="outside_wave_answers_due",
                condition=Q(answers_deleted_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.key


class OutsideItem(models.Model):
    """One item of an outside wave and the scale it was answered on."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    wave = models.ForeignKey(OutsideWave, models.CASCADE, related_name="items", db_index=False)
    key = models.CharField(_("item"), max_length=60)
    minimum = models.SmallIntegerField(_("lowest answer"))
    maximum = models.SmallIntegerField(_("highest answer"))
    reverse = models.BooleanField(_("reverse"), default=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        ordering = ["wave", "key"]
        constraints = [
            models.UniqueConstraint(fields=["wave", "key"], name="outside_item_once"),
            models.CheckConstraint(
                condition=Q(maximum__gt=F("minimum")), name="outside_item_scale_rises"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class OutsideGroup(models.Model):
    """A group of an outside wave: a node of its tree, or a tag. Its place never changes."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    wave = models.ForeignKey(OutsideWave, models.CASCADE, related_name="groups", db_index=False)
    key = models.CharField(_("group"), max_length=120)
    # Empty: right below everybody.
    parent_key = models.CharField(_("part of"), max_length=120, blank=True)
    eligible = models.PositiveIntegerField(_("people asked"), null=True)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        ordering = ["wave", "key"]
        constraints = [
            models.UniqueConstraint(fields=["wave", "key"], name="outside_group_once"),
            models.CheckConstraint(
                condition=~Q(parent_key=F("key")), name="outside_group_not_its_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class OutsideResponse(models.Model):
    """One respondent's answers; read by the release alone, deleted with the ledger.

    `respondent` is an HMAC under the wave's own secret. An item in neither `answers` nor
    `not_applicable` was left open.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    wave = models.ForeignKey(OutsideWave, models.CASCADE, related_name="responses", db_index=False)
    respondent = models.BinaryField(max_length=32, editable=False)
    groups = ArrayField(models.CharField(max_length=100), default=list)
    answers = models.JSONField(default=dict)
    not_applicable = ArrayField(models.CharField(max_length=60), default=list)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["wave", "respondent"], name="outside_response_once")
        ]

    def __str__(self) -> str:
        return f"{self.wave_id}"
