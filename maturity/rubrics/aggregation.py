"""The arithmetic of levels (domain definitions 1.2): ordinal, never a mean of levels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Literal, Protocol


class EvidenceRules(Protocol):
    """The rubric's rules of evidence."""

    @property
    def required_from_level(self) -> int: ...
    @property
    def max_age_days(self) -> Mapping[int, int]: ...
    @property
    def level_4_needs_kind(self) -> Sequence[str]: ...
    @property
    def unsubstantiated_cap(self) -> int: ...


@dataclass(frozen=True)
class AreaLevel:
    """An area's level with its coverage.

    `level` is None where the area is incomplete: fewer than two thirds of the applicable
    capabilities were assessed, or none applies.
    """

    state: Literal["level", "incomplete", "not_applicable"]
    level: int | None
    assessed: int
    applicable: int
    unknown: int


@dataclass(frozen=True)
class Proof:
    """What the rules of evidence look at in one piece of evidence."""

    kind: str
    observed_on: date


def proves(proof: Proof, level: int, rules: EvidenceRules, *, on: date) -> bool:
    """Whether one piece of evidence was good enough for a level on that day."""
    if level >= 4 and proof.kind not in rules.level_4_needs_kind:
        return False
    return 0 <= (on - proof.observed_on).days <= rules.max_age_days[level]


def effective_level(
    level: int, rules: EvidenceRules, *, evidence: Iterable[Proof], recorded_on: date
) -> int:
    """What a claimed level counts for, given the evidence on the day it was recorded.

    Where all evidence that the level needs is missing, of the wrong kind (from level 4) or
    past its age, the level counts for at most `rules.unsubstantiated_cap`. Evidence that ages
    later does not lower it.
    """
    if level < rules.required_from_level:
        return level
    if any(proves(proof, level, rules, on=recorded_on) for proof in evidence):
        return level
    return min(level, rules.unsubstantiated_cap)


def lower_median(levels: Sequence[int]) -> int:
    """What counts where several assessors judged: the lower of the two in the middle."""
    return sorted(levels)[(len(levels) - 1) // 2]


def area_level(scores: Iterable[tuple[str, int | None]]) -> AreaLevel:
    """An area's level from (state, effective level) of each of its capabilities.

    `not_applicable` leaves the denominator; `unknown` and `not_assessed` stay in it and do not
    count as assessed. With levels l1..ln of n assessed capabilities:
    q = max{L : #(l >= L) >= ceil(2n/3)}; the area's level is min(q, min(l) + 1).
    """
    rows = [(state, level) for state, level in scores if state != "not_applicable"]
    levels = [level for state, level in rows if state == "assessed" and level is not None]
    applicable, assessed = len(rows), len(levels)
    unknown = sum(state == "unknown" for state, _ in rows)
    if applicable == 0:
        return AreaLevel("not_applicable", None, 0, 0, 0)
    if 3 * assessed < 2 * applicable:
        return AreaLevel("incomplete", None, assessed, applicable, unknown)
    needed = ceil(2 * assessed / 3)
    reached = max(
        floor for floor in range(1, 6) if sum(level >= floor for level in levels) >= needed
    )
    return AreaLevel("level", min(reached, min(levels) + 1), assessed, applicable, unknown)


def area_target(targets: Iterable[int]) -> int | None:
    """The level an area has when each of its applicable capabilities is at its target.

    None where none applies.
    """
    return area_level(("assessed", target) for target in targets).level


def trend_index(levels: Iterable[int]) -> float | None:
    """mean((level - 1) / 4 * 100) over a matched set of capabilities; None when it is empty.

    The caller matches: same rubric version, same scope, and the capabilities assessed in both
    rounds. Always shown with its n of N.
    """
    points = [(level - 1) / 4 * 100 for level in levels]
    return sum(points) / len(points) if points else None
