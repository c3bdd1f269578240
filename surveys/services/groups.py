"""Freeze who belongs to which group when a wave opens, and no finer than is safe."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from maturity.models import Placement
from maturity.selectors import UnitNode, unit_tree
from surveys.banks import PM, PM_NEW
from surveys.models import ReleasedCell, Wave, WaveGroup
from surveys.privacy import Labels, merged_labels

# PMs in their first year are PMs; everybody else's answers are kept apart from theirs.
PM_AUDIENCES = frozenset({"", PM, PM_NEW})
PRODUCT_OPS = "product_ops"
# Keys of cuts; no unit's key has a colon.
AUDIENCE_KEY, LANGUAGE_KEY = "audience:{}", "language:{}"
PRODUCT_OPS_KEY = AUDIENCE_KEY.format(PRODUCT_OPS)
POOLED_KEY = AUDIENCE_KEY.format("pm_and_product_ops")


@dataclass(frozen=True)
class Eligible:
    """Somebody a wave could ask, with the audience that decides what is asked."""

    person_id: int
    audience: str
    unit_id: int | None
    language: str


@dataclass(frozen=True)
class StoredLabels:
    """What an invitation and the response to it say about a person; empty where it says nothing."""

    group: str
    audience: str
    language: str


@dataclass(frozen=True)
class GroupPlan:
    """The groups a wave would have, not stored, and the labels of each person it can ask."""

    labels: Mapping[int, StoredLabels]
    rows: Sequence[WaveGroup]


def plan_groups(wave: Wave, people: Sequence[Eligible], *, on: date) -> GroupPlan:
    """Work out a wave's groups as of a date.

    No combination of labels is shared by fewer than k people: units and languages are widened
    until that holds, audiences stay as given. Who is missing in the result belongs to an
    audience of fewer than k: nothing they say could ever be shown.
    """
    tree = {node.unit_id: node for node in unit_tree(wave.organization, as_of=on)}
    languages = {one.language for one in people}
    # A language that everybody shares tells nobody from anybody, so it needs no widening.
    common = languages.pop() if len(languages) == 1 else ""
    labels = merged_labels({one.person_id: _labels(one, tree, common) for one in people}, wave.k)
    if common:
        labels = {who: replace(label, language=common) for who, label in labels.items()}
    stored = {
        person_id: StoredLabels(
            group=label.units[-1] if label.units else "",
            audience=label.audience,
            language=label.language,
        )
        for person_id, label in labels.items()
    }
    return GroupPlan(stored, _groups(wave, labels.values(), tree))


def placed_in_units(wave: Wave, person_ids: Iterable[int], *, on: date) -> dict[int, int | None]:
    """The unit of each of these people on a date; nobody has two placements at a time."""
    placements = Placement.objects.for_organization(wave.organization).filter(
        person__in=list(person_ids), valid__contains=on
    )
    return dict(placements.values_list("person_id", "unit_id"))


def _labels(person: Eligible, tree: Mapping[int, UnitNode], common: str) -> Labels:
    """The units of others than PMs are nobody's business: there are few of them in each."""
    units: list[str] = []
    node = tree.get(person.unit_id or 0) if person.audience in PM_AUDIENCES else None
    while node is not None:
        units.insert(0, node.key)
        node = tree.get(node.parent_id or 0)
    return Labels(person.audience, tuple(units), "" if common else person.language)


def _groups(wave: Wave, labels: Iterable[Labels], tree: Mapping[int, UnitNode]) -> list[WaveGroup]:
    rows = _Rows(wave, {node.key: node.name for node in tree.values()})
    kinds = WaveGroup.Kind
    for label, size in sorted(Counter(labels).items()):
        if label.audience not in PM_AUDIENCES:
            rows.add(AUDIENCE_KEY.format(label.audience), kinds.AUDIENCE, size)
            continue
        above = rows.add(ReleasedCell.ORGANIZATION, kinds.ORGANIZATION, size)
        for unit in label.units:
            above = rows.add(unit, kinds.UNIT, size, parent=above)
        if label.audience == PM_NEW:
            rows.add(AUDIENCE_KEY.format(PM_NEW), kinds.AUDIENCE, size)
        if label.language:
            rows.add(LANGUAGE_KEY.format(label.language), kinds.LANGUAGE, size)
    return rows.with_pooled()


class _Rows:
    """The groups found so far, by key; the eligible people of each add up."""

    def __init__(self, wave: Wave, unit_names: Mapping[str, str]) -> None:
        self._wave = wave
        self._names = unit_names
        self._rows: dict[str, WaveGroup] = {}

    def add(
        self, key: str, kind: WaveGroup.Kind, size: int, *, parent: WaveGroup | None = None
    ) -> WaveGroup:
        if key not in self._rows:
            self._rows[key] = WaveGroup(
                organization=self._wave.organization,
                wave=self._wave,
                key=key,
                kind=kind,
                name=self._names.get(key, key.partition(":")[2]),
                parent=parent,
                eligible=0,
            )
        self._rows[key].eligible += size
        return self._rows[key]

    def with_pooled(self) -> list[WaveGroup]:
        """PMs and product ops together are a cut of their own: both are asked about careers."""
        asked = [self._rows.get(key) for key in (ReleasedCell.ORGANIZATION, PRODUCT_OPS_KEY)]
        sizes = [row.eligible for row in asked if row is not None]
        if len(sizes) == len(asked):
            self.add(POOLED_KEY, WaveGroup.Kind.AUDIENCE, sum(sizes))
        return list(self._rows.values())
