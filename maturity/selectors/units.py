"""The unit tree as it stood on a date, as known at a moment."""

from dataclasses import dataclass
from datetime import date, datetime

from maturity.models import Organization, UnitVersion


@dataclass(frozen=True)
class UnitNode:
    """A unit as it stood on one date."""

    unit_id: int
    key: str
    name: str
    parent_id: int | None


def unit_tree(
    organization: Organization, *, as_of: date, known_at: datetime | None = None
) -> list[UnitNode]:
    """The units that stood on `as_of`, as known at `known_at` (None: now); one query."""
    versions = UnitVersion.objects.for_organization(organization).filter(valid__contains=as_of)
    if known_at is None:
        versions = versions.filter(recorded__upper_inf=True)
    else:
        versions = versions.filter(recorded__contains=known_at)
    return [
        UnitNode(version.unit_id, version.unit.key, version.name, version.parent_id)
        for version in versions.select_related("unit").order_by("name", "unit")
    ]
