"""Compare a release with the wave before that asked the same: once, while the rows are there."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from maturity import stats
from maturity.stats import Estimate
from surveys import changes
from surveys.models import Release, ReleasedCell, ReleasedChange
from surveys.privacy import Groups
from surveys.scoring import ItemScale
from surveys.services.releases.survey import ItemAnswers

Kind = ReleasedCell.Kind
Measure = ReleasedChange.Measure
# An item that so many waves left out has no change any more.
MOST_WAVES = 8
# Areas are asked about on five steps.
AGREE_REACH = 4


@dataclass(frozen=True)
class Side:
    """One wave as a side of a comparison. `people`: who of a group was asked, if that is known.

    `wordings`: what was asked on which scale, by item; only the same can be compared.
    """

    release: Release
    wordings: Mapping[str, object]
    languages: frozenset[str]
    groups: Groups
    items: Mapping[str, ItemAnswers]
    people: Callable[[str], frozenset[int]] | None = None
    links: Mapping[int, bytes] | None = None

    @cached_property
    def cells(self) -> dict[tuple[str, str], ReleasedCell]:
        """The item cells that are shown, by group and item."""
        shown = ReleasedCell.objects.filter(
            release=self.release, kind=Kind.ITEM, state=ReleasedCell.State.SHOWN
        )
        return {(cell.group_key, cell.key): cell for cell in shown}


def changes_since(
    after: Side,
    earlier: Iterable[Side],
    *,
    areas: Mapping[str, Sequence[str]],
    down: frozenset[str],
) -> Iterator[ReleasedChange]:
    """The changes of every item since the newest earlier wave that asked it; indexes by wave.

    `earlier` comes newest first and is read only as far as needed. `down`: items of which less
    is better. An item whose words, scale or languages changed has no change, only a break.
    """
    waiting = set(after.wordings)
    for before in earlier:
        if not waiting:
            return
        asked = waiting & set(before.wordings)
        waiting -= asked
        if before.languages != after.languages:
            continue
        same = [key for key in after.wordings if key in asked and _same(key, before, after)]
        yield from _between(before, after, same, areas=areas, down=down)


def _same(key: str, before: Side, after: Side) -> bool:
    return before.wordings[key] == after.wordings[key]


def _between(
    before: Side,
    after: Side,
    keys: Sequence[str],
    *,
    areas: Mapping[str, Sequence[str]],
    down: frozenset[str],
) -> Iterator[ReleasedChange]:
    for group in after.groups.members:
        shown = [k for k in keys if (group, k) in before.cells and (group, k) in after.cells]
        if not shown:
            continue
        different = _are_different(before, after, group)
        means: dict[str, Estimate] = {}
        for key in shown:
            pair = _Pair(before, after, group, key)
            means |= {key: pair.mean} if pair.mean is not None else {}
            found = pair.change(down_is_better=key in down)
            if found is not None:
                found.different_people = different
                yield found
        for area, items in areas.items():
            index = _index(before, after, group, area, [means[k] for k in items if k in means])
            if index is not None:
                index.different_people = different
                yield index


@dataclass(frozen=True)
class _Pair:
    """One item in one group, in both waves, shown in both."""

    before: Side
    after: Side
    group: str
    key: str

    @cached_property
    def rows(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        sides = [side.items.get(self.key) for side in (self.before, self.after)]
        if None in sides:
            return None
        old, new = (
            side.items[self.key].within(side.groups.members.get(self.group, 0)).scores
            for side in (self.before, self.after)
        )
        return old, new

    @cached_property
    def mean(self) -> Estimate | None:
        """Change of the mean with Welch's interval; None where the earlier rows are gone."""
        return None if self.rows is None else stats.welch_difference(*self.rows)

    def change(self, *, down_is_better: bool) -> ReleasedChange | None:
        old, new = (side.cells[self.group, self.key] for side in (self.before, self.after))
        scale = self.after.items[self.key].scale
        if scale.has_sides:
            change = stats.newcombe_difference(
                (old.favourable or 0, old.n or 0), (new.favourable or 0, new.n or 0)
            )
            least, measure = changes.LEAST_SHARE, Measure.FAVOURABLE
        else:
            change, least, measure = self.mean, _least(scale), Measure.MEAN
        if change is None:
            return None
        rows = changes.RowFigures()
        if self.rows is not None:
            rows = changes.compare_rows(*self.rows, self._pairs())
        return _row(
            (self.before, self.after),
            (self.group, Kind.ITEM, self.key),
            change,
            measure=measure,
            verdict=changes.verdict_of(change, least=least, down_is_better=down_is_better),
            rows=rows,
        )

    def _pairs(self) -> list[tuple[float, float]]:
        """Answers of the same people in both waves; their links are known in confidential mode."""
        if self.before.links is None or self.after.links is None:
            return []
        old = _by_link(self.before, self.group, self.key)
        new = _by_link(self.after, self.group, self.key)
        return [(old[link], new[link]) for link in sorted(old.keys() & new.keys())]


def _by_link(side: Side, group: str, key: str) -> dict[bytes, float]:
    item, members = side.items[key], side.groups.members[group]
    return {
        link: item.scale.score(item.answers[who])
        for who, link in (side.links or {}).items()
        if members >> who & 1 and who in item.answers
    }


def _least(scale: ItemScale) -> float:
    return changes.LEAST_REACH * (scale.maximum - scale.minimum)


def _index(
    before: Side, after: Side, group: str, area: str, means: Sequence[Estimate]
) -> ReleasedChange | None:
    """The change of an area's index over the items that both waves show."""
    if len(means) < 2:
        return None
    change = changes.mean_of(means)
    return _row(
        (before, after),
        (group, Kind.INDEX, area),
        change,
        measure=Measure.MEAN,
        verdict=changes.verdict_of(change, least=changes.LEAST_REACH * AGREE_REACH),
        rows=changes.RowFigures(),
    )


def _are_different(before: Side, after: Side, group: str) -> bool | None:
    if before.people is None or after.people is None:
        return None
    return changes.are_different(before.people(group), after.people(group))


def _row(
    sides: tuple[Side, Side],
    place: tuple[str, ReleasedCell.Kind, str],
    change: Estimate,
    *,
    measure: ReleasedChange.Measure,
    verdict: changes.Verdict,
    rows: changes.RowFigures,
) -> ReleasedChange:
    before, after = sides
    group, kind, key = place
    return ReleasedChange(
        organization=after.release.organization,
        release=after.release,
        since=before.release,
        group_key=group,
        kind=kind,
        key=key,
        measure=measure,
        difference=change.value,
        low=change.interval.low,
        high=change.interval.high,
        verdict=verdict,
        cliffs_delta=rows.cliffs_delta,
        p=rows.p,
        is_paired=rows.is_paired,
    )
