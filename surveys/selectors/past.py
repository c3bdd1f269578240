"""Waves as they stood at a moment: what the change history keeps, and figures released by then."""

from datetime import datetime
from typing import Any

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When

from maturity.models import Organization
from maturity.selectors.past import as_it_stood
from surveys.models import Release, Wave

# Frozen at opening; what a draft had of them then is not kept.
_FROZEN = ("audiences", "languages", "allow_draft_translations", "mode", "retention_days")


def waves_then(organization: Organization, *, at: datetime) -> QuerySet[Any]:
    """The waves of then that were not thrown away since; nothing here counts answers."""
    rows = as_it_stood(Wave, organization, at=at).filter(pgh_obj__key__isnull=False)
    opened = Q(status__in=[Wave.Status.OPEN, Wave.Status.CLOSED])
    releases = Release.objects.filter(wave=OuterRef("id"), released_at__lte=at)
    newest = releases.order_by("-version")
    told = Q(pgh_obj__follow_up__published_at__lte=at)
    found: QuerySet[Any] = rows.annotate(
        key=F("pgh_obj__key"),
        series_id=F("pgh_obj__series"),
        opens_on=F("pgh_obj__opens_on"),
        eligible=_where(opened, "eligible"),
        **{name: _where(opened, name) for name in _FROZEN},
        extended_from=_where(Q(closes_at__gt=F("pgh_obj__extended_from")), "extended_from"),
        closed_at=_where(Q(status=Wave.Status.CLOSED, pgh_obj__closed_at__lte=at), "closed_at"),
        **{
            name: Subquery(newest.values(name)[:1])
            for name in ("responded", "response_rate", "band")
        },
        follow_up_published_at=_where(told, "follow_up__published_at"),
    )
    return found.order_by(F("opens_at").desc(nulls_first=True), "-id")


def _where(condition: Q, name: str) -> Case:
    """The wave's own value where it was that already."""
    return Case(When(condition, then=F(f"pgh_obj__{name}")), default=Value(None))
