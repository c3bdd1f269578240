"""The rows of each format as they stand now, in the order and under the names of its columns."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import F

from maturity.models import Assessment, Organization, Person, Score, Target, UnitVersion
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


def _assessments(organization: Organization) -> Iterator[Values]:
    """Each judgement that stands, with what was said last about each of its capabilities."""
    rows = Score.objects.for_organization(organization).filter(
        assessment__kind=Assessment.Kind.JUDGEMENT,
        assessment__superseded_at=None,
        replaced_by=None,
    )
    rows = rows.exclude(state=Score.State.WITHDRAWN).order_by(
        "assessment__valid_from", "assessment__pk", "capability__position"
    )
    said = ("state", "level", "evidence_kind", "evidence_ref", "evidence_date", "note")
    columns = rows.values(
        *said,
        scope_key=F("unit__key"),
        capability_key=F("capability__key"),
        day=F("assessment__valid_from"),
        round=F("assessment__round_key"),
        assessor=F("assessment__assessor"),
        author=F("assessment__created_by__email"),
        rubric_key=F("capability__rubric__key"),
        version=F("capability__rubric__version"),
    )
    for row in columns.iterator(chunk_size=_CHUNK):
        yield {
            **row,
            "round_key": row["round"] or row["day"].isoformat(),
            "assessor_key": row["assessor"] or row["author"],
            "valid_from": row["day"],
            "rubric": f"{row['rubric_key']} {row['version']}",
        }


def _targets(organization: Organization) -> Iterator[Values]:
    """Every version of every target: of those set for one day, the one recorded last."""
    rows = Target.objects.for_organization(organization).order_by(
        "unit__key", "capability__rubric_id", "capability__position", "valid_from", "-recorded_at"
    )
    columns = rows.distinct(
        "unit__key", "capability__rubric_id", "capability__position", "valid_from"
    ).values(
        "valid_from",
        "level",
        "due_on",
        "owner",
        "reason",
        scope_key=F("unit__key"),
        capability_key=F("capability__key"),
        rubric_key=F("capability__rubric__key"),
        version=F("capability__rubric__version"),
    )
    for row in columns.iterator(chunk_size=_CHUNK):
        yield {**row, "rubric": f"{row['rubric_key']} {row['version']}"}


def _ends(valid: Any) -> Values:
    if valid is None:
        return {}
    return {"valid_from": valid.lower, "valid_until": valid.upper}


TABLES: dict[str, Callable[[Organization], Iterator[Values]]] = {
    "assessments": _assessments,
    "roster": _roster,
    "targets": _targets,
    "units": _units,
}
