"""What maturity is measured against. Versions are immutable once published."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, IntegerField, Q, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from maturity.models.history import tracked
from maturity.models.immutability import frozen_when_published, part_of_published
from maturity.models.rubric_uses import uses_of_rubrics
from maturity.models.tenancy import Organization
from maturity.rubrics import CONTEXT, DEFAULT_PACK


class RubricVersionQuerySet(models.QuerySet["RubricVersion"]):
    def in_force(self, *, at: datetime | None = None) -> Self:
        """Published and not retired (None: by now), by pack, the newest version first."""
        if at is None:
            rows = self.filter(published_at__isnull=False, retired_at=None)
        else:
            rows = self.filter(Q(retired_at=None) | Q(retired_at__gt=at), published_at__lte=at)
        parts = Func("version", Value("."), function="string_to_array")
        number = Cast(parts, ArrayField(IntegerField()))
        return rows.order_by("key", number.desc(), "-id")

    def used_by(self, organization: Organization, *, at: datetime | None = None) -> Self:
        """What new assessments of an organisation may be judged against, the newest first."""
        return self.in_force(at=at).filter(key=organization.rubric_key or DEFAULT_PACK)


@tracked(only=("id", "key", "version", "language", "published_at", "retired_at"))
class RubricVersion(models.Model):
    """One published version of a rubric pack; an assessment points at its version for ever."""

    key = models.SlugField(_("key"), max_length=60)
    version = models.CharField(_("version"), max_length=20)
    language = models.CharField(_("language"), max_length=12)
    digest = models.CharField(_("digest"), max_length=64, editable=False)
    # The pack's rules (scale, evidence, aggregation) as they stood in the file.
    rules = models.JSONField(default=dict, editable=False)
    published_at = models.DateTimeField(_("published at"), null=True, editable=False)
    retired_at = models.DateTimeField(_("retired at"), null=True, editable=False)

    objects = RubricVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("rubric version")
        verbose_name_plural = _("rubric versions")
        ordering = ["key", "-published_at"]
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="rubric_version_unique"),
            # in_force() sorts by the three numbers.
            models.CheckConstraint(
                condition=Q(version__regex=r"^\d{1,6}\.\d{1,6}\.\d{1,6}$"),
                name="rubric_version_three_numbers",
            ),
            models.CheckConstraint(
                condition=Q(retired_at=None) | Q(published_at__isnull=False),
                name="rubric_version_retired_after_published",
            ),
        ]
        triggers = [
            *frozen_when_published("rubric_version_frozen", mutable=("retired_at",)),
            uses_of_rubrics(),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.version}"

    def is_in_force(self, *, at: datetime) -> bool:
        return self.published_at is not None and (self.retired_at is None or self.retired_at > at)


class Area(models.Model):
    """One of the areas product operations works in."""

    rubric = models.ForeignKey(RubricVersion, models.CASCADE, related_name="areas")
    key = models.SlugField(_("key"), max_length=60)
    name = models.CharField(_("name"), max_length=120)
    purpose = models.TextField(_("purpose"))
    survey_items = ArrayField(models.CharField(max_length=40), default=list)
    position = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("area")
        verbose_name_plural = _("areas")
        ordering = ["rubric", "position"]
        constraints = [
            models.UniqueConstraint(fields=["rubric", "key"], name="area_key_unique"),
            models.UniqueConstraint(fields=["rubric", "position"], name="area_position_unique"),
        ]
        triggers = [
            part_of_published(
                "area_frozen", parent_table="maturity_rubricversion", parent_column="rubric_id"
            )
        ]

    def __str__(self) -> str:
        return pgettext(CONTEXT, self.name)


class Capability(models.Model):
    """Something an area must be able to do; the unit that gets a level."""

    rubric = models.ForeignKey(RubricVersion, models.CASCADE, related_name="capabilities")
    area = models.ForeignKey(Area, models.CASCADE, related_name="capabilities")
    key = models.SlugField(_("key"), max_length=60)
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"))
    owner_role = models.CharField(_("owner role"), max_length=120)
    evidence = ArrayField(models.TextField(), default=list)
    position = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("capability")
        verbose_name_plural = _("capabilities")
        ordering = ["rubric", "position"]
        constraints = [
            models.UniqueConstraint(fields=["rubric", "key"], name="capability_key_unique"),
            models.UniqueConstraint(
                fields=["rubric", "position"], name="capability_position_unique"
            ),
        ]
        triggers = [
            part_of_published(
                "capability_frozen",
                parent_table="maturity_rubricversion",
                parent_column="rubric_id",
            )
        ]

    def __str__(self) -> str:
        return pgettext(CONTEXT, self.name)


class CapabilityLevel(models.Model):
    """What a capability looks like at one level, and the checks that show it."""

    rubric = models.ForeignKey(RubricVersion, models.CASCADE, related_name="levels")
    capability = models.ForeignKey(Capability, models.CASCADE, related_name="levels")
    level = models.PositiveSmallIntegerField(_("level"))
    label = models.CharField(_("label"), max_length=40)
    looks_like = models.TextField(_("looks like"))
    checks = ArrayField(models.TextField(), default=list)

    class Meta:
        verbose_name = _("capability level")
        verbose_name_plural = _("capability levels")
        ordering = ["capability", "level"]
        constraints = [
            models.UniqueConstraint(fields=["capability", "level"], name="capability_level_unique"),
            models.CheckConstraint(
                condition=Q(level__gte=1, level__lte=5), name="capability_level_1_to_5"
            ),
        ]
        triggers = [
            part_of_published(
                "capability_level_frozen",
                parent_table="maturity_rubricversion",
                parent_column="rubric_id",
            )
        ]

    def __str__(self) -> str:
        return f"{self.level} {pgettext(CONTEXT, self.label)}"
