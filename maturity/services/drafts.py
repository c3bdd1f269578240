"""Drafts: fill in a sheet over days, in several hands, and submit it to the record."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from maturity.errors import Conflict, Incomplete
from maturity.models import (
    Assessment,
    AssessmentDraft,
    Capability,
    Evidence,
    Organization,
    RubricVersion,
    Score,
    Unit,
    User,
)
from maturity.selectors import effective_scores, known_now
from maturity.services.assessments import Sheet, record_sheet
from maturity.services.scores import LONGEST, NewScore

FIELDS = (
    "state",
    "level",
    "checks",
    "claim_reason",
    "evidence",
    "evidence_kind",
    "evidence_ref",
    "evidence_date",
    "note",
    "exempt_until",
    "confirmed",
)

# Rows that were chosen from rows, and values that _refuse_malformed() has looked at.
_UNCLEANED = ("organization", "rubric", "unit", "author", "refused", "values", "carried")


@transaction.atomic
def start_draft(
    organization: Organization,
    *,
    rubric: RubricVersion,
    by: User,
    valid_from: date,
    unit: Unit | None = None,
    carry_forward: bool = True,
    round_key: str = "",
) -> AssessmentDraft:
    """Begin a sheet; carried forward, it holds last time's values, every one unconfirmed."""
    if unit is not None and unit.organization_id != organization.pk:
        raise ValidationError({"unit": _("This unit belongs to another organisation.")})
    seen = known_now(organization)
    last = (
        effective_scores(organization, as_of=valid_from, known_at=seen, unit=unit)
        if carry_forward
        else {}
    )
    carried = values_of(
        [score for score in last.values() if score.capability.rubric_id == rubric.pk]
    )
    draft = AssessmentDraft(
        organization=organization,
        rubric=rubric,
        unit=unit,
        valid_from=valid_from,
        round_key=round_key,
        values=carried,
        carried=carried,
        author=by,
        seen=seen,
    )
    draft.clean_fields(exclude=_UNCLEANED)
    draft.save()
    return draft


@transaction.atomic
def save_draft(
    draft: AssessmentDraft,
    *,
    version: int,
    values: Mapping[str, Mapping[str, Any]],
    by: User,
    valid_from: date | None = None,
    note: str | None = None,
    seen: datetime | None = None,
) -> AssessmentDraft:
    """Save some capabilities of a sheet on top of the version that was read.

    What is not among `values` stays; `seen` says which moment of the record its author has
    been shown since. Raises Conflict where somebody saved meanwhile, and
    ValidationError naming the capability.
    """
    draft = _lock(draft, version)
    _refuse_malformed(draft, values)
    draft.values = {**draft.values, **{key: dict(given) for key, given in values.items()}}
    if valid_from is not None:
        draft.valid_from = valid_from
    if note is not None:
        draft.note = note
    if seen is not None:
        draft.seen = seen
    draft.author = by
    draft.version += 1
    draft.saved_at = timezone.now()
    draft.clean_fields(exclude=_UNCLEANED)
    draft.save()
    return draft


@transaction.atomic
def submit_draft(draft: AssessmentDraft, *, version: int, by: User) -> Assessment:
    """Put a sheet on the record; the draft is gone then.

    Raises Conflict where somebody saved or recorded meanwhile, Incomplete where a value is
    missing or was never confirmed, ValidationError naming the capability.
    """
    draft = _lock(draft, version)
    sheet = Sheet(
        draft.rubric,
        draft.valid_from,
        _new_scores(draft),
        unit=draft.unit,
        note=draft.note,
        round_key=draft.round_key,
    )
    assessment = record_sheet(draft.organization, sheet, by=by, seen=draft.seen)
    draft.delete()
    return assessment


@transaction.atomic
def discard_draft(draft: AssessmentDraft, *, version: int) -> None:
    """Throw a sheet away. Raises Conflict where somebody saved meanwhile."""
    _lock(draft, version).delete()


