"""One capability, down to what its level rests on and what PMs say of its area."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from maturity.models import (
    Capability,
    CapabilityLevel,
    Evidence,
    Exemption,
    Organization,
    Score,
    ScoreConfidence,
    ScoreEvidence,
    Target,
    Unit,
)
from maturity.rubrics.perception import Perception, perception
from maturity.rubrics.targets import Gap
from maturity.selectors import Standing, brief_standing_of, confidence_in_force, known_now
from maturity.selectors.perception import AreaAnswers, area_answers
from reports.selectors.profile import AreaRow, area_rows
from reports.selectors.record import rubrics_of_many
from reports.selectors.rubrics import Rubric

HISTORY_SHOWN = 60


@dataclass(frozen=True)
class HistoryRow:
    """One score as it was recorded; `corrected`: another one stands in its place."""

    score: Score
    corrected: bool


@dataclass(frozen=True)
class CapabilityStood:
    """One capability of one scope as it stood. `state` says why where `level` is None."""

    known_at: datetime
    as_of: date
    rubric: str
    language: str
    capability: Capability
    area: AreaRow
    state: str
    level: int | None
    score: Score | None
    confidence: ScoreConfidence | None
    evidence: tuple[Evidence, ...]
    target_level: int
    target: Target | None
    gap: Gap | None
    exemption: Exemption | None
    perception: Perception
    answers: AreaAnswers | None
    levels: tuple[CapabilityLevel, ...]
    history: tuple[HistoryRow, ...]

    @property
    def at_target(self) -> bool:
        return self.level is not None and self.level >= self.target_level


def capability_of(
    organization: Organization,
    key: str,
    *,
    as_of: date,
    known_at: datetime,
    unit: Unit | None = None,
) -> CapabilityStood | None:
    """Read it in twelve queries at most; None where the rubric has no such capability."""
    recorded = min(known_at, known_now(organization))
    rubric = rubrics_of_many({organization: as_of}, known_at=known_at).get(organization.pk)
    part = None if rubric is None else _named(rubric, key)
    if rubric is None or part is None:
        return None
    standing = brief_standing_of(organization, as_of=as_of, known_at=recorded, unit=unit)
    area = next(row for row in area_rows(rubric, standing) if row.key == part.area.key)
    answers = area_answers(organization, [part.area], as_of=as_of, known_at=known_at)
    said = answers.get(part.area_id)
    state, level = standing.judged(part.pk)
    history = _history(organization, rubric, part, unit, recorded)
    mark = standing.scores.get(part.pk)
    score = None if mark is None else next(row for row in history if row.pk == mark.pk)
    return CapabilityStood(
        known_at=recorded,
        as_of=as_of,
        rubric=str(rubric.version),
        language=rubric.version.language,
        capability=part,
        area=area,
        state=state,
        level=level,
        score=score,
        confidence=_confidence(organization, score, as_of, recorded),
        evidence=_evidence(score),
        target_level=standing.target_level(part.pk),
        target=standing.targets.get(part.pk),
        gap=standing.gap(part.pk),
        exemption=standing.exemptions.get(part.pk),
        perception=_perceived(area, said, standing),
        answers=said,
        levels=tuple(CapabilityLevel.objects.filter(capability=part).order_by("level")),
        history=_shown(history),
    )


def _perceived(area: AreaRow, said: AreaAnswers | None, standing: Standing) -> Perception:
    """PMs answer for the whole organisation: a unit's level is not held against it."""
    level = area.level if standing.unit_id is None else None
    return perception(level, () if said is None else said.items)


def _named(rubric: Rubric, key: str) -> Capability | None:
    parts = (part for rows in rubric.areas.values() for part in rows)
    return next((part for part in parts if part.key == key), None)


def _confidence(
    organization: Organization, score: Score | None, as_of: date, known_at: datetime
) -> ScoreConfidence | None:
    if score is None:
        return None
    rows = confidence_in_force(organization, as_of=as_of, known_at=known_at, scores=[score])
    return rows.get(score.pk)


def _evidence(score: Score | None) -> tuple[Evidence, ...]:
    if score is None:
        return ()
    links = ScoreEvidence.objects.filter(score=score).select_related("evidence")
    return tuple(link.evidence for link in links.order_by("evidence"))


def _history(
    organization: Organization,
    rubric: Rubric,
    part: Capability,
    unit: Unit | None,
    known_at: datetime,
) -> list[Score]:
    """Everything recorded by then under this key in any version of the pack, the newest first."""
    return list(
        Score.objects.for_organization(organization)
        .filter(
            unit=unit,
            capability__key=part.key,
            capability__rubric__key=rubric.version.key,
            recorded_at__lte=known_at,
        )
        .select_related("recorded_by")
        .order_by("-valid_from", "-recorded_at", "-pk")
    )


def _shown(rows: Sequence[Score]) -> tuple[HistoryRow, ...]:
    replaced = {row.replaces_id for row in rows}
    return tuple(HistoryRow(row, row.pk in replaced) for row in rows[:HISTORY_SHOWN])
