"""Where the organisation stands: a level per area, never one number for the whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from maturity.models import Organization, Score
from maturity.selectors import effective_scores
from reports.selectors.record import Record, Rubric

# Every capability has its own target; where none is set the definitions say 3.
DEFAULT_TARGET = 3


@dataclass(frozen=True)
class AreaRow:
    """One area's level with its coverage.

    `level` is None unless `state` is "level": too few capabilities were assessed, or none
    applies. Missing is never 0.
    """

    key: str
    name: str
    state: Literal["level", "incomplete", "not_applicable"]
    level: int | None
    label: str
    assessed: int
    applicable: int
    unknown: int
    target: int = DEFAULT_TARGET

    @property
    def at_target(self) -> bool:
        return self.level is not None and self.level >= self.target

    @property
    def levels_missing(self) -> int:
        """How many levels the area is below its target; 0 where it has no level."""
        return 0 if self.level is None else max(0, self.target - self.level)

    @property
    def not_assessed(self) -> int:
        return self.applicable - self.assessed - self.unknown


@dataclass(frozen=True)
class Profile:
    """All areas of one rubric version, in the rubric's order."""

    rubric: str
    areas: tuple[AreaRow, ...]
    recorded_at: datetime | None
    unsubstantiated: int
    target: int = DEFAULT_TARGET

    @property
    def at_target(self) -> int:
        return sum(area.at_target for area in self.areas)

    @property
    def without_level(self) -> int:
        """Areas that are incomplete; those that do not apply are not counted."""
        return sum(area.state == "incomplete" for area in self.areas)

    @property
    def assessed(self) -> int:
        return sum(area.assessed for area in self.areas)


def profile_of(
    organization: Organization, record: Record, *, as_of: date, known_at: datetime
) -> Profile | None:
    """Every area's level as it stood; one query, and None where no rubric is published."""
    rubric = record.current
    if rubric is None:
        return None
    known = {capability.pk for rows in rubric.areas.values() for capability in rows}
    in_force = effective_scores(organization, as_of=as_of, known_at=known_at)
    # Scores of an older rubric version are another series; they never fill this one's gaps.
    scores = {pk: score for pk, score in in_force.items() if pk in known}
    return Profile(
        rubric=str(rubric.version),
        areas=tuple(_row(rubric, key, scores) for key in rubric.areas),
        recorded_at=max((score.recorded_at for score in scores.values()), default=None),
        unsubstantiated=sum(score.level != score.effective_level for score in scores.values()),
    )


def _row(rubric: Rubric, key: str, scores: Mapping[int, Score]) -> AreaRow:
    result = rubric.area_level(key, scores)
    labels = rubric.version.rules.get("scale", {}).get("levels", {})
    return AreaRow(
        key=key,
        name=rubric.areas[key][0].area.name,
        state=result.state,
        level=result.level,
        label=labels.get(str(result.level), {}).get("label", ""),
        assessed=result.assessed,
        applicable=result.applicable,
        unknown=result.unknown,
    )
