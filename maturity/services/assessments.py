"""Write the maturity record: assessments and their scores, once and for good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from maturity.errors import Conflict, Incomplete
from maturity.models import (
    Assessment,
    Capability,
    Organization,
    RubricVersion,
    Score,
    Unit,
    User,
)
from maturity.rubrics import effective_level
from maturity.rubrics.packs import EvidenceRules
from maturity.services.record import record_lock


@dataclass(frozen=True)
class NewScore:
    """One capability's judgement: a level from 1 to 5, or a state that says why there is none."""

    capability: Capability
    state: str
    level: int | None = None
    evidence_kind: str = ""
    evidence_ref: str = ""
    evidence_date: date | None = None
    note: str = ""


@transaction.atomic
def record_assessment(
    organization: Organization,
    *,
    rubric: RubricVersion,
    valid_from: date,
    scores: Sequence[NewScore],
    by: User | None,
    unit: Unit | None = None,
    note: str = "",
    seen: datetime | None = None,
) -> Assessment:
    """Record a whole assessment in one go; earlier ones stay as they were.

    `seen` is the newest `recorded_at` its author was shown. Raises Conflict when the same
    scope was recorded after that, Incomplete when a capability has neither level nor state,
    ValidationError naming the field for anything else.
    """
    stamp = record_lock(organization)
    _refuse_lost_update(organization, unit, seen)
    _require_every_capability(rubric, scores)
    if valid_from > stamp.astimezone(organization.zone).date():
        raise ValidationError({"valid_from": _("This date lies in the future.")})
    assessment = Assessment(
        organization=organization,
        rubric=rubric,
        unit=unit,
        valid_from=valid_from,
        status=Assessment.Status.SUBMITTED,
        note=note,
        created_by=by,
        created_at=stamp,
        submitted_at=stamp,
    )
    if unit is not None and unit.organization_id != organization.pk:
        raise ValidationError({"unit": _("This unit belongs to another organisation.")})
    assessment.full_clean()
    assessment.save()
    rows = [_score(assessment, new, stamp) for new in scores]
    for row in rows:
        _validate(row)
    Score.objects.bulk_create(rows)
    return assessment


def _refuse_lost_update(
    organization: Organization, unit: Unit | None, seen: datetime | None
) -> None:
    if seen is None:
        return
    newer = Score.objects.filter(organization=organization, unit=unit, recorded_at__gt=seen)
    if newer.exists():
        raise Conflict(
            _("Somebody recorded an assessment of the same scope while you were writing this one.")
        )


def _require_every_capability(rubric: RubricVersion, scores: Sequence[NewScore]) -> None:
    given = {new.capability.pk for new in scores}
    wanted = {capability.pk: capability for capability in rubric.capabilities.all()}
    if len(given) != len(scores) or given - wanted.keys():
        raise ValidationError({"scores": _("Each capability of the rubric is scored once.")})
    if missing := [str(wanted[pk]) for pk in wanted.keys() - given]:
        raise Incomplete(_("Not scored yet: %(names)s.") % {"names": ", ".join(sorted(missing))})


def _score(assessment: Assessment, new: NewScore, stamp: datetime) -> Score:
    rules = EvidenceRules.model_validate(assessment.rubric.rules["evidence_rules"])
    recorded_on = stamp.astimezone(assessment.organization.zone).date()
    effective = None
    if new.level is not None and 1 <= new.level <= 5:
        effective = effective_level(
            new.level,
            rules,
            evidence_kind=new.evidence_kind,
            evidence_ref=new.evidence_ref,
            evidence_date=new.evidence_date,
            recorded_on=recorded_on,
        )
    return Score(
        organization=assessment.organization,
        assessment=assessment,
        capability=new.capability,
        unit=assessment.unit,
        state=new.state,
        level=new.level,
        effective_level=effective,
        evidence_kind=new.evidence_kind,
        evidence_ref=new.evidence_ref,
        evidence_date=new.evidence_date,
        note=new.note,
        valid_from=assessment.valid_from,
        recorded_at=stamp,
        recorded_by=assessment.created_by,
    )


def _validate(row: Score) -> None:
    """Check one score as the database would; faults name the capability."""
    try:
        row.clean_fields(
            exclude=["organization", "assessment", "capability", "unit", "recorded_by"]
        )
        row.clean()
        for constraint in row._meta.constraints:
            if constraint.name != "score_once_per_assessment":
                constraint.validate(Score, row)
    except ValidationError as error:
        raise ValidationError({row.capability.key: error.messages}) from error
