"""The groups a wave may tell of, as they stood when it opened."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization, OrganizationScopedQuerySet
from maturity.models.immutability import append_only
from surveys.models.waves import Wave


class WaveGroup(models.Model):
    """One group of the people a wave asked, of k of them or more; never changes after opening.

    The organisation (its PMs) and its units form one tree. Audiences and languages are cuts of
    their own through the same people; their keys have a prefix, so that no unit has them.
    """

    class Kind(models.TextChoices):
        ORGANIZATION = "organization", _("organisation")
        UNIT = "unit", _("unit")
        AUDIENCE = "audience", _("audience")
        LANGUAGE = "language", _("language")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    wave = models.ForeignKey(Wave, models.CASCADE, related_name="groups", db_index=False)
    key = models.CharField(_("key"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    parent = models.ForeignKey(
        "self", models.CASCADE, related_name="children", null=True, db_index=False
    )
    name = models.CharField(_("name"), max_length=200)
    eligible = models.PositiveIntegerField(_("people asked"))

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("reporting group")
        verbose_name_plural = _("reporting groups")
        ordering = ["wave", "kind", "name", "key"]
        constraints = [
            # Also how a wave's groups are found: groups_of().
            models.UniqueConstraint(fields=["wave", "key"], name="wave_group_once"),
            models.CheckConstraint(
                condition=Q(kind="unit", parent__isnull=False)
                | Q(kind__in=["organization", "audience", "language"], parent=None),
                name="wave_group_only_units_have_parents",
            ),
            models.CheckConstraint(
                condition=~Q(parent=F("id")), name="wave_group_not_its_own_parent"
            ),
            models.CheckConstraint(condition=Q(eligible__gte=3), name="wave_group_above_floor"),
        ]
        triggers = append_only("wave_group_append_only")

    def __str__(self) -> str:
        return self.name
