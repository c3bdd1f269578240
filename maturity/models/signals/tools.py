"""Tools and how much they were used, as imported."""
# a text nobody knows is NULL, as every other unknown value

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models.versions import SignalVersion, fed, kept, known_at, one_of, versions
from maturity.sources.kinds import FUNCTIONS, MAX_TEXT
from maturity.sources.tool_usage import PERIODS
from maturity.sources.tools import CADENCES


class Tool(SignalVersion):
    """A tool for PMs: whose it is, since when, and how often it is meant to be used."""

    tool_key = models.CharField(_("tool"), max_length=MAX_TEXT)
    name = models.CharField(_("name"), max_length=MAX_TEXT)
    owner_function = models.CharField(_("owner"), max_length=20)
    launched_on = models.DateField(_("launched on"), null=True)
    retired_on = models.DateField(_("retired on"), null=True)
    cadence = models.CharField(_("cadence"), max_length=20)
    mandatory = models.BooleanField(_("mandatory"))
    confirmed_on = models.DateField(_("confirmed on"), null=True)
    cost_known = models.BooleanField(_("cost known"))

    class Meta:
        verbose_name = _("tool")
        verbose_name_plural = _("tools")
        ordering = ["tool_key", "id"]
        constraints = [
            *versions("tool", "tool_key"),
            one_of("tool", "owner_function", FUNCTIONS),
            one_of("tool", "cadence", CADENCES),
            models.CheckConstraint(
                condition=Q(retired_on__gte=F("launched_on")), name="tool_retired_after_launched"
            ),
        ]
        indexes = known_at("tool")
        triggers = [*kept("tool"), *fed("tools")]

    def __str__(self) -> str:
        return self.name


class ToolUsage(SignalVersion):
    """Distinct people who used a tool within one period, of those who could have."""

    tool_key = models.CharField(_("tool"), max_length=MAX_TEXT)
    period_start = models.DateField(_("period start"))
    period = models.CharField(_("period"), max_length=20)
    active_users = models.PositiveIntegerField(_("active people"))
    eligible_users = models.PositiveIntegerField(_("eligible people"))

    class Meta:
        verbose_name = _("tool usage")
        verbose_name_plural = _("tool usage")
        ordering = ["tool_key", "period_start", "id"]
        constraints = [
            *versions("tool_usage", "tool_key", "period_start"),
            one_of("tool_usage", "period", PERIODS),
            models.CheckConstraint(
                condition=Q(active_users__lte=F("eligible_users")),
                name="tool_usage_active_within_eligible",
            ),
            models.CheckConstraint(
                condition=Q(period="day")
                | Q(period="week", period_start__iso_week_day=1)
                | Q(period__in=["month", "quarter"], period_start__day=1),
                name="tool_usage_period_start",
            ),
        ]
        indexes = known_at("tool_usage")
        triggers = [*kept("tool_usage"), *fed("tool_usage")]

    def __str__(self) -> str:
        return f"{self.tool_key} {self.period_start:%Y-%m-%d}: {self.active_users}"
