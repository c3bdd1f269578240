"""Findings as they stood at a moment, and what people had decided about them."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from maturity.models import Finding, FindingTransition, Organization


@dataclass(frozen=True)
class Stood:
    """A finding as it stood: since when, and what people had decided about it."""

    since: date
    state: str
    snoozed_until: datetime | None


def findings_then(organization: Organization, known_at: datetime) -> dict[str, Stood]:
    """Findings that stood at that moment, by pitfall; one query.

    When a snooze ends is only known of those whose newest step is the one of then.
    """
    steps = FindingTransition.objects.filter(finding=OuterRef("pk")).order_by("-pk")
    then = steps.filter(at__lte=known_at)
    rows = Finding.objects.for_organization(organization).filter(
        Q(resolved_at=None) | Q(resolved_at__gt=known_at), opened_at__lte=known_at
    )
    rows = rows.annotate(
        state_then=Coalesce(Subquery(then.values("after")[:1]), F("state")),
        step_then=Subquery(then.values("pk")[:1]),
        step_now=Subquery(steps.values("pk")[:1]),
    )
    return {
        row.key: Stood(
            since=row.opened_on,
            state=row.state_then,
            snoozed_until=row.snoozed_until if row.step_then == row.step_now else None,
        )
        for row in rows
    }
