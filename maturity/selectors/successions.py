"""Where what belonged to a unit is shown in another date's tree."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from maturity.models import Organization, UnitChange, UnitVersion
from maturity.selectors.units import UnitNode

# Unit id → the units that took over from it; empty: it was closed.
Successors = Mapping[int, tuple[int, ...]]


def successors(
    organization: Organization, *, known_at: datetime | None = None
) -> dict[int, tuple[int, ...]]:
    """Who took over from each unit that was merged, split or closed; one query.

    Of several such changes of one unit the one recorded last counts.
    """
    rows = UnitChange.objects.for_organization(organization).exclude(kind=UnitChange.Kind.MOVED)
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    newest: dict[int, datetime] = {}
    found: dict[int, tuple[int, ...]] = {}
    for row in rows.order_by("-recorded_at", "pk"):
        if newest.setdefault(row.unit_id, row.recorded_at) == row.recorded_at:
            more = () if row.successor_id is None else (row.successor_id,)
            found[row.unit_id] = found.get(row.unit_id, ()) + more
    return found


def last_parents(
    organization: Organization, *, known_at: datetime | None = None
) -> dict[int, int | None]:
    """What each unit stood below at the end of its days, or stands below now; one query."""
    versions = UnitVersion.objects.for_organization(organization)
    if known_at is None:
        versions = versions.filter(recorded__upper_inf=True)
    else:
        versions = versions.filter(recorded__contains=known_at)
    return dict(versions.order_by("valid").values_list("unit_id", "parent_id"))


def homes(
    units: Iterable[int],
    tree: Iterable[UnitNode],
    *,
    taken_over: Successors,
    parents: Mapping[int, int | None],
) -> dict[int, int | None]:
    """For each unit the node of this tree that shows what belongs to it; None: the whole.

    A unit that stands is its own home. One that was merged is at home with its successor, one
    that was split with what stands above all of its parts, one that merely ended with what it
    stood below. Every unit has exactly one home, so totals are the same in every tree.
    """
    above = {node.unit_id: node.parent_id for node in tree}

    def home(unit: int, passed: frozenset[int]) -> int | None:
        if unit in above:
            return unit
        if unit in passed:
            return None  # units that took over from each other and are all gone
        parts = [home(part, passed | {unit}) for part in taken_over.get(unit, ())]
        if parts:
            return _common(parts, above)
        parent = parents.get(unit)
        return None if parent is None else home(parent, passed | {unit})

    return {unit: home(unit, frozenset()) for unit in units}


def _common(nodes: list[int | None], above: Mapping[int, int | None]) -> int | None:
    """The lowest node at or above all of these; None: only the whole is."""
    first, *others = [_upwards(node, above) for node in nodes]
    return next((node for node in first if all(node in other for other in others)), None)


def _upwards(node: int | None, above: Mapping[int, int | None]) -> list[int]:
    path: list[int] = []
    while node is not None and node not in path:
        path.append(node)
        node = above.get(node)
    return path
