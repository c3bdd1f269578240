"""Initiatives: planned, started with a frozen prediction, and ended with what came out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from maturity.errors import Conflict, Stale
from maturity.models import (
    Capability,
    Event,
    Finding,
    Initiative,
    InitiativeFinding,
    Organization,
    Unit,
    User,
)
from maturity.selectors.initiatives import compare_units, metric_value, metrics_of
from maturity.services.notifications import notify
from maturity.services.titles import title_to_store

State, Outcome = Initiative.State, Initiative.Outcome
# What nobody changes any more once the work has started: what the outcome is held against.
PROMISED = ("unit", "start_on", "capabilities", "metric", "predicted_change")


@dataclass(frozen=True)
class Plan:
    """What an initiative is about, as somebody plans it."""

    title: str
    start_on: date
    due_on: date
    description: str = ""
    unit: Unit | None = None
    owner: User | None = None
    capabilities: Sequence[str] = ()
    metric: str = ""
    predicted_change: float | None = None
    findings: Sequence[Finding] = ()


@transaction.atomic
def plan_initiative(organization: Organization, plan: Plan) -> Initiative:
    """Keep a plan. Raises ValidationError naming the field."""
    _check(organization, plan)
    values = {name: value for name, value in _values(plan).items() if name != "findings"}
    initiative = Initiative(organization=organization, **values)
    initiative.full_clean()
    initiative.save()
    _link(initiative, plan.findings)
    return initiative


@transaction.atomic
def replan_initiative(
    initiative: Initiative,
    changes: Mapping[str, object],
    *,
    due_reason: str = "",
    seen: int | None = None,
) -> Initiative:
    """Change these parts of the plan. Raises Conflict for what is frozen once it has started.

    From then on its last day moves only for a reason, which the history keeps beside it.
    """
    initiative = _lock(initiative, *Initiative.RUNNING, seen=seen)
    before = plan_of(initiative)
    plan = replace(before, **changes)  # type: ignore[arg-type]
    if initiative.state == State.STARTED:
        _keep_frozen(before, plan)
        if plan.due_on != before.due_on:
            initiative.due_reason = _reason(due_reason)
    _check(initiative.organization, plan)
    for name, value in _values(plan).items():
        if name != "findings":
            setattr(initiative, name, value)
    initiative.full_clean()
    _save(initiative)
    if plan.findings != before.findings:
        initiative.links.all().delete()
        _link(initiative, plan.findings)
    return initiative


def plan_of(initiative: Initiative) -> Plan:
    """What an initiative is about now, as a plan that can be changed."""
    links = initiative.links.select_related("finding").order_by("finding_id")
    names = {each.name for each in fields(Plan)} - {"findings"}
    values = {name: getattr(initiative, name) for name in names}
    return Plan(**values, findings=tuple(link.finding for link in links))


@transaction.atomic
def start_initiative(
    initiative: Initiative, *, at: datetime | None = None, seen: int | None = None
) -> Initiative:
    """Begin; from here on the database refuses to change what was predicted.

    `at` (None: now): when the work began, where that is written down afterwards. The baseline
    is that of now in any case.
    """
    initiative = _lock(initiative, State.PLANNED, seen=seen)
    initiative.state, initiative.started_at = State.STARTED, at or timezone.now()
    initiative.baseline = metric_value(initiative.organization, initiative.metric)
    _save(initiative)
    return initiative


@transaction.atomic
def finish_initiative(
    initiative: Initiative,
    *,
    note: str = "",
    at: datetime | None = None,
    seen: int | None = None,
) -> Initiative:
    """End it: measure what changed and compare it with what was predicted, and with others.

    `at` (None: now): when it ended, where that is written down afterwards.
    """
    initiative = _lock(initiative, State.STARTED, seen=seen)
    value = metric_value(initiative.organization, initiative.metric)
    if value is not None and initiative.baseline is not None:
        initiative.measured_change = round(value - initiative.baseline, 6)
    initiative.outcome = outcome_of(initiative.predicted_change, initiative.measured_change)
    initiative.comparison = compare_units(initiative, until=_today(initiative.organization))
    initiative.state, initiative.ended_at = State.DONE, at or timezone.now()
    initiative.outcome_note = note.strip()
    _save(initiative)
    return initiative


@transaction.atomic
def abandon_initiative(initiative: Initiative, *, note: str, seen: int | None = None) -> Initiative:
    """End it without an outcome, and say why."""
    if not note.strip():
        raise ValidationError({"note": _("Say why it ends without an outcome.")})
    initiative = _lock(initiative, *Initiative.RUNNING, seen=seen)
    initiative.state, initiative.ended_at = State.ABANDONED, timezone.now()
    initiative.outcome_note = note.strip()
    _save(initiative)
    return initiative


def outcome_of(predicted: float | None, measured: float | None) -> Initiative.Outcome:
    """Compare a change with its prediction: as far, part of the way, or not in its direction."""
    if predicted is None or measured is None or predicted == 0:
        return Outcome.UNKNOWN
    if measured / predicted >= 1:
        return Outcome.AS_PREDICTED
    return Outcome.PARTLY if measured / predicted > 0 else Outcome.NOT


def tell_overdue() -> int:
    """Tell once of every initiative whose last day is over; return how many are. Safe at once."""
    count = 0
    rows = Initiative.objects.running().select_related("organization")
    # A day is over when it is over in the organisation's zone; none is two days ahead of UTC.
    latest = timezone.localdate() + timedelta(days=1)
    for initiative in rows.filter(due_on__lt=latest).order_by("pk"):
        if initiative.due_on >= _today(initiative.organization):
            continue
        count += 1
        data = {
            "initiative_id": initiative.pk,
            "name": initiative.title,
            "due_on": initiative.due_on.isoformat(),
        }
        notify(
            initiative.organization,
            Event.INITIATIVE_OVERDUE,
            key=f"{initiative.pk}-{initiative.due_on}",
            title=title_to_store(Event.INITIATIVE_OVERDUE, data),
            path=reverse("admin:maturity_initiative_change", args=[initiative.pk]),
            data=data,
        )
    return count


def _check(organization: Organization, plan: Plan) -> None:
    faults: dict[str, str] = {}
    known = set(Capability.objects.filter(key__in=plan.capabilities).values_list("key", flat=True))
    if unknown := set(plan.capabilities) - known:
        faults["capabilities"] = _("Not a capability: %(keys)s.") % {
            "keys": ", ".join(sorted(unknown))
        }
    if plan.metric and plan.metric not in metrics_of():
        faults["metric"] = _("There is no such benefit metric.")
    if plan.predicted_change is not None and not math.isfinite(plan.predicted_change):
        faults["predicted_change"] = _("Give a number.")
    if plan.unit is not None and plan.unit.organization_id != organization.pk:
        faults["unit"] = _("There is no such unit.")
    members = organization.memberships.all()
    if plan.owner is not None and not members.filter(user=plan.owner).exists():
        faults["owner"] = _("Only a member of the organisation can own an initiative.")
    if any(finding.organization_id != organization.pk for finding in plan.findings):
        faults["findings"] = _("There is no such finding.")
    if faults:
        raise ValidationError(faults)


def _keep_frozen(before: Plan, after: Plan) -> None:
    """Whatever was promised at the start stays; the database refuses it too."""
    promised, now = _values(before), _values(after)
    moved = [name for name in PROMISED if promised[name] != now[name]]
    if moved:
        message = _("This initiative has started; these are frozen: %(names)s.")
        raise Conflict(message % {"names": ", ".join(moved)})


def _reason(text: str) -> str:
    if not text.strip():
        raise ValidationError({"due_reason": _("Say why its last day moves.")})
    return text.strip()


def _values(plan: Plan) -> dict[str, object]:
    values = {each.name: getattr(plan, each.name) for each in fields(plan)}
    return {**values, "capabilities": sorted(set(plan.capabilities))}


def _link(initiative: Initiative, findings: Sequence[Finding]) -> None:
    InitiativeFinding.objects.bulk_create(
        InitiativeFinding(
            organization_id=initiative.organization_id, initiative=initiative, finding=finding
        )
        for finding in findings
    )


def _lock(initiative: Initiative, *states: str, seen: int | None) -> Initiative:
    rows = Initiative.objects.select_related("organization", "unit").select_for_update(of=("self",))
    locked: Initiative = rows.get(pk=initiative.pk)
    if seen is not None and seen != locked.version:
        raise Stale(_("Somebody changed this initiative meanwhile. Look at it again first."))
    if locked.state not in states:
        message = _("This initiative is %(state)s; that cannot be done with it any more.")
        raise Conflict(message % {"state": locked.get_state_display().lower()})
    return locked


def _save(initiative: Initiative) -> None:
    initiative.version += 1
    initiative.save()


def _today(organization: Organization) -> date:
    return timezone.localdate(timezone=organization.zone)
