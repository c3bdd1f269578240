"""Several assessors of one scope and round: the lower median counts, wide gaps open a task."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from maturity.models import (
    Assessment,
    Disagreement,
    Score,
    ScoreConfidence,
    ScoreEvidence,
)
from maturity.rubrics.aggregation import lower_median
from maturity.rubrics.conventions import conventions
from maturity.services.record import record_lock

# Without any level: what the rows say together, the first that somebody said.
_STATES = (Score.State.UNKNOWN, Score.State.NOT_ASSESSED, Score.State.NOT_APPLICABLE)
_COPIED = (
    "state",
    "level",
    "effective_level",
    "basis",
    "checks",
    "proposed_level",
    "claim_reason",
    "evidence_kind",
    "evidence_ref",
    "evidence_date",
    "evidence_count",
    "note",
)


def settle_round(assessment: Assessment, *, stamp: datetime) -> None:
    """After a judgement was recorded or corrected: supersede what it redoes, then combine.

    Without a round key the newer judgement of a scope and day stands alone. With one, each
    assessor has one standing judgement, and two or more make a consensus. The caller holds
    the record's lock.
    """
    standing = _standing(assessment)
    redone = standing.exclude(pk=assessment.pk)
    if not assessment.round_key:
        redone = redone.filter(valid_from=assessment.valid_from)
    else:
        redone = redone.filter(assessor=assessment.assessor, created_by=assessment.created_by)
    _supersede(redone.filter(submitted_at__lt=assessment.submitted_at), stamp)
    if assessment.round_key:
        combine_round(assessment)


def combine_round(assessment: Assessment) -> Assessment | None:
    """Record the consensus of a round anew; None while one assessor alone has judged."""
    judgements = list(_standing(assessment).select_related("organization", "rubric", "unit"))
    old = _standing(assessment, kind=Assessment.Kind.CONSENSUS)
    if len(judgements) < 2 and not old.exists():
        return None
    stamp = record_lock(assessment.organization)
    Disagreement.objects.filter(assessment__in=old, settled_at=None).update(settled_at=stamp)
    earlier = _consensus_scores(assessment)
    _supersede(old, stamp)
    if not judgements:
        _withdraw_consensus(earlier, set(), stamp)
        return None
    consensus = Assessment.objects.create(
        organization=assessment.organization,
        rubric=assessment.rubric,
        unit=assessment.unit,
        valid_from=max(judgement.valid_from for judgement in judgements),
        round_key=assessment.round_key,
        kind=Assessment.Kind.CONSENSUS,
        created_at=stamp,
        submitted_at=stamp,
    )
    covered = _write(consensus, judgements, stamp)
    _withdraw_consensus(earlier, covered, stamp)
    return consensus


def _standing(
    assessment: Assessment, *, kind: Assessment.Kind = Assessment.Kind.JUDGEMENT
) -> QuerySet[Assessment]:
    return Assessment.objects.filter(
        organization=assessment.organization,
        unit=assessment.unit,
        rubric=assessment.rubric,
        round_key=assessment.round_key,
        kind=kind,
        superseded_at=None,
    )


def _supersede(rows: QuerySet[Assessment], stamp: datetime) -> None:
    rows.update(status=Assessment.Status.SUPERSEDED, superseded_at=stamp)


def _consensus_scores(assessment: Assessment) -> list[Score]:
    """What every consensus of a round says that was not replaced, those superseded included."""
    rows = Score.objects.filter(
        organization=assessment.organization,
        unit=assessment.unit,
        assessment__rubric=assessment.rubric,
        assessment__round_key=assessment.round_key,
        assessment__kind=Assessment.Kind.CONSENSUS,
        replaced_by=None,
    )
    return list(rows.exclude(state=Score.State.WITHDRAWN))


def _withdraw_consensus(earlier: Sequence[Score], covered: set[int], stamp: datetime) -> None:
    """Take back what assessors came to where none of them says anything any more."""
    Score.objects.bulk_create(
        Score(
            organization_id=row.organization_id,
            assessment_id=row.assessment_id,
            capability_id=row.capability_id,
            unit_id=row.unit_id,
            state=Score.State.WITHDRAWN,
            valid_from=row.valid_from,
            recorded_at=stamp,
            replaces=row,
            reason="No assessor of this round judges it any more.",
        )
        for row in earlier
        if row.capability_id not in covered
    )


def _write(consensus: Assessment, judgements: Sequence[Assessment], stamp: datetime) -> set[int]:
    """Write what the judgements come to; return the capabilities they say something about."""
    by_capability: dict[int, list[Score]] = {}
    rows = Score.objects.filter(assessment__in=judgements, replaced_by=None)
    for row in rows.order_by("capability__position", "recorded_at", "pk"):
        by_capability.setdefault(row.capability_id, []).append(row)
    pairs = [(_middle(own), own) for own in by_capability.values()]
    copies = Score.objects.bulk_create(_copy(consensus, middle, stamp) for middle, _own in pairs)
    _copy_evidence({middle.pk: copy for (middle, _), copy in zip(pairs, copies, strict=True)})
    _copy_confidence({middle.pk: copy for (middle, _), copy in zip(pairs, copies, strict=True)})
    _note_disagreements(consensus, [own for _middle_row, own in pairs], stamp)
    return set(by_capability)


def _middle(rows: Sequence[Score]) -> Score:
    """The row that counts: the lower median of those with a level, else the shared state."""
    levelled = [row for row in rows if row.level is not None]
    if levelled:
        level = lower_median([row.level for row in levelled if row.level is not None])
        same = [row for row in levelled if row.level == level]
        return min(same, key=lambda row: row.effective_level or 0)
    order = {state.value: place for place, state in enumerate((*_STATES, Score.State.WITHDRAWN))}
    return min(rows, key=lambda row: order[row.state])


def _copy(consensus: Assessment, row: Score, stamp: datetime) -> Score:
    # A judgement that was withdrawn by all is no judgement; the consensus says so plainly.
    withdrawn = row.state == Score.State.WITHDRAWN
    values = {name: getattr(row, name) for name in _COPIED}
    if withdrawn:
        values["state"] = Score.State.NOT_ASSESSED
    return Score(
        organization=consensus.organization,
        assessment=consensus,
        capability_id=row.capability_id,
        unit=consensus.unit,
        valid_from=consensus.valid_from,
        recorded_at=stamp,
        **values,
    )


def _copy_evidence(copies: dict[int, Score]) -> None:
    links = ScoreEvidence.objects.filter(score__in=copies)
    ScoreEvidence.objects.bulk_create(
        ScoreEvidence(
            organization_id=link.organization_id,
            score=copies[link.score_id],
            evidence_id=link.evidence_id,
        )
        for link in links
    )


def _copy_confidence(copies: dict[int, Score]) -> None:
    """It starts where its source stands; that several judged comes in with the daily task."""
    newest = (
        ScoreConfidence.objects.filter(score__in=copies)
        .order_by("score_id", "-day", "-recorded_at")
        .distinct("score_id")
    )
    ScoreConfidence.objects.bulk_create(
        ScoreConfidence(
            organization_id=row.organization_id,
            score=copies[row.score_id],
            day=copies[row.score_id].valid_from,
            value=row.value,
            stale=row.stale,
            inputs=row.inputs,
            recorded_at=copies[row.score_id].recorded_at,
        )
        for row in newest
    )


def _note_disagreements(
    consensus: Assessment, groups: Sequence[Sequence[Score]], stamp: datetime
) -> None:
    apart = conventions().disagreement_levels
    found = []
    for rows in groups:
        levels = [row.level for row in rows if row.level is not None]
        if levels and max(levels) - min(levels) >= apart:
            found.append((rows[0].capability_id, min(levels), max(levels)))
    Disagreement.objects.bulk_create(
        Disagreement(
            organization=consensus.organization,
            assessment=consensus,
            capability_id=capability_id,
            lowest=lowest,
            highest=highest,
            recorded_at=stamp,
        )
        for capability_id, lowest, highest in found
    )
