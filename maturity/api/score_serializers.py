"""A score in the API, as it is read and as it is sent."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from maturity.api.base import DayField, UtcDateTimeField
from maturity.api.fields import MAX_TEXT, IdField, NameField, UnitKeyField
from maturity.models import Evidence, Organization, RubricVersion, Score
from maturity.rubrics.checks import ANSWERS
from maturity.services.scores import NewScore

STATES = [(state, state) for state in Score.State.values]
JUDGED = [(state, state) for state in Score.State.values if state != Score.State.WITHDRAWN]
KINDS = [(kind, kind) for kind in Evidence.Kind.values]
BASES = [(basis, basis) for basis in Score.Basis.values]
MAX_EVIDENCE = 50
_CHECKS = "Answers to the rubric's checks by level (2 to 5), in the rubric's order."


class ChecksField(serializers.DictField):
    """{"2": ["pass", "unknown"], …}."""

    def __init__(self, **options: Any) -> None:
        answer = serializers.ChoiceField(choices=[(each, each) for each in ANSWERS])
        levels = serializers.ListField(child=answer, max_length=50)
        super().__init__(child=levels, **{"help_text": _CHECKS, **options})


class ScoreSerializer(serializers.Serializer):
    """One capability's level, or the reason why there is none."""

    id = serializers.IntegerField(help_text="Id of the score.")
    assessment_id = serializers.IntegerField(help_text="Id of the assessment it belongs to.")
    unit = UnitKeyField(source="unit.key")
    area = serializers.CharField(source="capability.area.key", help_text="Key of the area.")
    capability = serializers.CharField(source="capability.key", help_text="Key of the capability.")
    rubric = serializers.CharField(
        source="capability.rubric", help_text="Key and version of the rubric."
    )
    state = serializers.ChoiceField(choices=STATES, help_text="`assessed`, or why not.")
    level = serializers.IntegerField(allow_null=True, help_text="The level claimed, 1 to 5.")
    effective_level = serializers.IntegerField(
        allow_null=True, help_text="The level that counts: lower where evidence was missing."
    )
    basis = serializers.ChoiceField(choices=BASES, help_text="What the level rests on.")
    checks = ChecksField()
    proposed_level = serializers.IntegerField(
        allow_null=True, help_text="What the checks propose; null: none were ticked."
    )
    claim_reason = serializers.CharField(help_text="Why the level is higher than its checks.")
    evidence_kind = serializers.CharField(help_text="Kind of the evidence that speaks loudest.")
    evidence_ref = serializers.CharField(help_text="Its link.")
    evidence_date = serializers.DateField(allow_null=True, help_text="When it was observed.")
    evidence_count = serializers.IntegerField(help_text="How many pieces the level rests on.")
    note = serializers.CharField(help_text="In words.")
    replaces_id = serializers.IntegerField(
        allow_null=True, help_text="Id of the score that this one corrects."
    )
    reason = serializers.CharField(help_text="Why it was corrected; empty: it corrects nothing.")
    valid_from = serializers.DateField(help_text="From which day on it is true.")
    recorded_at = UtcDateTimeField(help_text="Since when it is known.")
    recorded_by = NameField(help_text="Who recorded it.")


class NewScoreSerializer(serializers.Serializer):
    """One capability's judgement: a level, or the state that says why there is none."""

    capability = serializers.CharField(max_length=60, help_text="Key of the capability.")
    state = serializers.ChoiceField(
        choices=JUDGED, default=Score.State.ASSESSED.value, help_text="`assessed`, or why not."
    )
    level = serializers.IntegerField(
        min_value=1, max_value=5, allow_null=True, default=None, help_text="1 to 5."
    )
    checks = ChecksField(required=False)
    claim_reason = serializers.CharField(
        max_length=MAX_TEXT, allow_blank=True, default="", help_text="Why higher than its checks."
    )
    evidence_ids = serializers.ListField(
        child=IdField(),
        required=False,
        max_length=MAX_EVIDENCE,
        help_text="Ids of recorded evidence.",
    )
    evidence_kind = serializers.ChoiceField(
        choices=KINDS, allow_blank=True, default="", help_text="The short way: its kind,"
    )
    evidence_ref = serializers.URLField(
        max_length=500, allow_blank=True, default="", help_text="its link,"
    )
    evidence_date = DayField(allow_null=True, default=None, help_text="and its day.")
    note = serializers.CharField(
        max_length=MAX_TEXT, allow_blank=True, default="", help_text="In words."
    )
    exempt_until = DayField(
        allow_null=True, default=None, help_text="Ask to leave out what does not apply, until then."
    )


class CorrectionSerializer(NewScoreSerializer):
    """The whole score as it should have been, and why."""

    capability = None  # type: ignore[assignment]  # DRF leaves out what is None
    valid_from = DayField(
        allow_null=True, default=None, help_text="From when it is true; null: as before."
    )
    reason = serializers.CharField(max_length=MAX_TEXT, help_text="Why it is corrected.")


class WithdrawalSerializer(serializers.Serializer):
    """Why it is taken back."""

    reason = serializers.CharField(max_length=MAX_TEXT, help_text="Why it is taken back.")


def new_scores(
    organization: Organization, rubric: RubricVersion, given: list[Mapping[str, Any]]
) -> list[NewScore]:
    """The judgements with rows in place of keys and ids; two queries. Raises ValidationError."""
    capabilities = {row.key: row for row in rubric.capabilities.all()}
    if unknown := [each["capability"] for each in given if each["capability"] not in capabilities]:
        text = _("%(rubric)s has no %(key)s.") % {"rubric": rubric, "key": unknown[0]}
        raise serializers.ValidationError({"capability": text})
    wanted = {pk for each in given for pk in each.get("evidence_ids", ())}
    evidence = organization.evidence.in_bulk(wanted)
    if missing := sorted(wanted - evidence.keys()):
        text = _("No evidence here has the id %(id)s.") % {"id": missing[0]}
        raise serializers.ValidationError({"evidence_ids": text})
    return [_new(capabilities[each["capability"]], each, evidence) for each in given]


def _new(capability: Any, given: Mapping[str, Any], evidence: Mapping[int, Evidence]) -> NewScore:
    own = {name: given[name] for name in _COPIED if name in given}
    rows = [evidence[pk] for pk in given.get("evidence_ids", ())]
    return NewScore(capability=capability, evidence=rows, **own)


_COPIED = (
    "state",
    "level",
    "checks",
    "claim_reason",
    "evidence_kind",
    "evidence_ref",
    "evidence_date",
    "note",
    "exempt_until",
)
