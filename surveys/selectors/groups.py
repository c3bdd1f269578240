"""What a wave released of its units, audiences and languages."""

from dataclasses import dataclass, fields

from surveys.models import Release, ReleasedCell, Wave, WaveGroup


@dataclass(frozen=True)
class GroupCell:
    """One item of one group, as released; a hidden one has no figure."""

    key: str
    state: str
    n: int | None
    favourable: int | None
    share: float | None
    low: float | None
    high: float | None
    worst: float | None
    best: float | None
    mean: float | None
    at_least: int | None
    at_most: int | None


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
    """What one wave's newest release says of units, audiences and languages; three queries."""
    release = Release.objects.filter(wave=wave).order_by("-version").first()
    if release is None:
        return ()
    cells: dict[str, list[ReleasedCell]] = {}
    for cell in release.cells.exclude(group_key=ReleasedCell.ORGANIZATION):
        cells.setdefault(cell.group_key, []).append(cell)
    rows = wave.groups.select_related("parent").order_by("kind", "name", "key")
    return tuple(_group(row, cells[row.key]) for row in rows if row.key in cells)


def _group(row: WaveGroup, cells: list[ReleasedCell]) -> ReleasedGroup:
    kinds = ReleasedCell.Kind
    names = [field.name for field in fields(GroupCell)]
    turnout = next((cell for cell in cells if cell.kind == kinds.TURNOUT), None)
    return ReleasedGroup(
        key=row.key,
        kind=row.kind,
        name=row.name,
        parent=row.parent.key if row.parent else None,
        responded=turnout.n if turnout else None,
        eligible=turnout.eligible if turnout else None,
        items=tuple(
            GroupCell(**{name: getattr(cell, name) for name in names})
            for cell in cells
            if cell.kind == kinds.ITEM
        ),
        indexes={
            cell.key: cell.mean
            for cell in cells
            if cell.kind == kinds.INDEX and cell.mean is not None
        },
    )
