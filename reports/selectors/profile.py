"""Where the organisation stands: a level per area, never one number for the whole."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from maturity.selectors import Standing
from reports.selectors.record import Record
from reports.selectors.rubrics import Rubric


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
    target: int

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
class CapabilityRow:
    """One capability's level, or the state that says why there is none."""

    key: str
    name: str
    area: str
    state: str
    level: int | None
    target: int

    @property
    def at_target(self) -> bool:
        return self.level is not None and self.level >= self.target


@dataclass(frozen=True)
class Profile:
    """All areas of one rubric version, in the rubric's order."""

    rubric: str
    language: str
    areas: tuple[AreaRow, ...]
    capabilities: tuple[CapabilityRow, ...]
    recorded_at: datetime | None
    unsubstantiated: int
    stale: int

    @property
    def target(self) -> int | None:
        """The one target of all areas; None where they differ."""
        targets = {area.target for area in self.areas}
        return targets.pop() if len(targets) == 1 else None

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


def profile_of(record: Record, standing: Standing) -> Profile | None:
    """Every area's level as one scope stood; no query, and None where no rubric is published."""
    rubric = record.current
    if rubric is None:
        return None
    # Scores of an older rubric version are another series; they never fill this one's gaps.
    known = {capability.pk for rows in rubric.areas.values() for capability in rows}
    scores = [score for pk, score in standing.scores.items() if pk in known]
    return Profile(
        rubric=str(rubric.version),
        language=rubric.version.language,
        areas=area_rows(rubric, standing),
        capabilities=tuple(
            CapabilityRow(
                part.key,
                part.name,
                part.area.name,
                *standing.judged(part.pk),
                standing.target_level(part.pk),
            )
            for parts in rubric.areas.values()
            for part in parts
        ),
        recorded_at=max((score.recorded_at for score in scores), default=None),
        unsubstantiated=sum(score.level != score.effective_level for score in scores),
        stale=sum(standing.is_stale(score.capability_id) for score in scores),
    )


def area_rows(rubric: Rubric, standing: Standing) -> tuple[AreaRow, ...]:
    """Every area of a rubric as one scope stands; no query. For one organisation and for many."""
    return tuple(_row(rubric, key, standing) for key in rubric.areas)


def _row(rubric: Rubric, key: str, standing: Standing) -> AreaRow:
    result = rubric.area_level(key, standing.judged)
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
        target=rubric.target(key, standing),
    )
