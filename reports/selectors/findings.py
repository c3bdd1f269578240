"""Findings as they stood at a moment, and what people had decided about them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
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
    own = Finding.objects.for_organization(organization)
    rows = stood_then(own, known_at).annotate(
        step_then=Subquery(_steps().filter(at__lte=known_at).values("pk")[:1]),
        step_now=Subquery(_steps().values("pk")[:1]),
    )
    return {
        row.key: Stood(
            since=row.opened_on,
            state=row.state_then,
            snoozed_until=row.snoozed_until if row.step_then == row.step_now else None,
        )
        for row in rows
    }


def stood_then(rows: QuerySet[Finding], known_at: datetime) -> QuerySet[Any]:
    """Of these findings those that stood at that moment, each with `state_then`."""
    then = _steps().filter(at__lte=known_at).values("after")[:1]
    # Rows older than the history of steps: what the first later step found.
    later = _steps().filter(at__gt=known_at).order_by("pk").values("before")[:1]
    standing = rows.filter(
        Q(resolved_at=None) | Q(resolved_at__gt=known_at), opened_at__lte=known_at
    )
    state = Coalesce(Subquery(then), Subquery(later), F("state"))
    return standing.annotate(state_then=state)


def _steps() -> QuerySet[FindingTransition]:
    return FindingTransition.objects.filter(finding=OuterRef("pk")).order_by("-pk")
