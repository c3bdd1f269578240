"""The rows of each format as they stand now, in the order and under the names of its columns."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import F

from maturity.models import Organization, Person, UnitVersion
from maturity.sources import SHEETS

Values = dict[str, Any]
_CHUNK = 2_000


def rows_of(organization: Organization, format_name: str) -> Iterator[list[Any]]:
    """Stream one format's rows; one query, or two, whatever their number."""
    names = SHEETS[format_name].names
    for values in TABLES[format_name](organization):
        yield [values.get(name) for name in names]


def _units(organization: Organization) -> Iterator[Values]:
    versions = UnitVersion.objects.for_organization(organization).filter(recorded__upper_inf=True)
    rows = versions.order_by("unit__key", "valid").values(
        "name", "valid", unit_key=F("unit__key"), parent_key=F("parent__key")
    )
    for row in rows.iterator(chunk_size=_CHUNK):
        yield {**row, **_ends(row["valid"])}


def _roster(organization: Organization) -> Iterator[Values]:
    """Everybody with each placement; who was erased is nobody's to name."""
    people = Person.objects.for_organization(organization).filter(erased_at=None)
    rows = people.order_by("email", "pk", "placements__valid").values(
        "email",
        "name",
        "timezone",
        "language",
        role=F("placements__role"),
        valid=F("placements__valid"),
        unit_key=F("placements__unit__key"),
    )
    for row in rows.iterator(chunk_size=_CHUNK):
        yield {**row, **_ends(row["valid"])}


def _ends(valid: Any) -> Values:
    if valid is None:
        return {}
    return {"valid_from": valid.lower, "valid_until": valid.upper}


TABLES: dict[str, Callable[[Organization], Iterator[Values]]] = {
    "roster": _roster,
    "units": _units,
}
