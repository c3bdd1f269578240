"""What product work brought, as imported: launches, insights, questions about data."""
# ruff: noqa: DJ001  # a text nobody knows is NULL, as every other unknown value

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models.versions import SignalVersion, kept, known_at, versions
from maturity.sources.kinds import MAX_TEXT


class Launch(SignalVersion):
    """One launch: its checklist, and the gate it needed. Without a request it went round it."""

    launch_id = models.CharField(_("launch"), max_length=MAX_TEXT)
    team_key = models.CharField(_("team"), max_length=MAX_TEXT, null=True)
    launched_on = models.DateField(_("launched on"))
    checklist_done = models.PositiveIntegerField(_("checklist done"), null=True)
    checklist_total = models.PositiveIntegerField(_("checklist total"), null=True)
    required_gate_key = models.CharField(_("required gate"), max_length=MAX_TEXT, null=True)
    gate_request_id = models.CharField(_("gate request"), max_length=MAX_TEXT, null=True)

    class Meta:
        verbose_name = _("launch")
        verbose_name_plural = _("launches")
        ordering = ["launched_on", "launch_id", "id"]
        constraints = [
            *versions("launch", "launch_id"),
            models.CheckConstraint(
                condition=Q(checklist_done=None, checklist_total=None)
                | Q(
                    checklist_total__isnull=False,
                    checklist_done__isnull=False,
                    checklist_done__lte=F("checklist_total"),
                ),
                name="launch_done_within_total",
            ),
            models.CheckConstraint(
                condition=Q(gate_request_id=None) | Q(required_gate_key__isnull=False),
                name="launch_request_needs_gate",
            ),
        ]
        indexes = known_at("launch")
        triggers = kept("launch")

    def __str__(self) -> str:
        return self.launch_id


class Insight(SignalVersion):
    """One published insight, and when another team first built on it."""

    insight_id = models.CharField(_("insight"), max_length=MAX_TEXT)
    team_key = models.CharField(_("team"), max_length=MAX_TEXT, null=True)
    published_on = models.DateField(_("published on"))
    first_reused_on = models.DateField(_("first reused on"), null=True)
    reused_by_team_key = models.CharField(_("reused by"), max_length=MAX_TEXT, null=True)

    class Meta:
        verbose_name = _("insight")
        verbose_name_plural = _("insights")
        ordering = ["published_on", "insight_id", "id"]
        constraints = [
            *versions("insight", "insight_id"),
            models.CheckConstraint(
                condition=Q(first_reused_on__gte=F("published_on")),
                name="insight_reused_after_published",
            ),
        ]
        indexes = known_at("insight")
        triggers = kept("insight")

    def __str__(self) -> str:
        return self.insight_id


class DataQuestion(SignalVersion):
    """One question about data, and when it was answered; open while `answered_at` is NULL."""

    question_id = models.CharField(_("question"), max_length=MAX_TEXT)
    asked_at = models.DateTimeField(_("asked at"))
    answered_at = models.DateTimeField(_("answered at"), null=True)
    self_served = models.BooleanField(_("self-served"))

    class Meta:
        verbose_name = _("data question")
        verbose_name_plural = _("data questions")
        ordering = ["asked_at", "question_id", "id"]
        constraints = [
            *versions("data_question", "question_id"),
            models.CheckConstraint(
                condition=Q(answered_at__gte=F("asked_at")), name="data_question_answered_after"
            ),
        ]
        indexes = known_at("data_question")
        triggers = kept("data_question")

    def __str__(self) -> str:
        return self.question_id
