"""What is done about it: initiatives with an owner, an end, and a prediction that was frozen."""

from datetime import date, datetime
from typing import ClassVar, Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models.captures import captured, concerns
from maturity.models.checked import Checked
from maturity.models.findings import Finding
from maturity.models.history import tracked
from maturity.models.lines import LineField
from maturity.models.people import Unit
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet, User

# What was promised at the start: nobody moves the goal afterwards. Its last day may move, for a
# reason that is kept with it in the history.
FROZEN = ("metric", "predicted_change", "baseline", "started_at", "start_on", "unit_id")


class InitiativeQuerySet(OrganizationScopedQuerySet):
    def running(self) -> Self:
        return self.filter(state__in=Initiative.RUNNING)

    def overdue(self, *, on: date) -> Self:
        """Those whose last day is over and whose outcome nobody recorded."""
        return self.running().filter(due_on__lt=on)


# The comparison is written once, at the end, and stands on the row itself.
@tracked(hidden=("version", "comparison"))
class Initiative(Checked):
    """Something that is done about findings or capabilities, with the change it promises.

    `metric` is "benefit.metric" of the benefits; `baseline` its value when it started. Without a
    metric it is compared by the levels of its capabilities alone.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        STARTED = "started", _("Started")
        DONE = "done", _("Done")
        ABANDONED = "abandoned", _("Abandoned")

    class Outcome(models.TextChoices):
        AS_PREDICTED = "as_predicted", _("As predicted")
        PARTLY = "partly", _("Partly")
        NOT = "not", _("Not")
        UNKNOWN = "unknown", _("Cannot be told")

    RUNNING = (State.PLANNED, State.STARTED)
    # Free text that may be somebody's name: an erasure blanks it.
    PERSONAL: ClassVar = ("outcome_note", "due_reason")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="initiatives")
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("unit")
    )
    title = LineField(_("title"), max_length=200)
    description = models.TextField(_("what is done"), blank=True)
    owner = models.ForeignKey(
        User, models.SET_NULL, related_name="+", null=True, blank=True, verbose_name=_("owner")
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.PLANNED)
    start_on = models.DateField(_("start"))
    due_on = models.DateField(_("due"))
    due_reason = models.TextField(_("why its last day was moved"), blank=True)
    capabilities = ArrayField(
        models.CharField(max_length=60), default=list, blank=True, verbose_name=_("capabilities")
    )
    metric = models.CharField(_("benefit metric"), max_length=80, blank=True)
    predicted_change = models.FloatField(_("predicted change"), null=True, blank=True)
    baseline = models.FloatField(_("value at the start"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, blank=True)
    measured_change = models.FloatField(_("measured change"), null=True, blank=True)
    outcome_note = models.TextField(_("what came out"), blank=True)
    comparison = models.JSONField(_("compared with units that had none"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = InitiativeQuerySet.as_manager()

    class Meta:
        verbose_name = _("initiative")
        verbose_name_plural = _("initiatives")
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_on__gte=F("start_on")),
                name="initiative_ends_after_its_start",
                violation_error_message=_("It is due before it starts."),
            ),
            models.CheckConstraint(
                condition=Q(metric="", predicted_change=None)
                | ~Q(metric="") & Q(predicted_change__isnull=False),
                name="initiative_prediction_has_a_metric",
                violation_error_message=_("A predicted change belongs to a metric, and back."),
            ),
            models.CheckConstraint(
                condition=Q(state="planned", started_at=None, ended_at=None, outcome="")
                | Q(state="started", started_at__isnull=False, ended_at=None, outcome="")
                | Q(state="done", started_at__isnull=False, ended_at__isnull=False) & ~Q(outcome="")
                | Q(state="abandoned", ended_at__isnull=False, outcome=""),
                name="initiative_state_tells_one_story",
            ),
        ]
        indexes = [
            # services.initiatives.tell_overdue() and every page that lists what is late.
            models.Index(
                fields=["due_on"],
                condition=Q(state__in=["planned", "started"]),
                name="initiative_due",
            ),
        ]
        triggers = [
            *captured("initiatives"),
            pgtrigger.Trigger(
                name="initiative_prediction_frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.started_at IS NOT NULL AND ("
                    + " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in FROZEN)
                    + ")"
                ),
                func="""
                    RAISE EXCEPTION 'initiative % has started: its prediction never changes', OLD.id
                        USING ERRCODE = 'restrict_violation';
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def is_overdue(self, at: datetime) -> bool:
        """Whether its last day is over where they are, and nobody recorded an outcome."""
        today = at.astimezone(self.organization.zone).date()
        return self.state in self.RUNNING and self.due_on < today


@tracked()
class InitiativeFinding(models.Model):
    """An initiative does something about a finding."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    initiative = models.ForeignKey(
        Initiative, models.CASCADE, related_name="links", verbose_name=_("initiative")
    )
    finding = models.ForeignKey(
        Finding, models.CASCADE, related_name="initiative_links", verbose_name=_("finding")
    )

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding of an initiative")
        verbose_name_plural = _("findings of initiatives")
        constraints = [
            models.UniqueConstraint(
                fields=["initiative", "finding"], name="initiative_finding_once"
            ),
        ]
        triggers = concerns("initiatives", column="initiative_id")

    def __str__(self) -> str:
        return f"{self.initiative_id}: {self.finding_id}"
