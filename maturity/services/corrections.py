"""Correct the record by adding to it: a row with a reason that replaces an earlier one."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from maturity.errors import Conflict
from maturity.models import Assessment, Disagreement, Score, User
from maturity.services.area_levels import write_area_levels_of
from maturity.services.record import record_lock
from maturity.services.rounds import combine_round
from maturity.services.scores import NewScore, write_scores


@transaction.atomic
def correct_score(
    score: Score,
    new: NewScore,
    *,
    reason: str,
    by: User | None,
    valid_from: date | None = None,
) -> Score:
    """Replace a score that was wrong; what was known before stays readable as it was.

    Raises Conflict where somebody corrected it meanwhile, ValidationError naming the field.
    """
    stamp = record_lock(score.organization)
    score = _newest(score)
    today = stamp.astimezone(score.organization.zone).date()
    if valid_from is not None and valid_from > today:
        raise ValidationError({"valid_from": _("This date lies in the future.")})
    if new.capability.pk != score.capability_id:
        raise ValidationError({"capability": _("A correction stays with its capability.")})
    return _replace(score, new, stamp=stamp, reason=reason, by=by, valid_from=valid_from)


@transaction.atomic
def withdraw_score(score: Score, *, reason: str, by: User | None) -> Score:
    """Take a score back; what it had followed counts again."""
    stamp = record_lock(score.organization)
    score = _newest(score)
    new = NewScore(score.capability, Score.State.WITHDRAWN)
    return _replace(score, new, stamp=stamp, reason=reason, by=by, valid_from=None)


def _newest(score: Score) -> Score:
    """Read the score again under the record's lock; only the end of a chain is corrected."""
    fresh: Score = Score.objects.select_related(
        "assessment__rubric", "assessment__organization", "assessment__unit", "capability__area"
    ).get(pk=score.pk)
    if Score.objects.filter(replaces=fresh).exists():
        raise Conflict(_("Somebody corrected this score meanwhile."))
    if fresh.state == Score.State.WITHDRAWN:
        raise Conflict(_("This score was withdrawn."))
    return fresh


def _replace(
    score: Score,
    new: NewScore,
    *,
    stamp: datetime,
    reason: str,
    by: User | None,
    valid_from: date | None,
) -> Score:
    if not reason.strip():
        raise ValidationError({"reason": _("Say why it is corrected.")})
    (row,) = write_scores(
        score.assessment,
        [new],
        stamp=stamp,
        by=by,
        valid_from=valid_from or score.valid_from,
        replaces=score,
        reason=reason.strip(),
    )
    if score.assessment.kind == Assessment.Kind.CONSENSUS:
        # Who corrects what several assessors came to has settled what they disagreed on.
        Disagreement.objects.filter(
            assessment=score.assessment, capability=score.capability, settled_at=None
        ).update(settled_at=stamp)
    elif score.assessment.round_key and score.assessment.superseded_at is None:
        combine_round(score.assessment)
    write_area_levels_of(score.organization, score.assessment.unit, stamp=stamp)
    return row
