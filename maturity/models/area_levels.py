"""Where each area stands now: written down with whatever changes it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from maturity.models.captures import captured
from maturity.models.people import Unit
from maturity.models.rubrics import Area
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet


class AreaLevelRecord(models.Model):
    """One area of one scope as it stands today; without a unit it is the whole organisation's.

    `is_current`: the scope was judged last by this area's rubric. `changed_at` is the record's
    moment at which it last became another one.
    """

    class State(models.TextChoices):
        LEVEL = "level", _("Level")
        INCOMPLETE = "incomplete", _("Incomplete")
        NOT_APPLICABLE = "not_applicable", _("Not applicable")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+", null=True)
    area = models.ForeignKey(Area, models.CASCADE, related_name="+", db_index=False)
    state = models.CharField(_("state"), max_length=14, choices=State)
    level = models.PositiveSmallIntegerField(_("level"), null=True)
    target = models.PositiveSmallIntegerField(_("target level"), null=True)
    assessed = models.PositiveSmallIntegerField(_("assessed"))
    applicable = models.PositiveSmallIntegerField(_("applicable"))
    unknown = models.PositiveSmallIntegerField(_("unknown"))
    is_current = models.BooleanField()
    valid_from = models.DateField(_("true from"))
    changed_at = models.DateTimeField(_("changed at"))

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("area level")
        verbose_name_plural = _("area levels")
        ordering = ["organization", "unit", "area"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "unit", "area"],
                nulls_distinct=False,
                name="area_level_once_per_scope",
            ),
            models.CheckConstraint(
                condition=Q(state="level", level__gte=1, level__lte=5, level__isnull=False)
                | Q(state__in=["incomplete", "not_applicable"], level=None),
                name="area_level_iff_state",
            ),
        ]
        triggers = captured("area_levels")

    def __str__(self) -> str:
        return f"{self.area_id}: {self.level or self.state}"
