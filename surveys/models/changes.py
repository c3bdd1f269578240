"""How an item moved from one wave to the next, worked out once at closing."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization, OrganizationScopedQuerySet
from maturity.models.immutability import append_only
from surveys.models.releases import Release, ReleasedCell


class ReleasedChange(models.Model):
    """The change of one item or index in one group since the wave that asked it before.

    Only where both waves show the group and asked the same question on the same scale of the
    same mix of languages. `difference` and its 90 % interval are fractions favourable, or steps
    of the scale for a mean; `verdict` is the rule of the question bank, not significance.
    """

    class Measure(models.TextChoices):
        FAVOURABLE = "favourable", _("favourable share")
        MEAN = "mean", _("mean")

    class Verdict(models.TextChoices):
        BETTER = "better", _("better")
        WORSE = "worse", _("worse")
        UNCLEAR = "unclear", _("no clear change")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    release = models.ForeignKey(Release, models.CASCADE, related_name="changes", db_index=False)
    since = models.ForeignKey(Release, models.CASCADE, related_name="+", db_index=False)
    group_key = models.CharField(_("group"), max_length=120)
    kind = models.CharField(_("kind"), max_length=8, choices=ReleasedCell.Kind)
    key = models.CharField(_("item or area"), max_length=60)
    measure = models.CharField(_("measure"), max_length=10, choices=Measure)
    difference = models.FloatField(_("difference"))
    low = models.FloatField()
    high = models.FloatField()
    # NULL where the rows of either wave are gone, or were never comparable one by one.
    cliffs_delta = models.FloatField(_("Cliff's delta"), null=True)
    p = models.FloatField(_("permutation p"), null=True)
    is_paired = models.BooleanField(_("of the same people"), default=False)
    verdict = models.CharField(_("verdict"), max_length=7, choices=Verdict)
    # More than a fifth of the people asked are others; NULL where nobody knows who was asked.
    different_people = models.BooleanField(_("different people"), null=True)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["release", "group_key", "kind", "key"]
        constraints = [
            # Also how a release's changes are found.
            models.UniqueConstraint(
                fields=["release", "group_key", "kind", "key"], name="released_change_once"
            ),
            models.CheckConstraint(
                condition=Q(low__lte=F("difference"), high__gte=F("difference")),
                name="released_change_within_its_interval",
            ),
            models.CheckConstraint(
                condition=~Q(release=F("since")), name="released_change_between_two_releases"
            ),
        ]
        triggers = append_only("released_change_append_only")

    def __str__(self) -> str:
        return f"{self.group_key} {self.key}: {self.verdict}"
