"""Findings as they stood at a moment, and what people had decided about them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from maturity.models import Finding, Organization
from maturity.selectors.findings import decisions_then, state_at


@dataclass(frozen=True)
class Stood:
    """A finding as it stood: since when, and what people had decided about it."""

    since: date
    state: str
    snoozed_until: datetime | None


def findings_then(organization: Organization, known_at: datetime) -> dict[str, Stood]:
    """Findings that stood at that moment, by pitfall; one query."""
    rows = decisions_then(organization, at=known_at).exclude(state_then=Finding.State.RESOLVED)
    told = rows.values_list("key", "opened_on", "state_then", "snoozed_until_then")
    return {key: Stood(*stood) for key, *stood in told}


def stood_then(rows: QuerySet[Finding], known_at: datetime) -> QuerySet[Any]:
    """Of these findings those that stood at that moment, each with `state_then`."""
    standing = rows.filter(
        Q(resolved_at=None) | Q(resolved_at__gt=known_at), opened_at__lte=known_at
    )
    return standing.annotate(state_then=state_at(known_at))
