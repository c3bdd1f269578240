"""How the profile moved from one assessment to the next."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from maturity.rubrics.aggregation import trend_index
from reports.selectors.record import Entry, Record
from reports.selectors.rubrics import Rubric


@dataclass(frozen=True)
class AreaMark:
    """One area in one assessment: a level, or the state that says why there is none."""

    state: Literal["level", "incomplete", "not_applicable", "absent"]
    level: int | None


@dataclass(frozen=True)
class Step:
    """The trend index on both ends of one pair of assessments.

    Both ends are 0 to 100 over the same `matched` capabilities: those assessed in both rounds,
    in one scope. `total` are those that applied in either round. Where the rubric version
    changed in between, `mapped_from` names the earlier one, whose crosswalk says which
    capability lives on as which; the stored scores are never touched.
    """

    before: float
    after: float
    matched: int
    total: int
    mapped_from: str = ""

    @property
    def change(self) -> float:
        return self.after - self.before


@dataclass(frozen=True)
class Round:
    """One assessment on the record.

    `step` compares it with the round before; it is None for the first round and where the two
    cannot be compared (`gap` says why).
    """

    valid_from: date
    rubric: str
    marks: tuple[AreaMark, ...]
    at_target: int
    # Of how many areas its own rubric has.
    areas: int
    step: Step | None
    gap: Literal["", "first", "rubric", "no_match"]


@dataclass(frozen=True)
class Trend:
    """Every assessment on the record, the oldest first; areas are named in `language`."""

    areas: tuple[str, ...]
    rounds: tuple[Round, ...]
    language: str

    def between(self, since: date | None, until: date) -> "Trend":
        """The rounds of a period, both days inclusive; each keeps its step from the one before."""
        rounds = (item for item in self.rounds if item.valid_from <= until)
        shown = tuple(item for item in rounds if since is None or item.valid_from >= since)
        return Trend(self.areas, shown, self.language)

    @property
    def steps(self) -> int:
        return sum(item.step is not None for item in self.rounds)


def trend_of(record: Record) -> Trend:
    """Compare each assessment with the one before it; no query."""
    if record.current is None:
        return Trend((), (), "")
    keys = tuple(record.current.areas)
    names = tuple(rows[0].area.name for rows in record.current.areas.values())
    pairs = [(None, entry) for entry in record.entries[:1]] + list(pairwise(record.entries))
    rounds = tuple(_round(record, keys, before, entry) for before, entry in pairs)
    return Trend(names, rounds, record.current.version.language)


def _round(record: Record, keys: tuple[str, ...], before: Entry | None, entry: Entry) -> Round:
    rubric = record.rubrics[entry.assessment.rubric_id]
    levels = {key: rubric.area_level(key, entry.standing.judged) for key in rubric.areas}
    step, gap = _compare(record, before, entry)
    return Round(
        valid_from=entry.assessment.valid_from,
        rubric=str(rubric.version),
        marks=tuple(
            AreaMark(levels[key].state, levels[key].level)
            if key in levels
            else AreaMark("absent", None)
            for key in keys
        ),
        at_target=sum(
            (level.level or 0) >= rubric.target(key, entry.standing)
            for key, level in levels.items()
        ),
        areas=len(levels),
        step=step,
        gap=gap,
    )


def _compare(
    record: Record, before: Entry | None, entry: Entry
) -> tuple[Step | None, Literal["", "first", "rubric", "no_match"]]:
    if before is None:
        return None, "first"
    old, new = (record.rubrics[one.assessment.rubric_id] for one in (before, entry))
    carried = record.carried_on(old, new)
    if carried is None:
        return None, "rubric"
    earlier = {carried.get(pk, -pk): level for pk, level in _levels(old, before).items()}
    later = _levels(new, entry)
    matched = earlier.keys() & later.keys()
    was = trend_index(earlier[pk] for pk in matched)
    now = trend_index(later[pk] for pk in matched)
    if was is None or now is None:
        return None, "no_match"
    total = {carried.get(pk, -pk) for pk in _applicable(old, before)} | _applicable(new, entry)
    return Step(
        before=was,
        after=now,
        matched=len(matched),
        total=len(total),
        mapped_from="" if old == new else old.version.version,
    ), ""


def _levels(rubric: Rubric, entry: Entry) -> dict[int, int]:
    """The levels of this rubric's capabilities; what an older one left behind is no part of it."""
    judged = {pk: entry.standing.judged(pk)[1] for pk in rubric.capabilities}
    return {pk: level for pk, level in judged.items() if level is not None}


def _applicable(rubric: Rubric, entry: Entry) -> set[int]:
    scored = rubric.capabilities.keys() & entry.standing.scores.keys()
    return scored - entry.standing.exemptions.keys()
