"""What a wave released of its units, audiences and languages."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields

from surveys.models import ReleasedCell, ReleasedChange, Wave, WaveGroup
from surveys.selectors.waves import Publication, publication_of


@dataclass(frozen=True)
class GroupCell:
    """One item of one group, as released; a hidden one has no figure.

    `verdict` is about the step from the wave that asked it before: better, worse, unclear, or
    "" where nothing could be compared. `difference` with its 90 % range `least` to `most` is a
    fraction favourable, or hours.
    """

    key: str
    state: str
    n: int | None
    eligible: int | None
    favourable: int | None
    share: float | None
    low: float | None
    high: float | None
    worst: float | None
    best: float | None
    mean: float | None
    median: float | None
    at_least: int | None
    at_most: int | None
    verdict: str = ""
    difference: float | None = None
    least: float | None = None
    most: float | None = None
    different_people: bool | None = None

    @property
    def everyone(self) -> bool:
        return self.n is not None and self.n == self.eligible

    @property
    def verdict_label(self) -> str:
        return str(ReleasedChange.Verdict(self.verdict).label) if self.verdict else ""


# What a cell itself knows; the rest is about the step from the wave before.
RELEASED = tuple(field.name for field in fields(GroupCell) if field.default is MISSING)


@dataclass(frozen=True)
class ReleasedGroup:
    """A unit, audience or language in one release. Hidden: no number of people at all.

    `indexes` are the means of areas, where enough of their items are shown.
    """

    key: str
    kind: str
    name: str
    parent: str | None
    responded: int | None
    eligible: int | None
    items: tuple[GroupCell, ...]
    indexes: dict[str, float]

    @property
    def response_rate(self) -> float | None:
        return self.responded / self.eligible if self.responded and self.eligible else None


def released_groups(wave: Wave) -> tuple[ReleasedGroup, ...]:
    """What one wave's newest release says of units, audiences and languages; four queries."""
    published = publication_of(wave)
    return () if published is None else groups_of(published)


def groups_of(published: Publication) -> tuple[ReleasedGroup, ...]:
    """What a publication says of units, audiences and languages; two queries."""
    cells: dict[str, list[ReleasedCell]] = {}
    for cell in published.cells:
        if cell.group_key != ReleasedCell.ORGANIZATION:
            cells.setdefault(cell.group_key, []).append(cell)
    changes = {
        (change.group_key, change.key): change
        for change in ReleasedChange.objects.filter(
            release=published.release, kind=ReleasedCell.Kind.ITEM
        ).order_by()
    }
    rows = published.wave.groups.select_related("parent").order_by("kind", "name", "key")
    return tuple(_group(row, cells[row.key], changes) for row in rows if row.key in cells)


def _group(
    row: WaveGroup,
    cells: list[ReleasedCell],
    changes: Mapping[tuple[str, str], ReleasedChange],
) -> ReleasedGroup:
    kinds = ReleasedCell.Kind
    turnout = next((cell for cell in cells if cell.kind == kinds.TURNOUT), None)
    return ReleasedGroup(
        key=row.key,
        kind=row.kind,
        name=row.name,
        parent=row.parent.key if row.parent else None,
        responded=turnout.n if turnout else None,
        eligible=turnout.eligible if turnout else None,
        items=tuple(
            group_cell(cell, changes.get((row.key, cell.key)))
            for cell in cells
            if cell.kind == kinds.ITEM
        ),
        indexes={
            cell.key: cell.mean
            for cell in cells
            if cell.kind == kinds.INDEX and cell.mean is not None
        },
    )


def group_cell(cell: ReleasedCell, change: ReleasedChange | None = None) -> GroupCell:
    """A released cell with the step that led to it, if there is one; no query."""
    figures = {name: getattr(cell, name) for name in RELEASED}
    if change is not None:
        figures |= {"verdict": change.verdict, "difference": change.difference}
        figures |= {"least": change.low, "most": change.high}
        figures |= {"different_people": change.different_people}
    return GroupCell(**figures)
