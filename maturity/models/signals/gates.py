"""Gates and the requests to pass them, as imported."""
# ruff: noqa: DJ001  # a text nobody knows is NULL, as every other unknown value

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models.versions import SignalVersion, fed, kept, known_at, one_of, versions
from maturity.sources.gate_requests import DECISIONS
from maturity.sources.gates import OUTCOMES
from maturity.sources.kinds import FUNCTIONS, MAX_TEXT


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
        triggers = [*kept("gate_request"), *fed("gate_requests")]

    def __str__(self) -> str:
        return f"{self.gate_key} {self.request_id}"