def values_of(scores: list[Score]) -> dict[str, dict[str, Any]]:
    """What scores on the record say, in the form of a draft's values; one query."""
    evidence: dict[int, list[int]] = {}
    links = Evidence.objects.filter(score_links__score__in=scores)
    for score_id, pk in links.values_list("score_links__score", "pk"):
        evidence.setdefault(score_id, []).append(pk)
    return {score.capability.key: _value_of(score, evidence.get(score.pk, [])) for score in scores}


def _value_of(score: Score, evidence: list[int]) -> dict[str, Any]:
    return {
        "state": score.state,
        "level": score.level,
        "checks": score.checks,
        "claim_reason": score.claim_reason,
        "evidence": sorted(evidence),
        "note": score.note,
        "confirmed": False,
    }


def _lock(draft: AssessmentDraft, version: int) -> AssessmentDraft:
    """Lock the draft until the transaction ends, if it is still the version that was read."""
    found = AssessmentDraft.objects.select_for_update().filter(pk=draft.pk).first()
    locked: AssessmentDraft | None = found
    if locked is None:
        raise Conflict(_("This draft was submitted or thrown away meanwhile."))
    if locked.version != version:
        raise Conflict(_("Somebody else saved this draft meanwhile."))
    return locked


def _refuse_malformed(draft: AssessmentDraft, values: Mapping[str, object]) -> None:
    """A draft may be unfinished and even wrong, but only in ways that the sheet can show."""
    known = set(draft.rubric.capabilities.values_list("key", flat=True))
    faults = {}
    for key, given in values.items():
        if key not in known:
            faults[key] = [_("The rubric has no such capability.")]
        elif not isinstance(given, Mapping):
            faults[key] = [_("This value cannot be read; enter it anew.")]
        elif unknown := sorted(set(given) - set(FIELDS)):
            faults[key] = [_("There is no field %(name)s.") % {"name": unknown[0]}]
        elif any(isinstance(text, str) and len(text) > LONGEST for text in given.values()):
            faults[key] = [_("Keep texts under %(count)d characters.") % {"count": LONGEST}]
    if faults:
        raise ValidationError(faults)


def _new_scores(draft: AssessmentDraft) -> list[NewScore]:
    capabilities = list(draft.rubric.capabilities.order_by("position"))
    wanted = {
        pk
        for value in draft.values.values()
        for pk in value.get("evidence") or ()
        if isinstance(pk, int)
    }
    evidence = {
        item.pk: item
        for item in Evidence.objects.filter(organization=draft.organization, pk__in=wanted)
    }
    carried = [capability for capability in capabilities if _is_unreviewed(draft, capability.key)]
    if carried:
        names = ", ".join(sorted(str(capability) for capability in carried))
        raise Incomplete(_("Carried forward and not confirmed yet: %(names)s.") % {"names": names})
    faults: dict[str, list[str]] = {}
    scores = []
    for capability in capabilities:
        value = draft.values.get(capability.key)
        if not value or not value.get("state"):
            continue  # record_assessment() names what is missing
        try:
            scores.append(_new_score(capability, value, evidence))
        except (KeyError, TypeError, ValueError):
            faults[capability.key] = [_("This value cannot be read; enter it anew.")]
    if faults:
        raise ValidationError(faults)
    return scores


def _is_unreviewed(draft: AssessmentDraft, key: str) -> bool:
    carried, value = draft.carried.get(key), draft.values.get(key)
    return carried is not None and carried == value and not value.get("confirmed")


def _new_score(
    capability: Capability, value: Mapping[str, Any], evidence: Mapping[int, Evidence]
) -> NewScore:
    level = value.get("level")
    return NewScore(
        capability=capability,
        state=str(value["state"]),
        level=None if level in (None, "") else int(level),
        evidence_kind=str(value.get("evidence_kind") or ""),
        evidence_ref=str(value.get("evidence_ref") or ""),
        evidence_date=_day(value.get("evidence_date")),
        note=str(value.get("note") or ""),
        checks=value.get("checks") or {},
        claim_reason=str(value.get("claim_reason") or ""),
        evidence=[evidence[pk] for pk in value.get("evidence") or ()],
        exempt_until=_day(value.get("exempt_until")),
    )


def _day(text: object) -> date | None:
    return date.fromisoformat(str(text)) if text else None
