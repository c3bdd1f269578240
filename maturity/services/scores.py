"""Put scores on the record: with their evidence, their confidence, and what they ask to exempt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from maturity.models import (
    Assessment,
    Capability,
    CapabilityLevel,
    Evidence,
    Exemption,
    Score,
    ScoreEvidence,
    User,
)
from maturity.rubrics import effective_level
from maturity.rubrics.aggregation import Proof, proves
from maturity.rubrics.checks import faults, proposed_level
from maturity.rubrics.conventions import conventions
from maturity.rubrics.packs import EvidenceRules
from maturity.services.confidence import first_confidence

LONGEST = 2_000


@dataclass(frozen=True)
class NewScore:
    """One capability's judgement: a level from 1 to 5, or a state that says why there is none.

    `checks` are the rubric's checks as ticked, {"2": ["pass", …]}; without them the level is
    marked as judged alone. Evidence is named by its rows, or the short way by kind, link and
    date. `exempt_until` asks to leave out what does not apply until that day.
    """

    capability: Capability
    state: str
    level: int | None = None
    evidence_kind: str = ""
    evidence_ref: str = ""
    evidence_date: date | None = None
    note: str = ""
    checks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    claim_reason: str = ""
    evidence: Sequence[Evidence] = ()
    exempt_until: date | None = None


@dataclass(frozen=True)
class _Pen:
    """What all rows of one writing have in common."""

    assessment: Assessment
    rules: EvidenceRules
    counts: Mapping[int, Mapping[int, int]]
    stamp: datetime
    by: User | None
    today: date


def write_scores(
    assessment: Assessment,
    news: Sequence[NewScore],
    *,
    stamp: datetime,
    by: User | None,
    valid_from: date | None = None,
    replaces: Score | None = None,
    reason: str = "",
) -> list[Score]:
    """Write one row for each judgement, in a fixed number of statements.

    The caller holds the record's lock. Raises ValidationError naming the capability.
    """
    pen = _pen(assessment, stamp, by)
    made = _evidence_of(pen, news)
    rows = [_row(pen, new, evidence) for new, evidence in zip(news, made, strict=True)]
    for row in rows:
        row.valid_from = valid_from or assessment.valid_from
        row.replaces, row.reason = replaces, reason
    if wrong := {
        new.capability.key: texts
        for new, row, evidence in zip(news, rows, made, strict=True)
        if (texts := list(_faults(pen, new, row, evidence)))
    }:
        raise ValidationError(wrong)
    Evidence.objects.bulk_create([item for own in made for item in own if item.pk is None])
    Score.objects.bulk_create(rows)
    ScoreEvidence.objects.bulk_create(
        ScoreEvidence(organization=assessment.organization, score=row, evidence=item)
        for row, own in zip(rows, made, strict=True)
        for item in own
    )
    first_confidence(rows, made, stamp=stamp, rules=pen.rules)
    _ask_to_exempt(pen, news)
    return rows


def _pen(assessment: Assessment, stamp: datetime, by: User | None) -> _Pen:
    counts: dict[int, dict[int, int]] = {}
    levels = CapabilityLevel.objects.filter(rubric=assessment.rubric_id)
    for capability_id, level, checks in levels.values_list("capability_id", "level", "checks"):
        counts.setdefault(capability_id, {})[level] = len(checks)
    return _Pen(
        assessment=assessment,
        rules=EvidenceRules.model_validate(assessment.rubric.rules["evidence_rules"]),
        counts=counts,
        stamp=stamp,
        by=by,
        today=stamp.astimezone(assessment.organization.zone).date(),
    )


def _evidence_of(pen: _Pen, news: Sequence[NewScore]) -> list[list[Evidence]]:
    """The evidence of each judgement; what was named the short way is a row to be written."""
    return [[*new.evidence, *_short(pen, new)] for new in news]


def _short(pen: _Pen, new: NewScore) -> list[Evidence]:
    if not (new.evidence_ref and new.evidence_kind and new.evidence_date):
        return []
    return [
        Evidence(
            organization=pen.assessment.organization,
            kind=new.evidence_kind,
            link=new.evidence_ref,
            observed_on=new.evidence_date,
            recorded_at=pen.stamp,
            recorded_by=pen.by,
        )
    ]


def _row(pen: _Pen, new: NewScore, evidence: Sequence[Evidence]) -> Score:
    counts = pen.counts.get(new.capability.pk, {})
    ticked = bool(new.checks) and not faults(new.checks, counts)
    best = _loudest(pen, new, evidence)
    return Score(
        organization=pen.assessment.organization,
        assessment=pen.assessment,
        capability=new.capability,
        unit=pen.assessment.unit,
        state=new.state,
        level=new.level,
        effective_level=_effective(pen, new, evidence),
        basis=Score.Basis.CHECKS if ticked else Score.Basis.JUDGEMENT,
        checks=dict(new.checks) if ticked else {},
        proposed_level=proposed_level(new.checks, counts) if ticked else None,
        claim_reason=new.claim_reason,
        evidence_kind=best.kind if best else new.evidence_kind,
        evidence_ref=best.link if best else new.evidence_ref,
        evidence_date=best.observed_on if best else new.evidence_date,
        evidence_count=len(evidence),
        note=new.note,
        recorded_at=pen.stamp,
        recorded_by=pen.by,
    )


def _effective(pen: _Pen, new: NewScore, evidence: Sequence[Evidence]) -> int | None:
    if new.level is None or not 1 <= new.level <= 5:
        return None
    proofs = [Proof(item.kind, item.observed_on) for item in evidence]
    return effective_level(new.level, pen.rules, evidence=proofs, recorded_on=pen.today)


def _loudest(pen: _Pen, new: NewScore, evidence: Sequence[Evidence]) -> Evidence | None:
    """The piece that bears the level, else the newest one."""

    def bears(item: Evidence) -> bool:
        needed = new.level is not None and pen.rules.required_from_level <= new.level <= 5
        proof = Proof(item.kind, item.observed_on)
        return needed and proves(proof, new.level or 0, pen.rules, on=pen.today)

    return max(evidence, key=lambda item: (bears(item), item.observed_on), default=None)


def _faults(pen: _Pen, new: NewScore, row: Score, evidence: Sequence[Evidence]) -> list[str]:
    """What is wrong with one judgement; the same rules as the table's, without asking it."""
    texts = []
    leveled = new.state == Score.State.ASSESSED
    if leveled != (new.level is not None) or (leveled and not 1 <= (new.level or 0) <= 5):
        texts.append(_("Give a level from 1 to 5, or the reason for none."))
    if new.state == Score.State.NOT_APPLICABLE and not new.note.strip():
        texts.append(_("Say in the note why this does not apply."))
    if new.checks and (wrong := faults(new.checks, pen.counts.get(new.capability.pk, {}))):
        texts.append(wrong)
    if _claims_more(row) and not row.claim_reason.strip():
        texts.append(
            _("Its checks propose level %(level)d: say why it is higher.")
            % {"level": row.proposed_level}
        )
    texts += _faults_of_evidence(pen, evidence)
    if max(len(new.note), len(new.claim_reason)) > LONGEST:
        texts.append(_("Keep texts under %(count)d characters.") % {"count": LONGEST})
    if new.exempt_until is not None and new.exempt_until <= pen.assessment.valid_from:
        texts.append(_("The exemption must end after it starts."))
    return texts + _faults_of_fields(row)


