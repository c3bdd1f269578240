"""What each area of a scope comes to, as it is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from maturity.models import Capability, Score
from maturity.rubrics.aggregation import area_level, area_target
from maturity.rubrics.conventions import conventions
from maturity.selectors.standing import FullStanding


@dataclass(frozen=True)
class AreaNow:
    """One area's level, coverage and target; `is_current`: of the rubric that was used last."""

    state: str
    level: int | None
    target: int
    assessed: int
    applicable: int
    unknown: int
    is_current: bool
    valid_from: date


def capabilities_beside(standings: Iterable[FullStanding]) -> list[Capability]:
    """Every capability of the rubrics that these scopes are scored by; one query."""
    rubrics = {score.capability.rubric_id for each in standings for score in each.scores.values()}
    rows = Capability.objects.filter(rubric__in=rubrics)
    return list(rows.order_by("rubric", "area", "position"))


def areas_now(standing: FullStanding, capabilities: Iterable[Capability]) -> dict[int, AreaNow]:
    """Every area of the rubrics that have a score in force in one scope, by area id; no query.

    An older rubric's areas are another series: they keep the level of their own scores.
    """
    newest = _newest_by_rubric(standing.scores)
    if not newest:
        return {}
    last = max(newest.values(), key=lambda score: (score.valid_from, score.recorded_at, score.pk))
    current = last.capability.rubric_id
    areas: dict[int, list[Capability]] = {}
    for capability in capabilities:
        if capability.rubric_id in newest:
            areas.setdefault(capability.area_id, []).append(capability)
    return {
        area: _area(standing, own, newest[own[0].rubric_id], is_current=own[0].rubric_id == current)
        for area, own in areas.items()
    }


def _newest_by_rubric(scores: Mapping[int, Score]) -> dict[int, Score]:
    newest: dict[int, Score] = {}
    for score in sorted(
        scores.values(), key=lambda score: (score.valid_from, score.recorded_at, score.pk)
    ):
        newest[score.capability.rubric_id] = score
    return newest


def _area(
    standing: FullStanding, own: list[Capability], newest: Score, *, is_current: bool
) -> AreaNow:
    result = area_level(standing.judged(capability.pk) for capability in own)
    applicable = [c.pk for c in own if c.pk not in standing.exemptions]
    target = area_target(map(standing.target_level, applicable)) or conventions().default_target
    scored = [standing.scores[c.pk].valid_from for c in own if c.pk in standing.scores]
    return AreaNow(
        state=result.state,
        level=result.level,
        target=target,
        assessed=result.assessed,
        applicable=result.applicable,
        unknown=result.unknown,
        is_current=is_current,
        valid_from=max(scored, default=newest.valid_from),
    )
