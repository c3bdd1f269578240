"""Decisions and whose they are, as imported."""
# ruff: noqa: DJ001  # a text nobody knows is NULL, as every other unknown value

from django.db import models
from django.utils.translation import gettext_lazy as _

from maturity.models.versions import SignalVersion, fed, kept, known_at, one_of, versions
from maturity.sources.decision_rights import HOLDERS
from maturity.sources.kinds import FUNCTIONS, MAX_TEXT


class Decision(SignalVersion):
    """One decision and who took it; `decided_on` is NULL where the log has no dates."""

    decision_id = models.CharField(_("decision"), max_length=MAX_TEXT)
    decided_on = models.DateField(_("decided on"), null=True)
    decision_type = models.CharField(_("type"), max_length=MAX_TEXT)
    team_key = models.CharField(_("team"), max_length=MAX_TEXT, null=True)
    decider_key = models.CharField(_("decider"), max_length=MAX_TEXT, null=True)
    decider_function = models.CharField(_("decider's function"), max_length=20, null=True)
    escalated = models.BooleanField(_("escalated"))
    reversed = models.BooleanField(_("reversed"))

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["decided_on", "decision_id", "id"]
        constraints = [
            *versions("decision", "decision_id"),
            one_of("decision", "decider_function", FUNCTIONS),
        ]
        indexes = known_at("decision")
        triggers = [*kept("decision"), *fed("decisions")]

    def __str__(self) -> str:
        return self.decision_id


class DecisionRight(SignalVersion):
    """Whose decision a type of decision is, as the organisation agreed it."""

    decision_type = models.CharField(_("type"), max_length=MAX_TEXT)
    function = models.CharField(_("function"), max_length=20)
    agreed_on = models.DateField(_("agreed on"), null=True)

    class Meta:
        verbose_name = _("decision right")
        verbose_name_plural = _("decision rights")
        ordering = ["decision_type", "id"]
        constraints = [
            *versions("decision_right", "decision_type"),
            one_of("decision_right", "function", HOLDERS),
        ]
        indexes = known_at("decision_right")
        triggers = kept("decision_right")

    def __str__(self) -> str:
        return f"{self.decision_type}: {self.function}"
