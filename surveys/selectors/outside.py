"""What surveys that somebody else ran released, and how their items moved over the waves."""

from dataclasses import dataclass
from datetime import datetime

from surveys.models import OutsideWave, Release, ReleasedCell
from surveys.selectors.groups import GroupCell, group_cell

KINDS = ReleasedCell.Kind


@dataclass(frozen=True)
class OutsideCells:
    """One group of an outside wave, as released. Hidden: no number of people at all."""

    key: str
    parent: str
    responded: int | None
    eligible: int | None
    items: tuple[GroupCell, ...]


@dataclass(frozen=True)
class ReleasedOutside:
    """The newest release of an outside wave; `groups` begins with everybody.

    `hidden` counts the groups of which nothing may be told; they are not named.
    """

    key: str
    version: int
    released_at: datetime
    k: int
    groups: tuple[OutsideCells, ...]
    hidden: int


def released_outside(wave: OutsideWave) -> ReleasedOutside | None:
    """What one outside wave published, its newest version; three queries."""
    release = Release.objects.filter(outside=wave).order_by("-version").first()
    if release is None:
        return None
    cells: dict[str, list[ReleasedCell]] = {}
    for cell in release.cells.order_by("key"):
        cells.setdefault(cell.group_key, []).append(cell)
    parents = dict(wave.groups.values_list("key", "parent_key"))
    everybody = ReleasedCell.ORGANIZATION
    told = [key for key, own in cells.items() if _is_told(own) or key == everybody]
    told.sort(key=lambda key: (key != everybody, key))
    return ReleasedOutside(
        key=wave.key,
        version=release.version,
        released_at=release.released_at,
        k=wave.k,
        groups=tuple(_group(key, parents.get(key, ""), cells[key], release) for key in told),
        hidden=len(cells) - len(told),
    )


def _is_told(cells: list[ReleasedCell]) -> bool:
    return any(cell.state != ReleasedCell.State.SUPPRESSED for cell in cells)


def _group(key: str, parent: str, cells: list[ReleasedCell], release: Release) -> OutsideCells:
    turnout = next((cell for cell in cells if cell.kind == KINDS.TURNOUT), None)
    if key == ReleasedCell.ORGANIZATION:
        responded, eligible = release.responded, release.eligible
    else:
        responded, eligible = (turnout.n, turnout.eligible) if turnout else (None, None)
    return OutsideCells(
        key=key,
        parent=parent,
        responded=responded,
        eligible=eligible,
        items=tuple(group_cell(cell) for cell in cells if cell.kind == KINDS.ITEM),
    )
