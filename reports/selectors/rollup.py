"""The unit tree with each area's level and coverage, summed up from below; no overall score."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from maturity.models import Organization
from maturity.rubrics.aggregation import AreaLevel, area_level
from maturity.selectors import (
    Standing,
    Timeline,
    UnitNode,
    homes,
    last_parents,
    successors,
    unit_tree,
)
from reports.selectors.rubrics import Rubric

TreeOf = Literal["then", "now"]
# (state, effective level) of each capability of one area
Judged = list[tuple[str, int | None]]
# A page of more is no heat map any more.
UNITS_SHOWN = 300


@dataclass(frozen=True)
class Node:
    """One unit with all that stands below it; `key` is empty for the whole organisation.

    An area's level follows the same rule as anywhere, over the capabilities of every scope
    that is summed up here.
    """

    key: str
    name: str
    depth: int
    areas: tuple[AreaLevel, ...]
    # How many scopes of that day, units or the organisation itself, are summed up here.
    scopes: int

    @property
    def scored(self) -> int:
        return sum(area.assessed for area in self.areas)

    @property
    def applicable(self) -> int:
        return sum(area.applicable for area in self.areas)


@dataclass(frozen=True)
class RollUp:
    """Scores of `as_of` on the tree of that day ("then") or on the one of `tree_day` ("now")."""

    areas: tuple[str, ...]
    whole: Node
    units: tuple[Node, ...]
    tree: TreeOf
    as_of: date
    tree_day: date
    hidden: int

    @property
    def has_units(self) -> bool:
        return bool(self.units)


def roll_up(
    organization: Organization,
    rubric: Rubric,
    timeline: Timeline,
    *,
    known_at: datetime,
    tree: TreeOf,
) -> RollUp:
    """Sum the scores of the timeline's day up the tree; four queries, whatever its size.

    A scope counts where something of this rubric was scored for it, or where nothing stands
    below it and so nobody else could be scored in its place. What counts is settled on the
    tree of the day; the other view only shows it elsewhere, so the whole is the same in both.
    """
    as_of = timeline.as_of
    then = unit_tree(organization, as_of=as_of, known_at=known_at)
    scopes = _scopes(rubric, then, timeline)
    day, shown = as_of, then
    at_home: dict[int, int | None] = {node.unit_id: node.unit_id for node in then}
    if tree == "now":
        day = known_at.astimezone(organization.zone).date()
        shown = unit_tree(organization, as_of=day, known_at=known_at)
        at_home = homes(
            at_home,
            shown,
            taken_over=successors(organization, known_at=known_at),
            parents=last_parents(organization, known_at=known_at),
        )
    nodes = _nodes(rubric, shown, scopes, at_home)
    return RollUp(
        areas=tuple(rows[0].area.name for rows in rubric.areas.values()),
        whole=nodes[0],
        units=tuple(nodes[1 : UNITS_SHOWN + 1]),
        tree=tree,
        as_of=as_of,
        tree_day=day,
        hidden=max(0, len(nodes) - 1 - UNITS_SHOWN),
    )


def _scopes(
    rubric: Rubric,
    tree: list[UnitNode],
    timeline: Timeline,
) -> dict[int | None, list[Judged]]:
    """What was judged in each scope that counts, area by area."""
    found = timeline.everywhere()
    parents = {node.parent_id for node in tree}
    known = {capability.pk for rows in rubric.areas.values() for capability in rows}
    scopes: dict[int | None, list[Judged]] = {}
    for unit_id in (None, *(node.unit_id for node in tree)):
        standing = found.get(unit_id) or Standing(
            unit_id, timeline.as_of, timeline.known_at, {}, {}, {}
        )
        is_lowest = not tree if unit_id is None else unit_id not in parents
        if is_lowest or known & standing.scores.keys():
            scopes[unit_id] = [
                [standing.judged(capability.pk) for capability in rows]
                for rows in rubric.areas.values()
            ]
    return scopes


def _nodes(
    rubric: Rubric,
    tree: list[UnitNode],
    scopes: Mapping[int | None, list[Judged]],
    at_home: Mapping[int, int | None],
) -> list[Node]:
    """The whole first, then every unit below the one it stands under."""
    own: dict[int | None, list[list[Judged]]] = defaultdict(list)
    for scope, judged in scopes.items():
        own[None if scope is None else at_home[scope]].append(judged)
    below: dict[int | None, list[UnitNode]] = defaultdict(list)
    for node in tree:
        below[node.parent_id].append(node)
    nodes: list[Node] = []

    def add(unit: UnitNode | None, depth: int) -> list[list[Judged]]:
        place = len(nodes)
        key = None if unit is None else unit.unit_id
        summed = list(own[key])
        nodes.append(_node(rubric, unit, depth, []))
        for child in below[key]:
            summed += add(child, depth + 1)
        nodes[place] = _node(rubric, unit, depth, summed)
        return summed

    add(None, 0)
    return nodes


def _node(
    rubric: Rubric, unit: UnitNode | None, depth: int, summed: Iterable[list[Judged]]
) -> Node:
    rows = list(summed)
    levels = tuple(
        area_level(judged for scope in rows for judged in scope[place])
        for place in range(len(rubric.areas))
    )
    key, name = ("", "") if unit is None else (unit.key, unit.name)
    return Node(key, name, depth, levels, len(rows))
