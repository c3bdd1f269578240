"""What an opened wave asks, and whom where not everybody is asked everything."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization, OrganizationScopedQuerySet
from maturity.models.immutability import append_only
from surveys.models.banks import Question
from surveys.models.waves import Wave
from surveys.planning import SMALLEST_BLOCK


class WaveItem(models.Model):
    """One question of an opened wave, at its place.

    `groups`: whom it is put to where the wave shares its questions out, as labels of the PMs'
    invitations; null: everybody. `asked`: how many people that is.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    wave = models.ForeignKey(Wave, models.CASCADE, related_name="items")
    question = models.ForeignKey(Question, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    groups = ArrayField(models.CharField(max_length=60, blank=True), null=True, editable=False)
    asked = models.PositiveIntegerField(_("people asked"), null=True, editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        ordering = ["wave", "position"]
        constraints = [
            models.UniqueConstraint(fields=["wave", "question"], name="wave_item_asked_once"),
            models.UniqueConstraint(fields=["wave", "position"], name="wave_item_position_unique"),
            # What few people are asked would tell them from all others.
            models.CheckConstraint(
                condition=Q(groups=None, asked=None)
                | Q(groups__len__gte=1, asked__gte=SMALLEST_BLOCK),
                name="wave_item_shared_among_enough",
            ),
        ]
        triggers = append_only("wave_item_append_only")

    def __str__(self) -> str:
        return f"{self.position}"
