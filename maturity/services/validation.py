"""A second pair of eyes: validate what was submitted, or send it back."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from maturity.errors import AlreadyDecided, NotIndependent
from maturity.models import (
    Assessment,
    AssessmentDraft,
    Membership,
    Organization,
    Placement,
    Score,
    User,
    Validation,
)
from maturity.rubrics.conventions import conventions
from maturity.selectors import effective_scores
from maturity.services.corrections import withdraw_score
from maturity.services.drafts import values_of
from maturity.services.record import record_lock
from maturity.services.rounds import combine_round


@transaction.atomic
def validate_assessment(assessment: Assessment, *, by: User) -> Assessment:
    """Confirm an assessment, also anew after a correction.

    A level of 4 or 5 needs somebody who wrote none of it and is not in product ops (see
    is_in_product_ops). Raises NotIndependent, AlreadyDecided.
    """
    stamp = record_lock(assessment.organization)
    assessment = _locked(assessment)
    if assessment.status == Assessment.Status.SUPERSEDED:
        raise AlreadyDecided(_("This assessment was superseded."))
    scores = list(assessment.scores.filter(replaced_by=None))
    _refuse_twice(assessment, scores)
    if any((score.level or 0) >= conventions().validated_from_level for score in scores):
        obstacle = why_not_independent(assessment, by, at=stamp)
        if obstacle:
            raise NotIndependent(obstacle)
    Validation.objects.create(
        organization=assessment.organization,
        assessment=assessment,
        validated_by=by,
        recorded_at=stamp,
    )
    if assessment.status == Assessment.Status.SUBMITTED:
        assessment.status = Assessment.Status.VALIDATED
        assessment.validated_at = stamp
        assessment.save(update_fields=["status", "validated_at"])
    return assessment


@transaction.atomic
def refuse_assessment(assessment: Assessment, *, by: User, reason: str) -> AssessmentDraft:
    """Send a submission back: its scores are withdrawn, and it becomes a new draft.

    Raises AlreadyDecided once it is validated or superseded, ValidationError naming the field.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say what is to be put right.")})
    stamp = record_lock(assessment.organization)
    assessment = _locked(assessment)
    if assessment.status != Assessment.Status.SUBMITTED:
        raise AlreadyDecided(_("Only what was submitted and not validated can be refused."))
    scores = list(assessment.scores.filter(replaced_by=None).select_related("capability"))
    values = values_of([row for row in scores if row.state != Score.State.WITHDRAWN])
    _supersede(assessment, stamp)
    for score in scores:
        if score.state != Score.State.WITHDRAWN:
            withdraw_score(score, reason=reason, by=by)
    if assessment.round_key:
        combine_round(assessment)
    carried = _standing_besides(assessment, set(values))
    last = Score.objects.filter(organization=assessment.organization, unit=assessment.unit)
    return AssessmentDraft.objects.create(
        organization=assessment.organization,
        rubric=assessment.rubric,
        unit=assessment.unit,
        valid_from=assessment.valid_from,
        round_key=assessment.round_key,
        note=assessment.note,
        values={**carried, **values},
        carried=carried,
        author=assessment.created_by or by,
        seen=last.latest("recorded_at").recorded_at,
        refused=assessment,
        refusal=reason.strip(),
    )


def why_not_independent(assessment: Assessment, by: User, *, at: datetime) -> str:
    """Why somebody cannot validate a 4 or 5 of this assessment; empty if they can."""
    if _wrote_some_of(assessment, by):
        return _("Levels 4 and 5 are validated by somebody who wrote none of it.")
    today = at.astimezone(assessment.organization.zone).date()
    if is_in_product_ops(assessment.organization, by, on=today):
        return _("Levels 4 and 5 are validated by somebody outside product ops.")
    return ""


def is_in_product_ops(organization: Organization, user: User, *, on: date) -> bool:
    """Whether somebody works in product ops on a day: the roster says so, as far as it knows.

    Who has no place in it that day counts as product ops if they lead it here.
    """
    placed = Placement.objects.filter(
        organization=organization, person__email__iexact=user.email, valid__contains=on
    )
    role: str | None = placed.values_list("role", flat=True).first()
    if role is not None:
        return role == Placement.Role.PRODUCT_OPS.value
    leads = Membership.objects.filter(
        organization=organization, user=user, role=Membership.Role.OPS_LEAD
    )
    return leads.exists()


def _locked(assessment: Assessment) -> Assessment:
    locked: Assessment = (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("organization", "rubric", "unit", "created_by")
        .get(pk=assessment.pk)
    )
    return locked


def _standing_besides(assessment: Assessment, said: set[str]) -> dict[str, dict[str, object]]:
    """What stands, unconfirmed, for the capabilities that a partial assessment left out."""
    scores = effective_scores(
        assessment.organization, as_of=assessment.valid_from, unit=assessment.unit
    )
    rest = [
        score for score in scores.values() if score.capability.rubric_id == assessment.rubric_id
    ]
    return values_of([score for score in rest if score.capability.key not in said])


def _supersede(assessment: Assessment, stamp: datetime) -> None:
    assessment.status = Assessment.Status.SUPERSEDED
    assessment.superseded_at = stamp
    assessment.save(update_fields=["status", "superseded_at"])


def _refuse_twice(assessment: Assessment, scores: list[Score]) -> None:
    newest = assessment.validations.order_by("-recorded_at").first()
    if newest is not None and all(score.recorded_at <= newest.recorded_at for score in scores):
        raise AlreadyDecided(_("This assessment is validated."))


def _wrote_some_of(assessment: Assessment, by: User) -> bool:
    authors: set[int | None] = set(assessment.scores.values_list("recorded_by", flat=True))
    authors.add(assessment.created_by_id)
    named = {assessment.assessor.lower()}
    if assessment.kind == Assessment.Kind.CONSENSUS:
        judgements = Assessment.objects.filter(
            organization=assessment.organization,
            unit=assessment.unit,
            rubric=assessment.rubric,
            round_key=assessment.round_key,
        )
        authors |= set(judgements.values_list("created_by", flat=True))
        named |= {name.lower() for name in judgements.values_list("assessor", flat=True)}
    return by.pk in authors or bool({by.email.lower(), by.name.lower()} & (named - {""}))
