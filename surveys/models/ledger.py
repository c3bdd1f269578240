"""Who stands behind published figures: read by the gate alone, deleted with the raw answers."""

from django.db import models
from django.db.models import Q

from maturity.models import Organization, OrganizationScopedQuerySet
from surveys.models.releases import Release


class LedgerSecret(models.Model):
    """Turns the answers of one release's survey into the names the ledger keeps.

    Without it the ledger cannot be read. One per survey; it goes with the raw answers.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    wave = models.OneToOneField(
        "surveys.Wave", models.CASCADE, related_name="ledger_secret", null=True
    )
    outside = models.OneToOneField(
        "surveys.OutsideWave", models.CASCADE, related_name="ledger_secret", null=True
    )
    secret = models.BinaryField(max_length=32, editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(wave=None) ^ Q(outside=None), name="ledger_secret_of_one_survey"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class LedgerEntry(models.Model):
    """The people behind one kind of published figure of one item in one group.

    `members` are HMACs under the survey's secret, sorted, 16 bytes each.
    """

    class Figure(models.TextChoices):
        VALUE = "value"
        DETAIL = "detail"
        CONCERNED = "concerned"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    # Also how the gate finds a survey's entries.
    release = models.ForeignKey(Release, models.CASCADE, related_name="ledger")
    item_key = models.CharField(max_length=60, blank=True)
    figure = models.CharField(max_length=9, choices=Figure)
    members = models.BinaryField(editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(figure__in=["value", "detail", "concerned"]),
                name="ledger_entry_figure_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.release_id} {self.item_key}"
