"""Badges and charts on other sites: what each shows, and who may frame it."""

import re
import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization, OrganizationScopedQuerySet, Unit
from maturity.models.checked import Checked
from maturity.models.history import tracked

# What a content security policy calls the site itself.
OWN_SITE = "'self'"
_HOST = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
# An origin goes into a header as it is: letters of host names, and nothing that ends a directive.
ORIGIN = re.compile(rf"\A(?:https://{_HOST}(:[0-9]{{1,5}})?|{OWN_SITE})\Z")


class EmbedQuerySet(OrganizationScopedQuerySet):
    def in_force(self) -> Self:
        return self.filter(revoked_at=None)


# The key is half of the address, and when it was last read is no change.
@tracked(hidden=("key", "last_used_on"), editors="reports:read")
class Embed(Checked):
    """One badge or chart. Whoever knows its address reads it, until it is revoked."""

    class Shows(models.TextChoices):
        AREAS = "areas", _("Badge: areas at target")
        READINESS = "readiness", _("Badge: need for product ops")
        PITFALLS = "pitfalls", _("Badge: pitfalls raised")
        RESPONSE = "response", _("Badge: response of the last survey")
        PROFILE = "profile", _("Chart: profile by area")
        TREND = "trend", _("Chart: trend over assessments")
        SURVEY = "survey", _("Chart: what PMs say")

    BADGES = (Shows.AREAS, Shows.READINESS, Shows.PITFALLS, Shows.RESPONSE)
    # What also exists of a unit.
    OF_UNITS = (Shows.AREAS, Shows.PROFILE, Shows.TREND)

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="embeds")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    shows = models.CharField(_("shows"), max_length=10, choices=Shows)
    unit = models.ForeignKey(
        Unit, models.CASCADE, related_name="+", null=True, blank=True, verbose_name=_("unit")
    )
    language = models.CharField(_("language"), max_length=10, default="en")
    name = models.CharField(_("where it stands"), max_length=100)
    origins = ArrayField(
        models.CharField(max_length=270, validators=[RegexValidator(ORIGIN)]),
        verbose_name=_("may be framed by"),
        default=list,
        blank=True,
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("revoked by"),
    )
    # To the day: whether anybody still looks, not who or when.
    last_used_on = models.DateField(_("last read on"), null=True, editable=False)

    objects = EmbedQuerySet.as_manager()

    class Meta:
        verbose_name = _("embed")
        verbose_name_plural = _("embeds")
        ordering = ["organization", "name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    shows__in=["areas", "readiness", "pitfalls", "response"], origins__len=0
                )
                | Q(shows__in=["profile", "trend", "survey"], origins__len__gt=0),
                name="embed_chart_names_who_frames_it",
            ),
            models.CheckConstraint(
                condition=Q(unit=None) | Q(shows__in=["areas", "profile", "trend"]),
                name="embed_unit_where_units_have_one",
            ),
            models.CheckConstraint(
                condition=Q(revoked_by=None) | Q(revoked_at__isnull=False),
                name="embed_revoked_by_with_when",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_badge(self) -> bool:
        return self.shows in self.BADGES
