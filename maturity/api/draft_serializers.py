"""A draft of an assessment in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from maturity.api.base import DayField, UtcDateTimeField
from maturity.api.fields import MAX_TEXT, IdField, NameField, UnitKeyField
from maturity.api.score_serializers import JUDGED, KINDS, MAX_EVIDENCE, ChecksField
from maturity.models import AssessmentDraft

DRAFT_EXAMPLE: dict[str, Any] = {
    "id": 9,
    "unit": None,
    "rubric": "product-ops 1.0.0",
    "valid_from": "2026-07-01",
    "round_key": "",
    "note": "",
    "values": {"event_taxonomy": {"state": "assessed", "level": 3, "confirmed": True}},
    "author": "Ana",
    "refusal": "",
    "saved_at": "2026-07-02T15:00:00.000000Z",
    "version": 4,
}


class DraftValueSerializer(serializers.Serializer):
    """What is said of one capability so far; nothing is required."""

    state = serializers.ChoiceField(
        choices=JUDGED, allow_blank=True, required=False, help_text="`assessed`, or why not."
    )
    level = serializers.IntegerField(
        min_value=1, max_value=5, allow_null=True, required=False, help_text="1 to 5."
    )
    checks = ChecksField(required=False)
    claim_reason = serializers.CharField(
        max_length=MAX_TEXT,
        allow_blank=True,
        required=False,
        help_text="Why higher than its checks.",
    )
    evidence = serializers.ListField(
        child=IdField(), required=False, max_length=MAX_EVIDENCE, help_text="Ids of evidence."
    )
    evidence_kind = serializers.ChoiceField(
        choices=KINDS, allow_blank=True, required=False, help_text="The short way: its kind,"
    )
    evidence_ref = serializers.CharField(
        max_length=500, allow_blank=True, required=False, help_text="its link,"
    )
    evidence_date = DayField(allow_null=True, required=False, help_text="and its day.")
    note = serializers.CharField(
        max_length=MAX_TEXT, allow_blank=True, required=False, help_text="In words."
    )
    exempt_until = DayField(
        allow_null=True, required=False, help_text="Ask to leave out what does not apply."
    )
    confirmed = serializers.BooleanField(
        required=False, help_text="What was carried forward still holds."
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """As a draft keeps it: days as text."""
        given: dict[str, Any] = super().to_internal_value(data)
        for name in ("evidence_date", "exempt_until"):
            if given.get(name) is not None:
                given[name] = given[name].isoformat()
        return given


class DraftSerializer(serializers.Serializer):
    """A sheet that is being filled in; it is no part of the record yet."""

    id = serializers.IntegerField(help_text="Id of the draft.")
    unit = UnitKeyField(source="unit.key")
    rubric = serializers.CharField(help_text="Key and version of the rubric.")
    valid_from = serializers.DateField(help_text="From which day on it is to be true.")
    round_key = serializers.CharField(help_text="What several assessors judge together, or empty.")
    note = serializers.CharField(help_text="In words.")
    values = serializers.SerializerMethodField(help_text="What is said so far, by capability.")
    author = NameField(help_text="Who saved it last.")
    refusal = serializers.CharField(help_text="Why the submission it was made of was refused.")
    saved_at = UtcDateTimeField(help_text="When it was saved last.")
    version = serializers.IntegerField(
        help_text="Grows with every save; also its `ETag`, for `If-Match`."
    )

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "object"}})
    def get_values(self, draft: AssessmentDraft) -> dict[str, Any]:
        values: dict[str, Any] = draft.values
        return values


class NewDraftSerializer(serializers.Serializer):
    """Where a sheet starts from."""

    valid_from = DayField(help_text="From which day on it is to be true.")
    unit = UnitKeyField(required=False, default=None)
    rubric = serializers.CharField(
        max_length=90,
        allow_null=True,
        default=None,
        help_text="Key and version; null: the one in use.",
    )
    round_key = serializers.CharField(
        max_length=60,
        allow_blank=True,
        default="",
        help_text="Judged together with others, or empty.",
    )
    carry_forward = serializers.BooleanField(
        default=True, help_text="Begin with what stands, every value to be confirmed."
    )


class DraftChangeSerializer(serializers.Serializer):
    """What is to be said otherwise; what is not among the values stays."""

    values = serializers.DictField(
        child=DraftValueSerializer(), required=False, help_text="By capability."
    )
    valid_from = DayField(required=False, help_text="From which day on it is to be true.")
    note = serializers.CharField(
        max_length=MAX_TEXT, allow_blank=True, required=False, help_text="In words."
    )
