"""The targets in force on a date, as known at a moment."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db.models import QuerySet

from maturity.models import Organization, Target

# (unit id or None, capability id)
Place = tuple[int | None, int]


def targets_known(*organizations: Organization, known_at: datetime | None = None) -> list[Target]:
    """Every version of every target, the oldest first; one query."""
    rows = Target.objects.filter(organization__in=organizations)
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    return list(rows.order_by("valid_from", "recorded_at"))


def targets_in_force(versions: Iterable[Target], *, as_of: date) -> Mapping[Place, Target]:
    """The version with the greatest (`valid_from`, `recorded_at`) of each place; no query.

    A version that took a target back is left out: the default counts again.
    """
    newest = {
        (target.unit_id, target.capability_id): target
        for target in versions
        if target.valid_from <= as_of
    }
    return {place: target for place, target in newest.items() if target.level is not None}


def in_force_on(
    rows: QuerySet[Target], *, as_of: date, known_at: datetime | None = None
) -> QuerySet[Target, int]:
    """The same rule as ids, in the database, for every place that these rows tell of."""
    rows = rows.filter(valid_from__lte=as_of)
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    newest = rows.order_by(
        "unit_id", "capability_id", "-valid_from", "-recorded_at", "-pk"
    ).distinct("unit_id", "capability_id")
    standing = Target.objects.filter(pk__in=newest.values("pk"), level__isnull=False)
    ids: QuerySet[Target, int] = standing.values_list("pk", flat=True)
    return ids
