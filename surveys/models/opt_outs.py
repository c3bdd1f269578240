"""Who wants no mails, and which addresses take none."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization, OrganizationScopedQuerySet, Person
from surveys.models.series import Series


class OptOutQuerySet(OrganizationScopedQuerySet):
    def covering(self, series_id: int | None) -> Self:
        """What keeps people out of this series: their word about it, or about all surveys."""
        return self.filter(Q(series=None) | Q(series=series_id, series__isnull=False))


class OptOut(models.Model):
    """One person wants no mails of a series, or, without one, of any survey.

    It says nothing about answers: it can be given before, after and without any.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, models.CASCADE, related_name="opt_outs", db_index=False)
    series = models.ForeignKey(Series, models.CASCADE, null=True, related_name="opt_outs")

    objects = OptOutQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "series"], name="opt_out_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.series_id or 'all'}"


class RefusedAddress(models.Model):
    """An address whose mail server said no for good; it gets no mail until somebody clears it.

    Only a mail that goes to everybody may write one: a reminder goes to the silent alone.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    person = models.ForeignKey(
        Person,
        models.CASCADE,
        related_name="refused_addresses",
        verbose_name=_("person"),
        db_index=False,
    )
    address = models.EmailField(_("address"))
    reason = models.CharField(_("reason"), max_length=200)
    noted_at = models.DateTimeField(_("noted at"))

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("refused address")
        verbose_name_plural = _("refused addresses")
        ordering = ["-noted_at", "-id"]
        constraints = [
            models.UniqueConstraint("person", Lower("address"), name="refused_address_once")
        ]

    def __str__(self) -> str:
        return self.address
