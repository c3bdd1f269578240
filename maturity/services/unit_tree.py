"""The unit tree as it is known now, held in memory until all of a change is known to hold."""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange
from django.utils.translation import gettext as _

from maturity.errors import CyclicTree, DomainError
from maturity.models import Organization, Unit, UnitVersion
from maturity.services.record import record_lock

# No organisation is that deep; it bounds what a wrong file can make us walk.
MAX_DEPTH = 50


@dataclass(frozen=True, order=True)
class Span:
    """Days from `start` on, `end` not included; the ends of the calendar stand for open ones."""

    start: date = date.min
    end: date = date.max

    def __and__(self, other: "Span") -> "Span | None":
        both = Span(max(self.start, other.start), min(self.end, other.end))
        return both if both.start < both.end else None

    def outside(self, taken: "Span") -> Iterator["Span"]:
        """What of these days the other span leaves over: none, one or two spans."""
        for part in (
            Span(self.start, min(self.end, taken.start)),
            Span(max(self.start, taken.end), self.end),
        ):
            if part.start < part.end:
                yield part

    @classmethod
    def of(cls, valid: DateRange) -> "Span":
        return cls(valid.lower or date.min, valid.upper or date.max)

    @property
    def valid(self) -> DateRange:
        start = None if self.start == date.min else self.start
        return DateRange(start, None if self.end == date.max else self.end)


class Place(NamedTuple):
    """What a unit is called and below which one it stands, over a span."""

    span: Span
    name: str
    parent: str | None


