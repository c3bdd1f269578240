"""The assessments on the record with their scores: read once for profile and trend."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from maturity.models import Assessment, Capability, Organization, RubricVersion, Score
from maturity.rubrics.aggregation import AreaLevel, area_level

# Two years of monthly rounds; older ones stay on the record and leave the page.
ROUNDS_SHOWN = 24
ON_RECORD = (Assessment.Status.SUBMITTED, Assessment.Status.VALIDATED)

Scores = Mapping[int, Score]


@dataclass(frozen=True)
class Rubric:
    """One rubric version with its capabilities by area, both in the rubric's order."""

    version: RubricVersion
    areas: Mapping[str, tuple[Capability, ...]]

    def area_level(self, key: str, scores: Scores) -> AreaLevel:
        """An area's level; an area this version does not have is not applicable."""
        rows = [scores.get(capability.pk) for capability in self.areas.get(key, ())]
        return area_level(
            (row.state, row.effective_level) if row else (Score.State.NOT_ASSESSED.value, None)
            for row in rows
        )


@dataclass(frozen=True)
class Entry:
    """One assessment of the whole organisation and its scores by capability id."""

    assessment: Assessment
    scores: Scores


@dataclass(frozen=True)
class Record:
    """Assessments, the oldest first, and the rubric versions they were judged against.

    `current` is the newest assessment's rubric; before the first one, the rubric in force, or
    None where no rubric is published.
    """

    entries: tuple[Entry, ...]
    rubrics: Mapping[int, Rubric]
    current: Rubric | None


def record_of(organization: Organization, *, as_of: date, known_at: datetime) -> Record:
    """Read the record as it stood; three queries, or two before the first assessment."""
    assessments = _assessments(organization, as_of=as_of, known_at=known_at)
    if not assessments:
        in_force = RubricVersion.objects.used_by(organization, at=known_at).first()
        rubrics = _rubrics([in_force]) if in_force else {}
        return Record((), rubrics, rubrics[in_force.pk] if in_force else None)
    scores: dict[int, dict[int, Score]] = {assessment.pk: {} for assessment in assessments}
    for score in Score.objects.for_organization(organization).filter(assessment__in=scores):
        scores[score.assessment_id][score.capability_id] = score
    rubrics = _rubrics([assessment.rubric for assessment in assessments])
    entries = tuple(Entry(assessment, scores[assessment.pk]) for assessment in assessments)
    return Record(entries, rubrics, rubrics[assessments[-1].rubric_id])


def _assessments(
    organization: Organization, *, as_of: date, known_at: datetime
) -> list[Assessment]:
    """The newest rounds, the oldest first. Of one day the one recorded last counts."""
    rows = (
        Assessment.objects.for_organization(organization)
        .filter(unit=None, status__in=ON_RECORD, valid_from__lte=as_of, submitted_at__lte=known_at)
        .order_by("-valid_from", "-submitted_at", "-pk")
        .distinct("valid_from")
        .select_related("rubric")
    )
    return list(reversed(rows[:ROUNDS_SHOWN]))


def _rubrics(versions: list[RubricVersion]) -> dict[int, Rubric]:
    by_version: dict[int, dict[str, list[Capability]]] = {version.pk: {} for version in versions}
    rows = Capability.objects.filter(rubric__in=by_version).select_related("area")
    for capability in rows.order_by("area__position", "position"):
        areas = by_version[capability.rubric_id]
        areas.setdefault(capability.area.key, []).append(capability)
    return {
        version.pk: Rubric(
            version, {key: tuple(rows) for key, rows in by_version[version.pk].items()}
        )
        for version in versions
    }
