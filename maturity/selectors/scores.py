"""The score in force on both time axes. Every read of the record takes `as_of` and `known_at`."""

from datetime import date, datetime

from django.db.models import Max

from maturity.models import Organization, Score, Unit


def effective_scores(
    organization: Organization,
    *,
    as_of: date,
    known_at: datetime | None = None,
    unit: Unit | None = None,
) -> dict[int, Score]:
    """The score in force for each capability of one scope, by capability id; one query.

    Among the rows with `recorded_at <= known_at` (None: all) and `valid_from <= as_of`, the
    one with the greatest (`valid_from`, `recorded_at`).
    """
    rows = Score.objects.for_organization(organization).filter(unit=unit, valid_from__lte=as_of)
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    newest = rows.order_by("capability_id", "-valid_from", "-recorded_at").distinct("capability_id")
    return {
        score.capability_id: score
        for score in newest.select_related("capability", "capability__area", "recorded_by")
    }


def last_recorded(organization: Organization, *, unit: Unit | None = None) -> datetime | None:
    """The newest `recorded_at` of one scope's scores; what a page states as known; one query."""
    newest: datetime | None = (
        Score.objects.for_organization(organization)
        .filter(unit=unit)
        .aggregate(newest=Max("recorded_at"))["newest"]
    )
    return newest
