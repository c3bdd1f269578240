"""What is taken out of the denominator on a date, as known at a moment."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from maturity.models import Exemption, ExemptionDecision, Organization


def exemptions_known(
    *organizations: Organization, known_at: datetime | None = None
) -> QuerySet[Any]:
    """Every exemption with `verdict`, the newest decision by then (None: undecided)."""
    decisions = ExemptionDecision.objects.filter(exemption=OuterRef("pk"))
    rows = Exemption.objects.filter(organization__in=organizations)
    if known_at is not None:
        decisions = decisions.filter(recorded_at__lte=known_at)
        rows = rows.filter(recorded_at__lte=known_at)
    newest = decisions.order_by("-recorded_at").values("verdict")[:1]
    known: QuerySet[Any] = rows.annotate(verdict=Subquery(newest))
    return known.order_by("ends_on", "pk")


def exemptions_in_force(exemptions: Iterable[Exemption], *, as_of: date) -> list[Exemption]:
    """Those that another person approved and that run on that day; no query."""
    return [
        row
        for row in exemptions
        if verdict_of(row) == ExemptionDecision.Verdict.APPROVED
        and row.valid_from <= as_of < row.ends_on
    ]


def verdict_of(exemption: Exemption) -> str | None:
    """The newest decision, as exemptions_known() read it."""
    verdict: str | None = getattr(exemption, "verdict", None)
    return verdict
