"""Findings as they stood at a moment, out of the steps that were kept of each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest

from maturity.models import Finding, FindingTransition, Organization, VerdictRecord

Kind, State = FindingTransition.Kind, Finding.State
OF_THEN = ("state", "severity", "owner_id", "snoozed_until", "resolved_at", "version")


def findings_then(organization: Organization, *, at: datetime) -> QuerySet[Any]:
    """What was raised by then, each with what it was in `state_then`, `severity_then` and so on.

    `as_they_were()` puts these in their places on what was read.
    """
    steps = FindingTransition.objects.filter(finding=OuterRef("pk"))
    by_then, later = steps.filter(at__lte=at).order_by("-pk"), steps.filter(at__gt=at)
    rated = by_then.filter(kind=Kind.SEVERITY)
    rated_later = later.filter(kind=Kind.SEVERITY).order_by("pk")
    taken = Count("transitions", filter=Q(transitions__at__lte=at))
    found: QuerySet[Any] = decisions_then(organization, at=at).annotate(
        severity_then=Coalesce(
            Subquery(rated.values("after")[:1]),
            Subquery(rated_later.values("before")[:1]),
            F("severity"),
        ),
        owner_id_then=_kept("owner_id", at, BigIntegerField()),
        resolved_at_then=Case(
            When(state_then=State.RESOLVED, then=F("resolved_at")), default=Value(None)
        ),
        version_then=Greatest(taken, Value(1)),
        verdict_then=Coalesce(
            Case(When(~Q(state_then=State.RESOLVED), then=_newest_verdict(at))),
            Subquery(by_then.values("verdict")[:1]),
            F("verdict"),
            output_field=BigIntegerField(),
        ),
    )
    return found


def decisions_then(organization: Organization, *, at: datetime) -> QuerySet[Any]:
    """What was raised by then, with `state_then` and `snoozed_until_then` alone."""
    rows: QuerySet[Any] = Finding.objects.for_organization(organization).filter(opened_at__lte=at)
    found: QuerySet[Any] = rows.annotate(
        state_then=state_at(at), snoozed_until_then=_kept("snoozed_until", at, DateTimeField())
    )
    return found


def as_they_were(findings: Sequence[Any]) -> None:
    """Put what each finding was in the place of what it is. Never save them; one query."""
    wanted = {finding.verdict_then for finding in findings}
    verdicts = VerdictRecord.objects.select_related("evaluation", "organization").in_bulk(wanted)
    for finding in findings:
        finding.verdict = verdicts[finding.verdict_then]
        for name in OF_THEN:
            setattr(finding, name, getattr(finding, f"{name}_then"))


def state_at(at: datetime) -> Coalesce:
    """What people had decided about a finding by then, for a query of findings."""
    steps = FindingTransition.objects.filter(finding=OuterRef("pk")).exclude(kind=Kind.SEVERITY)
    by_then = steps.filter(at__lte=at).order_by("-pk")
    # Rows older than the history of steps: what the first later step found.
    later = steps.filter(at__gt=at).exclude(before="").order_by("pk")
    found = Subquery(by_then.values("after")[:1])
    return Coalesce(found, Subquery(later.values("before")[:1]), F("state"))


def _kept(name: str, at: datetime, column: Any) -> Case:
    """The row's own value where nothing was done since, else what its last step kept."""
    steps = FindingTransition.objects.filter(finding=OuterRef("pk"))
    last = Subquery(steps.filter(at__lte=at).order_by("-pk").values(name)[:1])
    untouched = Q(~Exists(steps.filter(at__gt=at)))
    return Case(When(untouched, then=F(name)), default=last, output_field=column)


def _newest_verdict(at: datetime) -> Subquery:
    """What the engine had concluded last: it judges whole organisations."""
    records = VerdictRecord.objects.filter(
        organization=OuterRef("organization"),
        kind="pitfall",
        key=OuterRef("key"),
        evaluation__computed_at__lte=at,
    )
    newest = records.order_by("-evaluation__computed_at", "-pk").values("pk")
    return Subquery(newest[:1])
