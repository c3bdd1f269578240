"""Links other than an invitation's own: those that lost their meaning, and those to results."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization, OrganizationScopedQuerySet
from surveys.models.waves import Wave


class RetiredLink(models.Model):
    """A link that a newer one took the place of. It knows its wave, not whose it was."""

    token_hash = models.CharField(max_length=64, primary_key=True, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    wave = models.ForeignKey(Wave, models.CASCADE, related_name="retired_links")

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("retired link")

    def __str__(self) -> str:
        return f"{self.wave_id}"


class ResultsLink(models.Model):
    """The address of a wave's results for those who were asked: one for all, no log-in.

    It opens nothing but what was released, so the token itself is kept: results mails are
    written after the wave's secret is gone.
    """

    wave = models.OneToOneField(Wave, models.CASCADE, primary_key=True, related_name="results_link")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    token = models.CharField(max_length=43, unique=True, editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.wave_id}"

    @property
    def path(self) -> str:
        return reverse("surveys:results", args=[self.token])
