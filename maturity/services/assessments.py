"""Write the maturity record: assessments and their scores, once and for good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from maturity.errors import Conflict, Incomplete, RubricRetired
from maturity.models import Assessment, Organization, RubricVersion, Score, Unit, User
from maturity.services.area_levels import write_area_levels_of
from maturity.services.record import record_lock
from maturity.services.rounds import combine_round, settle_round
from maturity.services.scores import NewScore, write_scores

__all__ = ["NewScore", "Sheet", "add_scores", "record_assessment", "record_sheet"]


@dataclass(frozen=True)
class Sheet:
    """A whole assessment as it is handed in.

    Sheets of one scope with the same `round_key` and different assessors are combined
    (services.rounds). `assessor` names who judged, where that is not who submits. What a
    `partial` sheet does not score keeps what stood before.
    """

    rubric: RubricVersion
    valid_from: date
    scores: Sequence[NewScore]
    unit: Unit | None = None
    note: str = ""
    round_key: str = ""
    assessor: str = ""
    partial: bool = False


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
    """Record a sheet of one assessor; see record_sheet()."""
    sheet = Sheet(rubric, valid_from, scores, unit=unit, note=note)
    return record_sheet(organization, sheet, by=by, seen=seen)


@transaction.atomic
def record_sheet(
    organization: Organization, sheet: Sheet, *, by: User | None, seen: datetime | None = None
) -> Assessment:
    """Record a whole assessment in one go; earlier ones stay as they were.

    `seen` is the newest `recorded_at` its author was shown. Raises Conflict when the same
    scope was recorded after that, Incomplete when a capability of a sheet that is not partial
    has neither level nor state, ValidationError naming the field for anything else. A fixed
    number of statements.
    """
    stamp = record_lock(organization)
    _refuse_lost_update(organization, sheet, by, seen)
    _require_in_force(sheet.rubric, stamp)
    _require_capabilities(sheet)
    if sheet.valid_from > stamp.astimezone(organization.zone).date():
        raise ValidationError({"valid_from": _("This date lies in the future.")})
    if sheet.unit is not None and sheet.unit.organization_id != organization.pk:
        raise ValidationError({"unit": _("This unit belongs to another organisation.")})
    assessment = Assessment(
        organization=organization,
        rubric=sheet.rubric,
        unit=sheet.unit,
        valid_from=sheet.valid_from,
        round_key=sheet.round_key,
        assessor=sheet.assessor,
        note=sheet.note,
        created_by=by,
        created_at=stamp,
        submitted_at=stamp,
    )
    assessment.clean_fields(exclude=["organization", "rubric", "unit", "created_by"])
    assessment.save()
    write_scores(assessment, sheet.scores, stamp=stamp, by=by)
    settle_round(assessment, stamp=stamp)
    write_area_levels_of(organization, sheet.unit, stamp=stamp)
    return assessment


@transaction.atomic
def add_scores(
    assessment: Assessment, scores: Sequence[NewScore], *, by: User | None
) -> list[Score]:
    """Score what a partial assessment said nothing about; the rest of it stays as it is.

    Raises Conflict where a capability is scored in it already or it was superseded,
    RubricRetired, ValidationError naming the capability. A fixed number of statements.
    """
    stamp = record_lock(assessment.organization)
    _require_in_force(assessment.rubric, stamp)
    given = [new.capability.pk for new in scores]
    own = Score.objects.filter(assessment=assessment, capability__in=given)
    superseded = Assessment.objects.filter(pk=assessment.pk, superseded_at__isnull=False)
    if own.exists() or superseded.exists():
        raise Conflict(_("Somebody changed this assessment meanwhile."))
    rows = write_scores(assessment, scores, stamp=stamp, by=by)
    if assessment.round_key:
        combine_round(assessment)
    write_area_levels_of(assessment.organization, assessment.unit, stamp=stamp)
    return rows


def _require_in_force(rubric: RubricVersion, stamp: datetime) -> None:
    if not rubric.is_in_force(at=stamp):
        raise RubricRetired(_("This rubric version is not in force any more."))


def _refuse_lost_update(
    organization: Organization, sheet: Sheet, by: User | None, seen: datetime | None
) -> None:
    if seen is None:
        return
    newer = Score.objects.filter(organization=organization, unit=sheet.unit, recorded_at__gt=seen)
    if sheet.round_key:
        # The other assessors of a round write beside this one, not over it.
        newer = newer.filter(assessment__assessor=sheet.assessor, assessment__created_by=by)
    if newer.exists():
        raise Conflict(
            _("Somebody recorded an assessment of the same scope while you were writing this one.")
        )


def _require_capabilities(sheet: Sheet) -> None:
    """Each at most once, and all of them unless the sheet is partial; never none."""
    given = {new.capability.pk for new in sheet.scores}
    wanted = {capability.pk: capability for capability in sheet.rubric.capabilities.all()}
    if len(given) != len(sheet.scores) or given - wanted.keys():
        raise ValidationError({"scores": _("Each capability of the rubric is scored once.")})
    missing = [str(wanted[pk]) for pk in wanted.keys() - given]
    if missing and not (sheet.partial and given):
        raise Incomplete(_("Not scored yet: %(names)s.") % {"names": ", ".join(sorted(missing))})
