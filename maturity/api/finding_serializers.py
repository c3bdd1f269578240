"""A finding in the API: its row, what people may tell about it, its history."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from maturity.api.base import UtcDateTimeField
from maturity.api.parameters import MAX_INTEGER
from maturity.models import Finding, FindingNote, FindingTransition

MAX_TEXT = 10_000
STATES = [(state, state) for state in Finding.State.values]
SEVERITIES = [(severity, severity) for severity in Finding.Severity.values]


class FindingSerializer(serializers.ModelSerializer):
    """One pitfall that was raised; it stays open until the pitfall clears."""

    id = serializers.IntegerField(read_only=True, help_text="Id of the finding.")
    organization_id = serializers.IntegerField(read_only=True, help_text="Id of the organisation.")
    organization = serializers.CharField(
        source="organization.slug", read_only=True, help_text="Slug of the organisation."
    )
    key = serializers.CharField(read_only=True, help_text="Public key of the pitfall.")
    severity = serializers.ChoiceField(choices=SEVERITIES, read_only=True, help_text="How bad.")
    unit = serializers.CharField(
        source="unit.key",
        read_only=True,
        allow_null=True,
        help_text="Key of the unit it is about; null: the whole organisation.",
    )
    state = serializers.ChoiceField(
        choices=STATES, read_only=True, help_text="What people decided; resolved: it cleared."
    )
    snoozed_until = UtcDateTimeField(
        read_only=True, allow_null=True, help_text="When a snoozed one comes back by itself."
    )
    owner_id = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Id of the member whose it is; null: nobody's."
    )
    version = serializers.IntegerField(
        read_only=True, help_text="Grows with every change; also its `ETag`, for `If-Match`."
    )
    evidence_text = serializers.CharField(
        source="verdict.message", read_only=True, help_text="The evidence in one sentence or two."
    )
    evidence = serializers.SerializerMethodField(help_text="The figures behind the text.")
    missing = serializers.ListField(
        child=serializers.CharField(),
        source="verdict.missing",
        read_only=True,
        help_text="Inputs that would make the verdict surer.",
    )
    confidence = serializers.FloatField(
        source="verdict.confidence",
        read_only=True,
        allow_null=True,
        help_text="From 0 to 1: how much of what the check wants was there.",
    )
    opened_on = serializers.DateField(
        read_only=True, help_text="End of the period in which the pitfall was raised."
    )
    opened_at = UtcDateTimeField(read_only=True, help_text="When that was recorded.")
    resolved_at = UtcDateTimeField(
        read_only=True, allow_null=True, help_text="When the pitfall was found clear; null: open."
    )
    thresholds_version = serializers.CharField(
        source="verdict.evaluation.thresholds_version",
        read_only=True,
        help_text="Version of the numbers it was judged by.",
    )
    period_end = serializers.DateField(
        source="verdict.evaluation.period_end",
        read_only=True,
        help_text="End of the last period that was judged.",
    )

    class Meta:
        model = Finding
        fields = [
            "id",
            "organization_id",
            "organization",
            "key",
            "unit",
            "severity",
            "state",
            "snoozed_until",
            "owner_id",
            "version",
            "evidence_text",
            "evidence",
            "missing",
            "confidence",
            "opened_on",
            "opened_at",
            "resolved_at",
            "thresholds_version",
            "period_end",
        ]

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_evidence(self, finding: Finding) -> dict[str, object]:
        return finding.verdict.shown_evidence


class MomentField(serializers.DateTimeField):
    """A timestamp that says its offset; which one was meant is never guessed."""

    def enforce_timezone(self, value: datetime) -> datetime:
        if timezone.is_naive(value):
            raise serializers.ValidationError(
                _("Give a timestamp with its offset, like 2026-01-31T08:00:00Z.")
            )
        moment: datetime = super().enforce_timezone(value)
        return moment


class RemarkSerializer(serializers.Serializer):
    """Why, in words; may stay empty."""

    reason = serializers.CharField(
        max_length=MAX_TEXT, required=False, allow_blank=True, default="", help_text="Why."
    )


class DismissSerializer(serializers.Serializer):
    """Why this is no problem here."""

    reason = serializers.CharField(max_length=MAX_TEXT, help_text="Why this is no problem here.")


class SnoozeSerializer(RemarkSerializer):
    """Until when, and why."""

    until = MomentField(help_text="When it comes back by itself; at most a year from now.")


class AssignSerializer(serializers.Serializer):
    """Whose it is."""

    owner_id = serializers.IntegerField(
        allow_null=True,
        min_value=1,
        max_value=MAX_INTEGER,
        help_text="Id of a member of the organisation; null: nobody's.",
    )


class AuthoredSerializer(serializers.ModelSerializer):
    """Who, and when. An erased person's row stays and says `Erased`."""

    author = serializers.SerializerMethodField(
        help_text="Name of the person or of the key; null: the engine."
    )
    at = UtcDateTimeField(read_only=True, help_text="When.")

    @extend_schema_field({"type": ["string", "null"]})
    def get_author(self, row: Any) -> str | None:
        return str(row.user or row.key or "") or None


class NoteSerializer(AuthoredSerializer):
    """One contribution to the discussion."""

    id = serializers.IntegerField(read_only=True, help_text="Id of the note.")
    text = serializers.CharField(max_length=MAX_TEXT, help_text="What is said.")

    class Meta:
        model = FindingNote
        fields = ["id", "at", "author", "text"]


class TransitionSerializer(AuthoredSerializer):
    """One step of the history."""

    id = serializers.IntegerField(read_only=True, help_text="Id of the step.")
    kind = serializers.ChoiceField(
        choices=[(kind, kind) for kind in FindingTransition.Kind.values],
        read_only=True,
        help_text="What happened.",
    )
    before = serializers.CharField(read_only=True, help_text="State or severity before.")
    after = serializers.CharField(read_only=True, help_text="State or severity after.")
    reason = serializers.CharField(read_only=True, help_text="Why.")

    class Meta:
        model = FindingTransition
        fields = ["id", "at", "kind", "before", "after", "reason", "author"]


NOTE_EXAMPLE: dict[str, Any] = {
    "id": 3,
    "at": "2026-07-04T08:15:00.000000Z",
    "author": "Ana",
    "text": "We look into it.",
}
STEP_EXAMPLE: dict[str, Any] = {
    "id": 12,
    "at": "2026-07-04T08:15:00.000000Z",
    "kind": "dismissed",
    "before": "open",
    "after": "dismissed",
    "reason": "Wanted: legal has to see these.",
    "author": "Ana",
}
