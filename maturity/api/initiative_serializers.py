"""What an initiative looks like in the API, and what is sent to end one."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from maturity.api.base import UtcDateTimeField
from maturity.api.parameters import MAX_INTEGER
from maturity.models import Initiative

STATES = [(state, state) for state in Initiative.State.values]
OUTCOMES = [(outcome, outcome) for outcome in ("", *Initiative.Outcome.values)]
MAX_TEXT = 10_000


class InitiativeSerializer(serializers.ModelSerializer):
    """Something that is done, with the change it promises."""

    id = serializers.IntegerField(read_only=True, help_text="Id of the initiative.")
    state = serializers.ChoiceField(choices=STATES, read_only=True, help_text="How far it is.")
    title = serializers.CharField(max_length=200, help_text="What it is called.")
    description = serializers.CharField(
        max_length=MAX_TEXT, required=False, allow_blank=True, help_text="What is done."
    )
    unit = serializers.CharField(
        source="unit.key",
        max_length=100,
        required=False,
        allow_null=True,
        help_text="Key of its unit; null: the whole organisation.",
    )
    owner_id = serializers.IntegerField(
        min_value=1,
        max_value=MAX_INTEGER,
        required=False,
        allow_null=True,
        help_text="Id of the member whose it is; null: nobody's.",
    )
    start_on = serializers.DateField(help_text="First day.")
    due_on = serializers.DateField(
        help_text="Last day; later it is overdue. Once started it moves with a `due_reason` only."
    )
    due_reason = serializers.CharField(
        max_length=MAX_TEXT,
        required=False,
        allow_blank=True,
        help_text="Why its last day was moved the last time.",
    )
    overdue = serializers.SerializerMethodField(
        help_text="Whether its last day is over and nobody recorded an outcome."
    )
    finding_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_INTEGER),
        required=False,
        max_length=100,
        help_text="Findings it does something about.",
    )
    capabilities = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        max_length=100,
        help_text="Keys of the capabilities it is to raise.",
    )
    metric = serializers.CharField(
        max_length=80, required=False, allow_blank=True, help_text="`benefit.metric`, or empty."
    )
    predicted_change = serializers.FloatField(
        required=False,
        allow_null=True,
        help_text="What it is to change by; frozen at start.",
    )
    baseline = serializers.FloatField(
        read_only=True, allow_null=True, help_text="The metric's value when it started."
    )
    measured_change = serializers.FloatField(
        read_only=True, allow_null=True, help_text="What the metric changed by until the end."
    )
    outcome = serializers.ChoiceField(
        choices=OUTCOMES, read_only=True, help_text="Measured beside predicted; empty: not ended."
    )
    outcome_note = serializers.CharField(
        read_only=True, help_text="What came out, in words; or why it was abandoned."
    )
    started_at = UtcDateTimeField(read_only=True, allow_null=True, help_text="When it started.")
    ended_at = UtcDateTimeField(read_only=True, allow_null=True, help_text="When it ended.")
    version = serializers.IntegerField(
        read_only=True,
        allow_null=True,
        help_text="Grows with every change; also its `ETag`, for `If-Match`. Null: of the past.",
    )

    class Meta:
        model = Initiative
        fields = [
            "id",
            "state",
            "title",
            "description",
            "unit",
            "owner_id",
            "start_on",
            "due_on",
            "due_reason",
            "overdue",
            "finding_ids",
            "capabilities",
            "metric",
            "predicted_change",
            "baseline",
            "measured_change",
            "outcome",
            "outcome_note",
            "started_at",
            "ended_at",
            "version",
        ]

    def get_overdue(self, initiative: Initiative) -> bool:
        then: bool | None = getattr(initiative, "overdue", None)
        return initiative.is_overdue(timezone.now()) if then is None else then

    def to_representation(self, instance: Initiative) -> dict[str, Any]:
        """Of a row, or of one of the history that brings `finding_ids` and `overdue` along."""
        if not hasattr(instance, "finding_ids"):
            ids = sorted(link.finding_id for link in instance.links.all())
            instance.finding_ids = ids  # type: ignore[attr-defined]  # only shown
        shown: dict[str, Any] = super().to_representation(instance)
        return shown


class EndSerializer(serializers.Serializer):
    """What came out, in words."""

    note = serializers.CharField(
        max_length=MAX_TEXT, required=False, allow_blank=True, default="", help_text="In words."
    )


class AbandonSerializer(serializers.Serializer):
    """Why it ends without an outcome."""

    note = serializers.CharField(max_length=MAX_TEXT, help_text="Why.")
