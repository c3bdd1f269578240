"""What links the answers of one person over the waves of a confidential series."""

from django.db import models

from maturity.models import Organization, OrganizationScopedQuerySet
from surveys.models.series import Series


class SeriesSecret(models.Model):
    """Made when a confidential series opens its first wave, deleted when the series ends.

    With it a person's link can be made again; without it a link is a number like any other.
    """

    series = models.OneToOneField(Series, models.CASCADE, primary_key=True, related_name="secret")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    secret = models.BinaryField(max_length=32, editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.series_id}"