def _claims_more(row: Score) -> bool:
    return (
        row.level is not None and row.proposed_level is not None and row.level > row.proposed_level
    )


def _faults_of_evidence(pen: _Pen, evidence: Sequence[Evidence]) -> list[str]:
    home = pen.assessment.organization_id
    texts = []
    if any(item.organization_id != home for item in evidence):
        texts.append(_("This evidence belongs to another organisation."))
    if any(item.observed_on > pen.today for item in evidence):
        texts.append(_("Evidence cannot have been observed in the future."))
    if len({id(item) if item.pk is None else item.pk for item in evidence}) < len(evidence):
        texts.append(_("The same evidence is named twice."))
    return texts


def _faults_of_fields(row: Score) -> list[str]:
    try:
        row.clean_fields(
            exclude=[
                "organization",
                "assessment",
                "capability",
                "unit",
                "recorded_by",
                "replaces",
                "level",
            ]
        )
    except ValidationError as error:
        return list(error.messages)
    return []


def _ask_to_exempt(pen: _Pen, news: Sequence[NewScore]) -> None:
    """What does not apply leaves the denominator once another person has agreed."""
    assessment = pen.assessment
    asked = [new for new in news if new.state == Score.State.NOT_APPLICABLE]
    if not asked:
        return
    running = set(
        Exemption.objects.filter(
            organization=assessment.organization,
            unit=assessment.unit,
            valid_from__lte=assessment.valid_from,
            ends_on__gt=assessment.valid_from,
        ).values_list("capability_id", flat=True)
    )
    usual = assessment.valid_from + timedelta(days=conventions().exemption_days)
    Exemption.objects.bulk_create(
        Exemption(
            organization=assessment.organization,
            capability=new.capability,
            unit=assessment.unit,
            reason=new.note,
            valid_from=assessment.valid_from,
            ends_on=new.exempt_until or usual,
            requested_by=pen.by,
            recorded_at=pen.stamp,
        )
        for new in asked
        if new.capability.pk not in running
    )
