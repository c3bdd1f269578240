"""Board reports: a frozen snapshot, the file that was rendered from it, and how they look."""

from datetime import datetime
from typing import Self

import pgtrigger
from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization, OrganizationScopedQuerySet
from maturity.models.history import tracked

HOUSE_COLOUR = "#0b5c6b"


@tracked(hidden=("logo",))
class Brand(models.Model):
    """How an organisation's reports look: its colour, and its logo as PNG or JPEG."""

    organization = models.OneToOneField(Organization, models.CASCADE, related_name="brand")
    colour = models.CharField(
        _("colour"),
        max_length=7,
        default=HOUSE_COLOUR,
        validators=[RegexValidator("^#[0-9a-fA-F]{6}$", _("Write a colour as #rrggbb."))],
    )
    logo = models.BinaryField(_("logo"), null=True, editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("look of reports")
        verbose_name_plural = _("look of reports")
        constraints = [
            models.CheckConstraint(
                condition=Q(colour__regex="^#[0-9a-fA-F]{6}$"), name="brand_colour_is_rgb"
            )
        ]

    def __str__(self) -> str:
        return self.colour


class BoardReportQuerySet(OrganizationScopedQuerySet):
    def due(self, *, at: datetime) -> Self:
        """Waiting, or under a lease that ran out; the oldest first."""
        free = Q(claimed_until=None) | Q(claimed_until__lte=at)
        return self.filter(free, state=BoardReport.State.QUEUED).order_by("created_at", "pk")

    def claim(self, pk: int, *, at: datetime, until: datetime) -> bool:
        """Take one due report. False means that another worker got there first."""
        return self.due(at=at).order_by().filter(pk=pk).update(claimed_until=until) == 1


class BoardReport(models.Model):
    """One board report. What it says, and how it looks, is frozen when it is asked for."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Being made")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="board_reports")
    as_of = models.DateField(_("as of"))
    known_at = models.DateTimeField(_("as known at"))
    # reports.selectors.board: {"title": …, "areas": [{"name", "level", "target", …}], …}
    snapshot = models.JSONField(editable=False)
    colour = models.CharField(max_length=7, editable=False)
    logo = models.BinaryField(null=True, editable=False)
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.QUEUED)
    claimed_until = models.DateTimeField(null=True, editable=False)
    pdf = models.BinaryField(null=True, editable=False)
    # SHA-256 (hexadecimal) of the file: rendered again it is the same.
    digest = models.CharField(_("SHA-256"), max_length=64, blank=True, editable=False)
    failure = models.TextField(_("failed because"), blank=True, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("asked for"), default=timezone.now, editable=False)

    objects = BoardReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("board report")
        verbose_name_plural = _("board reports")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="queued", pdf=None, digest="", failure="")
                | Q(state="ready", pdf__isnull=False, failure="", claimed_until=None)
                & ~Q(digest="")
                | Q(state="failed", pdf=None, digest="", claimed_until=None) & ~Q(failure=""),
                name="board_report_state_tells_one_story",
            )
        ]
        indexes = [
            # services.boards: what a worker claims next.
            models.Index(
                fields=["created_at"], name="board_report_due", condition=Q(state="queued")
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="board_report_frozen",
                fields=["organization", "as_of", "known_at", "snapshot", "colour", "logo"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.organization}, {self.as_of}"

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.QUEUED

    @property
    def file_name(self) -> str:
        return f"{self.organization.slug}-board-{self.as_of}"
