"""What replays need not do again: a cache, and nothing but a cache."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from maturity.models.tenancy import Organization, OrganizationScopedQuerySet


class ReplayCheckpoint(models.Model):
    """What the checks remembered after one month, for the next evaluation to go on from.

    It holds only while `digest` is that of everything known before `period_end`, which is worked
    out anew each time. Deleting the rows costs time and changes no verdict.
    """

    # The constraint below starts with the organisation.
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    period_end = models.DateField(_("period end"))
    digest = models.CharField(max_length=64)
    # JSON texts: the order of their keys is part of what is remembered, jsonb would lose it.
    memories = ArrayField(models.TextField(), verbose_name=_("memories"))

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("replay checkpoint")
        verbose_name_plural = _("replay checkpoints")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "period_end"], name="replay_checkpoint_once_per_month"
            )
        ]

    def __str__(self) -> str:
        return f"{self.period_end:%Y-%m-%d}"