class Tree:
    """One organisation's units by key, under the record's lock; make one inside a transaction.

    A method that refuses leaves the tree as it was. `write` records what changed: what stood
    before stays readable as it was known then.
    """

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.stamp = record_lock(organization)
        self.units: dict[str, Unit] = {unit.key: unit for unit in organization.units.all()}
        self._places: dict[str, list[Place]] = defaultdict(list)
        self._recorded: dict[tuple[str, Place], UnitVersion] = {}
        known = UnitVersion.objects.for_organization(organization).filter(recorded__upper_inf=True)
        for version in known.select_related("unit", "parent"):
            parent = None if version.parent is None else version.parent.key
            place = Place(Span.of(version.valid), version.name, parent)
            insort(self._places[version.unit.key], place, key=_start)
            self._recorded[version.unit.key, place] = version

    def at(self, key: str, day: date) -> Place | None:
        """Where a unit stands on a day; None: nowhere."""
        return next(
            (place for place in self._places[key] if place.span.start <= day < place.span.end), None
        )

    def starts(self, key: str) -> list[date]:
        """The days from which something else is known about a unit."""
        return [place.span.start for place in self._places[key]]

    def says(self, key: str, span: Span, *, name: str, parent: str | None) -> bool:
        """Whether exactly this stands already, over the whole span."""
        pieces = list(self._pieces(key, span))
        return next(_gaps(span, pieces), None) is None and all(
            (piece.name, piece.parent) == (name, parent) for piece in pieces
        )

    def stands_below(self, key: str, above: str, day: date) -> bool:
        place = self.at(key, day)
        while place is not None and place.parent is not None:
            if place.parent == above:
                return True
            place = self.at(place.parent, day)
        return False

    def place(self, key: str, span: Span, *, name: str, parent: str | None) -> None:
        """Say what a unit is called and where it stands; a new key is a new unit."""
        unit = self.units.get(key) or Unit(organization=self.organization, key=key)
        unit.clean_fields(exclude=["organization"])
        UnitVersion(name=name).clean_fields(
            exclude=["organization", "unit", "parent", "valid", "recorded"]
        )
        if parent is not None:
            self._refuse_parent(key, parent, span)
        self.units[key] = unit
        self._put(key, Place(span, name, parent))

    def hang(self, key: str, below: str | None, *, on: date) -> None:
        """Give a unit another parent from a day on, whatever it is called by then."""
        pieces = list(self._pieces(key, Span(on)))
        for piece in pieces:
            if below is not None:
                self._refuse_parent(key, below, piece.span)
        for piece in pieces:
            self._put(key, piece._replace(parent=below))

    def succeed(self, key: str, new: str, *, name: str, on: date) -> None:
        """Place a new unit wherever another one stands from a day on."""
        for piece in list(self._pieces(key, Span(on))):
            self.place(new, piece.span, name=name, parent=piece.parent)

    def hand_over(self, key: str, to: str, *, on: date) -> None:
        """End a unit on a day; what stands below it goes below another one."""
        for child in list(self._places):
            for piece in list(self._pieces(child, Span(on))):
                if piece.parent == key:
                    self._put(child, piece._replace(parent=to))
        self.end(key, on=on)

    def end(self, key: str, *, on: date) -> None:
        """Let a unit stand no longer from a day on."""
        self._clear(key, Span(on))

    def refuse_broken(self, on: date) -> None:
        """Check every place from a day on: below a unit that stands, and never below itself."""
        for key in list(self._places):
            for piece in self._pieces(key, Span(on)):
                if piece.parent is not None:
                    self._refuse_parent(key, piece.parent, piece.span)

    def write(self) -> None:
        """Record what is different now, all at one moment; call it once, at the end."""
        now = {(key, place) for key, places in self._places.items() for place in places}
        ended = [version for known, version in self._recorded.items() if known not in now]
        for version in ended:
            version.recorded = DateTimeTZRange(version.recorded.lower, self.stamp)
        UnitVersion.objects.bulk_update(ended, ["recorded"], batch_size=1_000)
        new = [unit for unit in self.units.values() if unit.pk is None]
        Unit.objects.bulk_create(new, batch_size=1_000)
        UnitVersion.objects.bulk_create(
            [self._version(key, place) for key, place in now - self._recorded.keys()],
            batch_size=1_000,
        )

    def _version(self, key: str, place: Place) -> UnitVersion:
        return UnitVersion(
            organization=self.organization,
            unit=self.units[key],
            parent=None if place.parent is None else self.units[place.parent],
            name=place.name,
            valid=place.span.valid,
            recorded=DateTimeTZRange(self.stamp, None),
        )

    def _pieces(self, key: str, span: Span) -> Iterator[Place]:
        """What is known of a unit within a span, cut at its ends, the earliest first."""
        for place in self._places[key]:
            both = place.span & span
            if both is not None:
                yield place._replace(span=both)

    def _put(self, key: str, place: Place) -> None:
        self._clear(key, place.span)
        insort(self._places[key], place, key=_start)

    def _clear(self, key: str, span: Span) -> None:
        self._places[key] = [
            place._replace(span=part)
            for place in self._places[key]
            for part in place.span.outside(span)
        ]

    def _refuse_parent(self, key: str, parent: str, span: Span) -> None:
        """Walk up from the parent through every span in which it stands somewhere else."""
        waiting = [(parent, span, 1)]
        while waiting:
            above, within, depth = waiting.pop()
            if above == key:
                raise CyclicTree(
                    _("%(unit)s would stand below itself on %(day)s.")
                    % {"unit": key, "day": within.start}
                )
            if depth > MAX_DEPTH:
                raise DomainError(
                    _("%(unit)s would stand more than %(depth)s levels below the top.")
                    % {"unit": key, "depth": MAX_DEPTH}
                )
            pieces = list(self._pieces(above, within))
            for gap in _gaps(within, pieces):
                raise DomainError(
                    _("%(parent)s does not exist on %(day)s.") % {"parent": above, "day": gap.start}
                )
            waiting += [(p.parent, p.span, depth + 1) for p in pieces if p.parent is not None]


def _start(place: Place) -> date:
    return place.span.start


def _gaps(span: Span, pieces: list[Place]) -> Iterator[Span]:
    """The parts of a span that the pieces, the earliest first, do not cover."""
    day = span.start
    for piece in pieces:
        if piece.span.start > day:
            yield Span(day, piece.span.start)
        day = piece.span.end
    if day < span.end:
        yield Span(day, span.end)


def require_home(organization: Organization, unit: Unit | None, field_name: str) -> str | None:
    """The key of a unit of this organisation; None stays None."""
    if unit is not None and unit.organization_id != organization.pk:
        raise ValidationError({field_name: _("This unit belongs to another organisation.")})
    return None if unit is None else unit.key
