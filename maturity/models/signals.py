"""What was imported: one table per format, every row a version that is never rewritten.

A text nobody knows is NULL, as every other unknown value here; an empty text would be a second
way to say it.
"""
# ruff: noqa: DJ001

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models.versions import SignalVersion, kept, known_at, one_of, versions
from maturity.sources.gate_requests import DECISIONS
from maturity.sources.gates import OUTCOMES
from maturity.sources.kinds import FUNCTIONS, MAX_TEXT
from maturity.sources.org_facts import PUBLIC_COMPANY, WIDEST_SPAN_HOURS
from maturity.sources.tool_usage import PERIODS
from maturity.sources.tools import CADENCES


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
        triggers = kept("headcount")

    def __str__(self) -> str:
        return f"{self.as_of:%Y-%m-%d} {self.function}: {self.headcount}"


class Gate(SignalVersion):
    """Something that must be approved before work goes on, and whose gate it is."""

    gate_key = models.CharField(_("gate"), max_length=MAX_TEXT)
    name = models.CharField(_("name"), max_length=MAX_TEXT)
    owner_function = models.CharField(_("owner"), max_length=20)
    started_on = models.DateField(_("started on"), null=True)
    outcomes_recorded = models.CharField(_("outcomes recorded"), max_length=20)
    compared_gate_key = models.CharField(_("compared with"), max_length=MAX_TEXT, null=True)

    class Meta:
        verbose_name = _("gate")
        verbose_name_plural = _("gates")
        ordering = ["gate_key", "id"]
        constraints = [
            *versions("gate", "gate_key"),
            one_of("gate", "owner_function", FUNCTIONS),
            one_of("gate", "outcomes_recorded", OUTCOMES),
            models.CheckConstraint(
                condition=~Q(compared_gate_key=F("gate_key")), name="gate_not_its_own_comparison"
            ),
        ]
        indexes = known_at("gate")
        triggers = kept("gate")

    def __str__(self) -> str:
        return self.name


class GateRequest(SignalVersion):
    """One request to pass a gate: pending until it has a decision and its moment."""

    request_id = models.CharField(_("request"), max_length=MAX_TEXT)
    gate_key = models.CharField(_("gate"), max_length=MAX_TEXT)
    requested_at = models.DateTimeField(_("requested at"), null=True)
    gate_owner_function = models.CharField(_("gate's owner"), max_length=20, null=True)
    team_key = models.CharField(_("team"), max_length=MAX_TEXT, null=True)
    requester_key = models.CharField(_("requester"), max_length=MAX_TEXT, null=True)
    first_response_at = models.DateTimeField(_("first response at"), null=True)
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decision = models.CharField(_("decision"), max_length=20, null=True)
    decider_key = models.CharField(_("decider"), max_length=MAX_TEXT, null=True)
    decider_function = models.CharField(_("decider's function"), max_length=20, null=True)
    blocking = models.BooleanField(_("blocking"))
    regulatory = models.BooleanField(_("regulatory"))

    class Meta:
        verbose_name = _("gate request")
        verbose_name_plural = _("gate requests")
        ordering = ["gate_key", "requested_at", "request_id", "id"]
        constraints = [
            *versions("gate_request", "request_id", "gate_key"),
            one_of("gate_request", "gate_owner_function", FUNCTIONS),
            one_of("gate_request", "decider_function", FUNCTIONS),
            one_of("gate_request", "decision", DECISIONS),
            models.CheckConstraint(
                condition=Q(decision=None, decided_at=None)
                | Q(decision__isnull=False, decided_at__isnull=False),
                name="gate_request_decided_iff_timestamped",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__gte=F("requested_at")),
                name="gate_request_decided_after_requested",
            ),
            models.CheckConstraint(
                condition=Q(first_response_at__gte=F("requested_at")),
                name="gate_request_answered_after_requested",
            ),
        ]
        indexes = known_at("gate_request")
        triggers = kept("gate_request")

    def __str__(self) -> str:
        return f"{self.gate_key} {self.request_id}"


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
        triggers = kept("tool")

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
        triggers = kept("tool_usage")

    def __str__(self) -> str:
        return f"{self.tool_key} {self.period_start:%Y-%m-%d}: {self.active_users}"


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
        triggers = kept("org_facts")

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


# The table of each format that is imported, by the format's name.
SIGNAL_TABLES: dict[str, type[SignalVersion]] = {
    "headcount": Headcount,
    "gates": Gate,
    "gate_requests": GateRequest,
    "tools": Tool,
    "tool_usage": ToolUsage,
    "org_facts": OrgFacts,
    "holidays": Holiday,
}
