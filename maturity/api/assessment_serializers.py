"""An assessment in the API, as it is read and as it is handed in."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from maturity.api.base import DayField, UtcDateTimeField
from maturity.api.fields import MAX_TEXT, NameField, UnitKeyField
from maturity.api.finding_serializers import MomentField
from maturity.api.score_serializers import NewScoreSerializer, ScoreSerializer
from maturity.models import Assessment

STATUSES = [(status, status) for status in Assessment.Status.values]
ASSESSMENT_KINDS = [(kind, kind) for kind in Assessment.Kind.values]
MAX_SCORES = 500


class AssessmentSerializer(serializers.Serializer):
    """One judgement of one scope; its levels are its scores."""

    id = serializers.IntegerField(help_text="Id of the assessment.")
    unit = UnitKeyField(source="unit.key")
    rubric = serializers.CharField(help_text="Key and version of the rubric.")
    valid_from = serializers.DateField(help_text="From which day on it is true.")
    round_key = serializers.CharField(help_text="What several assessors judged together, or empty.")
    kind = serializers.ChoiceField(
        choices=ASSESSMENT_KINDS, help_text="A judgement, or the consensus of several."
    )
    assessor = serializers.CharField(help_text="Who judged, where not who submitted it.")
    status = serializers.SerializerMethodField(help_text="Its state at the moment asked about.")
    note = serializers.CharField(help_text="In words.")
    submitted_at = UtcDateTimeField(help_text="When it went on the record.")
    submitted_by = NameField(source="created_by", help_text="Who put it there.")
    validated_at = UtcDateTimeField(allow_null=True, help_text="When somebody confirmed it.")
    superseded_at = UtcDateTimeField(
        allow_null=True, help_text="When another one took its place, or it was refused."
    )

    def get_status(self, row: Assessment) -> str:
        known_at: datetime | None = self.context.get("known_at")
        if known_at is None:
            return str(row.status)
        if row.superseded_at is not None and row.superseded_at <= known_at:
            return Assessment.Status.SUPERSEDED.value
        if row.validated_at is not None and row.validated_at <= known_at:
            return Assessment.Status.VALIDATED.value
        return Assessment.Status.SUBMITTED.value

    def to_representation(self, instance: Assessment) -> dict[str, Any]:
        """What happened after the moment asked about is not told."""
        shown: dict[str, Any] = super().to_representation(instance)
        known_at = self.context.get("known_at")
        for name in ("validated_at", "superseded_at"):
            moment = getattr(instance, name)
            if known_at is not None and moment is not None and moment > known_at:
                shown[name] = None
        return shown


class WholeAssessmentSerializer(AssessmentSerializer):
    """An assessment with every row of its scores, corrections included."""

    scores = ScoreSerializer(
        many=True, source="own_scores", help_text="Its scores, the oldest first."
    )


class NewAssessmentSerializer(serializers.Serializer):
    """A whole assessment as it is handed in."""

    valid_from = DayField(help_text="From which day on it is true; not in the future.")
    unit = UnitKeyField(required=False, default=None)
    rubric = serializers.CharField(
        max_length=90,
        required=False,
        allow_null=True,
        default=None,
        help_text="Key and version, like `product-ops 1.0.0`; null: the one in use.",
    )
    round_key = serializers.CharField(
        max_length=60,
        allow_blank=True,
        default="",
        help_text="Judged together with others, or empty.",
    )
    assessor = serializers.CharField(
        max_length=200, allow_blank=True, default="", help_text="Who judged; empty: who submits."
    )
    note = serializers.CharField(
        max_length=MAX_TEXT, allow_blank=True, default="", help_text="In words."
    )
    partial = serializers.BooleanField(  # type: ignore[assignment]  # the body's own word
        default=False, help_text="What it does not score keeps what stood before."
    )
    seen = MomentField(
        allow_null=True,
        default=None,
        help_text="Newest `recorded_at` you were shown; something newer of the scope is 409.",
    )
    scores = serializers.ListField(
        child=NewScoreSerializer(),
        allow_empty=False,
        max_length=MAX_SCORES,
        help_text="One for each capability.",
    )


class MoreScoresSerializer(serializers.Serializer):
    """Scores for what a partial assessment left out."""

    scores = serializers.ListField(
        child=NewScoreSerializer(),
        allow_empty=False,
        max_length=MAX_SCORES,
        help_text="One for each capability that has none in it.",
    )


class ReasonSerializer(serializers.Serializer):
    """Why."""

    reason = serializers.CharField(max_length=MAX_TEXT, help_text="Why.")
