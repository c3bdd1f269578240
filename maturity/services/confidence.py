"""Write down how far each score can be relied on, once per organisation and local day.

Readers take the row in force and never look at the clock. A row is written only where the
confidence, the stale flag or an input changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from maturity.insights.facts import PM
from maturity.models import (
    Assessment,
    Evidence,
    Organization,
    RecordClock,
    Score,
    ScoreConfidence,
    ScoreEvidence,
    SurveyItemResult,
    Validation,
)
from maturity.rubrics.confidence import ConfidenceInputs, confidence_of, is_stale
from maturity.rubrics.conventions import conventions
from maturity.rubrics.packs import EvidenceRules
from maturity.selectors import confidence_in_force, effective_scores_of_all
from maturity.services.area_levels import write_area_levels
from maturity.services.record import record_lock


def organizations_aging(*, at: datetime) -> list[int]:
    """Ids of organisations whose day has begun and whose confidence was not written for it."""
    rows = RecordClock.objects.select_related("organization").order_by("pk")
    return [
        clock.organization_id
        for clock in rows.iterator()
        if clock.aged_to is None or clock.aged_to < _local_day(clock.organization, at)
    ]


@transaction.atomic
def write_confidence(organization: Organization, *, at: datetime | None = None) -> int:
    """Write today's confidence of every score in force; return how many rows it took.

    Also the levels of areas: an exemption may have begun or ended with the day. A fixed number
    of statements. Safe to run twice: the second run finds nothing to write.
    """
    stamp = record_lock(organization, changes_facts=False)
    day = _local_day(organization, at or stamp)
    scores = effective_scores_of_all(organization, as_of=day)
    inputs = _inputs_of(organization, scores)
    before = confidence_in_force(organization, as_of=day, scores=scores)
    rows = [
        row
        for score in scores
        if (row := _next_row(score, inputs[score.pk], before.get(score.pk), day, stamp))
    ]
    ScoreConfidence.objects.bulk_create(rows)
    write_area_levels(organization, stamp=at or stamp)
    RecordClock.objects.filter(organization=organization).update(aged_to=day)
    return len(rows)


def first_confidence(
    rows: Sequence[Score],
    evidence: Sequence[Sequence[Evidence]],
    *,
    stamp: datetime,
    rules: EvidenceRules,
) -> None:
    """What a score starts with: what is known of it when it is recorded."""
    if not rows:
        return
    prefetch_related_objects([row.capability for row in rows], "area")
    day = _local_day(rows[0].organization, stamp)
    answers = _answers_by_area_item(rows[0].organization)
    made = []
    for row, own in zip(rows, evidence, strict=True):
        inputs = _inputs(row, own, answers, independent=False)
        made.append(_row(row, inputs, rules, day=day, stamp=stamp, since=row.valid_from))
    ScoreConfidence.objects.bulk_create(made)


def _next_row(
    score: Score,
    inputs: ConfidenceInputs,
    before: ScoreConfidence | None,
    day: date,
    stamp: datetime,
) -> ScoreConfidence | None:
    """Today's row; None where it would say what the row in force says."""
    rules = EvidenceRules.model_validate(score.capability.rubric.rules["evidence_rules"])
    row = _row(score, inputs, rules, day=day, stamp=stamp, since=day)
    if before is None:
        return row
    if before.inputs == row.inputs:
        row.value = min(row.value, before.value)
        row.stale = row.stale or before.stale
    same = (before.value, before.stale, before.inputs) == (row.value, row.stale, row.inputs)
    return None if same else row


def _row(
    score: Score,
    inputs: ConfidenceInputs,
    rules: EvidenceRules,
    *,
    day: date,
    stamp: datetime,
    since: date,
) -> ScoreConfidence:
    value: Decimal = confidence_of(
        inputs,
        conventions().confidence,
        level=score.level,
        max_age_days=rules.max_age_days,
        day=day,
    )
    return ScoreConfidence(
        organization_id=score.organization_id,
        score=score,
        day=since,
        value=value,
        stale=is_stale(inputs, level=score.level, max_age_days=rules.max_age_days, day=day),
        inputs=inputs.as_json(),
        recorded_at=stamp,
    )


def _inputs_of(organization: Organization, scores: Iterable[Score]) -> dict[int, ConfidenceInputs]:
    """What the confidence of each score rests on now; three queries."""
    evidence: dict[int, list[Evidence]] = {}
    links = ScoreEvidence.objects.filter(score__in=scores).select_related("evidence")
    for link in links:
        evidence.setdefault(link.score_id, []).append(link.evidence)
    validations = Validation.objects.filter(
        assessment__in={score.assessment_id for score in scores}
    )
    validated = dict(
        validations.order_by("recorded_at").values_list("assessment_id", "recorded_at")
    )
    answers = _answers_by_area_item(organization)
    return {
        score.pk: _inputs(
            score,
            evidence.get(score.pk, []),
            answers,
            independent=_is_independent(score, validated),
        )
        for score in scores
    }


def _is_independent(score: Score, validated: Mapping[int, datetime]) -> bool:
    """Somebody else has validated it since, or it is what several assessors agree on."""
    if score.assessment.kind == Assessment.Kind.CONSENSUS:
        return True
    moment = validated.get(score.assessment_id)
    return moment is not None and moment >= score.recorded_at


def _inputs(
    score: Score,
    evidence: Sequence[Evidence],
    answers: Mapping[str, tuple[str, int]],
    *,
    independent: bool,
) -> ConfidenceInputs:
    """The day of the evidence that bears the level, its next review, and the PMs' answers."""
    bearing = [item for item in evidence if item.observed_on == score.evidence_date]
    reviews = [item.review_by for item in bearing or evidence if item.review_by is not None]
    found = [answers[item] for item in score.capability.area.survey_items if item in answers]
    wave, n = max(found, key=lambda pair: pair[1], default=("", None))
    return ConfidenceInputs(
        observed_on=score.evidence_date,
        review_by=min(reviews, default=None),
        answers=n,
        wave=wave,
        independent=independent,
    )


def _answers_by_area_item(organization: Organization) -> dict[str, tuple[str, int]]:
    """(wave, n) of the newest released result of each item."""
    rows = (
        SurveyItemResult.objects.for_organization(organization)
        .filter(audience=PM)
        .order_by("closed_at")
        .values_list("item_key", "wave_key", "n")
    )
    return {item: (wave, n) for item, wave, n in rows}


def _local_day(organization: Organization, moment: datetime) -> date:
    return timezone.localtime(moment, organization.zone).date()
