"""The organisation itself, as imported: head-counts, facts for the signs, holidays."""
# ruff: noqa: DJ001  # a text nobody knows is NULL, as every other unknown value

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from maturity.models.versions import SignalVersion, fed, kept, known_at, one_of, versions
from maturity.sources.kinds import FUNCTIONS, MAX_TEXT
from maturity.sources.org_facts import PUBLIC_COMPANY, WIDEST_SPAN_HOURS


class Headcount(SignalVersion):
    """How many people a function had on a day; without a team it is the function's total."""

    as_of = models.DateField(_("as of"))
    function = models.CharField(_("function"), max_length=20)
    team_key = models.CharField(_("team"), max_length=MAX_TEXT, null=True)
    headcount = models.PositiveIntegerField(_("head-count"))
    fte = models.DecimalField(_("full-time equivalents"), max_digits=14, decimal_places=4)

    class Meta:
        verbose_name = _("head-count")
        verbose_name_plural = _("head-counts")
        ordering = ["as_of", "function", "team_key", "id"]
        constraints = [
            *versions("headcount", "as_of", "function", "team_key"),
            one_of("headcount", "function", FUNCTIONS),
            # The merge compares team keys with NULL read as empty.
            models.CheckConstraint(condition=~Q(team_key=""), name="headcount_team_key_not_empty"),
            models.CheckConstraint(condition=Q(fte__gte=0), name="headcount_fte_not_negative"),
        ]
        indexes = known_at("headcount")
        triggers = [*kept("headcount"), *fed("headcounts")]

    def __str__(self) -> str:
        return f"{self.as_of:%Y-%m-%d} {self.function}: {self.headcount}"


class OrgFacts(SignalVersion):
    """What the signs of needing product ops are read from; NULL is unknown, never zero."""

    as_of = models.DateField(_("as of"))
    products = models.PositiveIntegerField(_("products"), null=True)
    business_units = models.PositiveIntegerField(_("business units"), null=True)
    markets = models.PositiveIntegerField(_("markets"), null=True)
    timezone_span_hours = models.DecimalField(
        _("time-zone span in hours"), max_digits=6, decimal_places=4, null=True
    )
    public_company = models.CharField(_("public company"), max_length=20, null=True)
    experiments_finished_90d = models.PositiveIntegerField(
        _("experiments finished in 90 days"), null=True
    )
    teams_running_experiments = models.PositiveIntegerField(
        _("teams running experiments"), null=True
    )
    approved_pm_openings = models.PositiveIntegerField(_("approved PM openings"), null=True)

    class Meta:
        verbose_name = _("organisation facts")
        verbose_name_plural = _("organisation facts")
        ordering = ["as_of", "id"]
        constraints = [
            *versions("org_facts", "as_of"),
            one_of("org_facts", "public_company", PUBLIC_COMPANY),
            models.CheckConstraint(
                condition=Q(timezone_span_hours__gte=0)
                & Q(timezone_span_hours__lte=WIDEST_SPAN_HOURS),
                name="org_facts_span_on_earth",
            ),
        ]
        indexes = known_at("org_facts")
        triggers = [*kept("org_facts"), *fed("org_facts")]

    def __str__(self) -> str:
        return f"{self.as_of:%Y-%m-%d}"


class Holiday(SignalVersion):
    """A day on which nobody works although it is not a weekend."""

    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=MAX_TEXT, null=True)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["day", "id"]
        constraints = versions("holiday", "day")
        indexes = known_at("holiday")
        triggers = kept("holiday")

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"
