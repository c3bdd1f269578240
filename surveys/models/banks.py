"""What can be asked: published question banks, immutable like the rubric."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from maturity.models.immutability import frozen_when_published, part_of_published
from surveys.banks import BankRules


class BankVersionQuerySet(models.QuerySet["BankVersion"]):
    def in_force(self) -> Self:
        """Published and not retired, the newest first."""
        return self.filter(published_at__isnull=False, retired_at=None).order_by(
            "-published_at", "-id"
        )


class BankVersion(models.Model):
    """One published version of a question bank; a wave points at its version for ever."""

    key = models.SlugField(_("key"), max_length=60)
    version = models.CharField(_("version"), max_length=20)
    language = models.CharField(_("language"), max_length=12)
    digest = models.CharField(max_length=64, editable=False)
    # Scales, instruments and rules as they stood in the file; read them by definition().
    content = models.JSONField(default=dict, editable=False)
    published_at = models.DateTimeField(_("published at"), null=True, editable=False)
    retired_at = models.DateTimeField(_("retired at"), null=True, editable=False)

    objects = BankVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question bank")
        verbose_name_plural = _("question banks")
        ordering = ["key", "-published_at"]
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="bank_version_unique"),
            models.CheckConstraint(
                condition=Q(retired_at=None) | Q(published_at__isnull=False),
                name="bank_version_retired_after_published",
            ),
        ]
        triggers = frozen_when_published("bank_version_frozen", mutable=("retired_at",))

    def __str__(self) -> str:
        return f"{self.key} {self.version}"

    def definition(self) -> BankRules:
        """The bank's scales, instruments and rules, validated again on the way out."""
        return BankRules.model_validate(self.content)


class Question(models.Model):
    """One item of a bank version, in the words people see."""

    class Scale(models.TextChoices):
        AGREE = "agree5", _("agreement, 1 to 5")
        RECOMMEND = "recommend11", _("recommendation, 0 to 10")
        HOURS = "hours", _("hours")
        TEXT = "text", _("text")

    bank = models.ForeignKey(BankVersion, models.CASCADE, related_name="questions")
    key = models.CharField(_("key"), max_length=40)
    position = models.PositiveSmallIntegerField(_("position"))
    text = models.TextField(_("text"))
    scale = models.CharField(_("scale"), max_length=11, choices=Scale)
    reverse = models.BooleanField(_("reverse"), default=False)
    direction = models.CharField(_("better"), max_length=4, default="up")
    audiences = ArrayField(models.CharField(max_length=60), verbose_name=_("audiences"))
    area = models.CharField(_("area"), max_length=60, blank=True)
    benefit = models.CharField(_("benefit"), max_length=60, blank=True)
    pitfall = models.CharField(_("pitfall"), max_length=60, blank=True)
    outcome = models.CharField(_("outcome"), max_length=60, blank=True)
    pulse = models.BooleanField(_("in the pulse"), default=False)
    optional = models.BooleanField(_("optional"), default=False)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["bank", "position"]
        constraints = [
            models.UniqueConstraint(fields=["bank", "key"], name="question_key_unique"),
            models.UniqueConstraint(fields=["bank", "position"], name="question_position_unique"),
            models.CheckConstraint(
                condition=Q(scale__in=["agree5", "recommend11", "hours", "text"]),
                name="question_scale_known",
            ),
            models.CheckConstraint(
                condition=Q(reverse=False) | Q(scale="agree5"),
                name="question_only_ratings_reversed",
            ),
            models.CheckConstraint(
                condition=Q(direction__in=["up", "down"]), name="question_direction_known"
            ),
        ]
        triggers = [
            part_of_published(
                "question_frozen", parent_table="surveys_bankversion", parent_column="bank_id"
            )
        ]

    def __str__(self) -> str:
        return self.key
