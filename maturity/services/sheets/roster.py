"""Rows of the format `roster` become people and their placements."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from maturity.models import Person, Placement, Unit
from maturity.services.sheets.base import Row, Tally
from maturity.services.stored import ACCEPTED, UNCHANGED, UPDATED
from maturity.services.unit_tree import Span

# Left as they are where a row says nothing about them.
ABOUT_THE_PERSON = ("name", "timezone", "language")


@dataclass
class _Known:
    """Somebody on the roster or in the file, with his placements by their first day."""

    person: Person
    placements: dict[date, Placement] = field(default_factory=dict)

    def span(self, start: date) -> Span:
        return Span.of(self.placements[start].valid)


class _Roster:
    """The roster in memory; `write` stores what is different, in an order that never overlaps."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.units: dict[str, Unit] = {u.key: u for u in tally.organization.units.all()}
        self.known: dict[str, _Known] = {}
        by_id: dict[int, _Known] = {}
        for person in Person.objects.for_organization(tally.organization):
            by_id[person.pk] = self.known[person.email.lower()] = _Known(person)
        for placement in Placement.objects.for_organization(tally.organization):
            start = placement.valid.lower or date.min
            by_id[placement.person_id].placements[start] = placement
        self.people_changed: dict[str, Person] = {}
        self.touched: dict[int, tuple[Placement, Span]] = {}

    def touch(self, placement: Placement) -> None:
        """Remember a stored placement as it was before its first change."""
        if placement.pk is not None:
            self.touched.setdefault(placement.pk, (placement, Span.of(placement.valid)))

    def write(self) -> None:
        new = [known.person for known in self.known.values() if known.person.pk is None]
        Person.objects.bulk_create(new, batch_size=1_000)
        Person.objects.bulk_update(
            list(self.people_changed.values()), list(ABOUT_THE_PERSON), batch_size=1_000
        )
        columns = ["role", "unit", "valid"]
        grown = {
            pk for pk, (row, before) in self.touched.items() if Span.of(row.valid).end > before.end
        }
        rows = {pk: row for pk, (row, _before) in self.touched.items()}
        Placement.objects.bulk_update(
            [row for pk, row in rows.items() if pk not in grown], columns, batch_size=1_000
        )
        Placement.objects.bulk_create(
            [
                placement
                for known in self.known.values()
                for placement in known.placements.values()
                if placement.pk is None
            ],
            batch_size=1_000,
        )
        Placement.objects.bulk_update([rows[pk] for pk in grown], columns, batch_size=1_000)


def load(tally: Tally, rows: Sequence[Row]) -> None:
    """Put people on the roster and in their places; an open place ends where the next begins."""
    roster = _Roster(tally)
    starts: dict[str, list[date]] = defaultdict(list)
    for row in rows:
        starts[row["email"].lower()].append(row["valid_from"] or date.min)
    for row in sorted(rows, key=lambda row: (row["valid_from"] or date.min, row.line)):
        unit = roster.units.get(row["unit_key"])
        if row["unit_key"] and unit is None:
            tally.refuse(row, "unit_key", _("is no unit of this organisation"))
            continue
        with tally.refusals(row):
            outcome = _apply(roster, row, unit, starts[row["email"].lower()])
            tally.count(row, outcome)
    roster.write()


def _apply(roster: _Roster, row: Row, unit: Unit | None, starts: Sequence[date]) -> str:
    address = row["email"].lower()
    known = roster.known.get(address) or _Known(
        Person(organization=roster.tally.organization, email=row["email"])
    )
    is_new = address not in roster.known
    span = None if row["role"] is None else _span(roster, known, row, starts)
    changed = _set_person(known.person, row)
    outcome = UNCHANGED if span is None else _set_placement(roster, known, row, unit, span)
    roster.known[address] = known
    if changed:
        roster.people_changed[address] = known.person
    if is_new:
        return ACCEPTED
    return UPDATED if changed and outcome == UNCHANGED else outcome


def _set_person(person: Person, row: Row) -> bool:
    """Take over what the row says about the person; refused values change nothing."""
    said = {name: row[name] for name in ABOUT_THE_PERSON if row[name] is not None}
    before = {name: getattr(person, name) for name in said}
    for name, value in said.items():
        setattr(person, name, value)
    try:
        person.clean_fields(exclude=["organization"])
    except ValidationError:
        for name, value in before.items():
            setattr(person, name, value)
        raise
    return person.pk is not None and before != said


def _span(roster: _Roster, known: _Known, row: Row, starts: Sequence[date]) -> Span:
    """The days that a row is about; without a column for the end, the known end stays."""
    start: date = row["valid_from"] or date.min
    if start in known.placements and not roster.tally.has_column("valid_until"):
        return known.span(start)
    later = [day for day in (*starts, *known.placements) if day > start]
    span = Span(start, row["valid_until"] or min(later, default=date.max))
    _refuse_overlap(known, span)
    return span


def _set_placement(roster: _Roster, known: _Known, row: Row, unit: Unit | None, span: Span) -> str:
    existing = known.placements.get(span.start)
    if existing is None:
        _end_before(roster, known, span.start)
        known.placements[span.start] = Placement(
            organization=roster.tally.organization,
            person=known.person,
            role=row["role"],
            unit=unit,
            valid=span.valid,
        )
        return ACCEPTED
    before = (existing.role, existing.unit_id, Span.of(existing.valid))
    if before == (row["role"], unit and unit.pk, span):
        return UNCHANGED
    roster.touch(existing)
    existing.role, existing.unit, existing.valid = row["role"], unit, span.valid
    return UPDATED


def _refuse_overlap(known: _Known, span: Span) -> None:
    """What begins within the span keeps its place; the row says when to stop before it."""
    for start in known.placements:
        if span.start < start < span.end:
            raise ValidationError(
                {
                    "valid_until": _("overlaps the placement that begins on %(day)s")
                    % {"day": start.isoformat()}
                }
            )


def _end_before(roster: _Roster, known: _Known, start: date) -> None:
    for begun, placement in known.placements.items():
        span = known.span(begun)
        if begun < start < span.end:
            roster.touch(placement)
            placement.valid = DateRange(placement.valid.lower, start)
