"""Why the unit tree changed, and which unit took over from which."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models.immutability import append_only
from maturity.models.people import Unit
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet


class UnitChange(models.Model):
    """One unit was moved, merged, split or closed from a day on, and who said so why.

    A merge or split has one row for each unit that took over.
    """

    class Kind(models.TextChoices):
        MOVED = "moved", _("Moved")
        MERGED = "merged", _("Merged")
        SPLIT = "split", _("Split")
        CLOSED = "closed", _("Closed")

    PERSONAL: ClassVar = ("reason",)

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="changes")
    kind = models.CharField(_("what happened"), max_length=6, choices=Kind)
    successor = models.ForeignKey(
        Unit, models.CASCADE, related_name="+", null=True, verbose_name=_("taken over by")
    )
    effective_on = models.DateField(_("from"))
    reason = models.TextField(_("reason"), max_length=2000)
    recorded_at = models.DateTimeField(_("recorded at"), editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit change")
        verbose_name_plural = _("unit changes")
        ordering = ["-recorded_at", "-id"]
        constraints = [
            # What a unit was merged or split into took over; a move has no successor.
            models.CheckConstraint(
                condition=Q(kind__in=["merged", "split"], successor__isnull=False)
                | Q(kind__in=["moved", "closed"], successor=None),
                name="unit_change_successor_if_any",
            ),
            models.CheckConstraint(
                condition=Q(successor=None) | ~Q(successor=F("unit")),
                name="unit_change_not_its_own_successor",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="unit_change_has_reason"),
        ]
        indexes = [
            # selectors.successions(): who took over, as known at a moment.
            models.Index(fields=["organization", "recorded_at"], name="unit_change_known_at"),
        ]
        triggers = append_only("unit_change_append_only", personal=("reason",))

    def __str__(self) -> str:
        return f"{self.unit_id} {self.kind} {self.effective_on}"
