"""The targets in force on a date, as known at a moment."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from maturity.models import Organization, Target

# (unit id or None, capability id)
Place = tuple[int | None, int]


def targets_known(organization: Organization, *, known_at: datetime | None = None) -> list[Target]:
    """Every version of every target, the oldest first; one query."""
    rows = Target.objects.for_organization(organization)
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
