"""Targets: which level a capability is to reach, by when, and who stands for it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from maturity.models.captures import captured
from maturity.models.immutability import append_only
from maturity.models.people import Unit
from maturity.models.rubric_uses import uses_of_capabilities
from maturity.models.rubrics import Capability
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet

# Free text that names somebody: erase_person() looks here.
PERSONAL = ("owner",)


class Target(models.Model):
    """One version of a target. A unit without its own has its organisation's.

    Without a level it takes the earlier one back: then the default counts again.
    """

    PERSONAL: ClassVar = PERSONAL

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="targets")
    capability = models.ForeignKey(
        Capability, models.PROTECT, related_name="+", verbose_name=_("capability")
    )
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("unit")
    )
    level = models.PositiveSmallIntegerField(_("target level"), null=True, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    owner = models.CharField(_("owner"), max_length=200, blank=True)
    reason = models.TextField(_("reason"), max_length=2000)
    valid_from = models.DateField(_("true from"))
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
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ["capability", "-valid_from", "-recorded_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(level=None, due_on=None)
                | Q(level__isnull=False, level__gte=1, level__lte=5, due_on__isnull=False),
                name="target_level_1_to_5_with_date",
                violation_error_message=_("A target is a level from 1 to 5 with a date."),
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="target_has_reason"),
        ]
        indexes = [
            # selectors.targets: the version in force per scope and capability.
            models.Index(
                fields=["organization", "unit", "capability", "-valid_from", "-recorded_at"],
                name="target_in_force",
            )
        ]
        triggers = [
            *append_only("target_append_only", personal=PERSONAL),
            *captured("targets"),
            uses_of_capabilities("target"),
        ]

    def __str__(self) -> str:
        return f"{self.capability_id}: {self.level}"
