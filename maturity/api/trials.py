"""Tries of thresholds: changed numbers on the history, compared month by month, switched on."""

from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import person_of
from maturity.api.base import UtcDateTimeField
from maturity.api.fields import NameField
from maturity.api.operations import IF_MATCH, Docs, row_id
from maturity.api.resources import Resource
from maturity.api.thresholds import EXAMPLE as VERSION_EXAMPLE
from maturity.api.thresholds import ThresholdsSerializer
from maturity.insights.threshold_changes import Sourced
from maturity.models import ThresholdsTrial
from maturity.selectors.trials import comparison_of
from maturity.services.thresholds import switch_trial_on, try_thresholds
from maturity.tasks import run_due_trials

STATES = [(state, state) for state in ThresholdsTrial.State.values]
MAX_NUMBERS = 500


class TriedNumberSerializer(serializers.Serializer):
    """One number that is to be otherwise."""

    name = serializers.CharField(max_length=100, help_text="`section.number`.")
    value = serializers.FloatField(help_text="What it is to be.")
    source = serializers.CharField(  # type: ignore[assignment]  # the number's own word
        max_length=500, help_text="Where it comes from."
    )


class NewTrialSerializer(serializers.Serializer):
    """What is to be tried: everything that differs from the shipped numbers."""

    changes = serializers.ListField(
        child=TriedNumberSerializer(),
        max_length=MAX_NUMBERS,
        help_text="Empty: the shipped numbers.",
    )

    def validate_changes(self, changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = [each["name"] for each in changes]
        if len(set(names)) < len(names):
            raise serializers.ValidationError(_("Name each number once."))
        return changes


class SwitchOnSerializer(serializers.Serializer):
    """Why, and what it is based on."""

    reason = serializers.CharField(
        max_length=10_000, help_text="Whoever looks at a verdict later reads it."
    )
    seen = serializers.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        allow_null=True,
        default=None,
        help_text="`number` of the version in force that you saw, 0: none; if it is another one "
        "meanwhile, the answer is 412.",
    )


class DifferingSerializer(serializers.Serializer):
    """A check of one month that reads otherwise."""

    month = serializers.DateField(help_text="The day on which its period ends.")
    key = serializers.CharField(help_text="Public key of the check.")
    before = serializers.CharField(help_text="By the numbers in force.")
    after = serializers.CharField(help_text="By those that were tried.")


class RaisedSerializer(serializers.Serializer):
    """In how many months a pitfall stood raised."""

    key = serializers.CharField(help_text="Public key of the pitfall.")
    before = serializers.IntegerField(help_text="By the numbers in force.")
    after = serializers.IntegerField(help_text="By those that were tried.")


class ComparisonSerializer(serializers.Serializer):
    """The history under both."""

    months = serializers.IntegerField(help_text="How many months were judged.")
    differing = DifferingSerializer(many=True, help_text="What reads otherwise.")
    raised = RaisedSerializer(many=True, help_text="Every pitfall.")


class TrialSerializer(serializers.Serializer):
    """One try, and how far it is."""

    id = serializers.IntegerField(help_text="Id of the try.")
    base = serializers.CharField(help_text="The shipped version it changes.")
    before = serializers.CharField(help_text="The version it is compared with.")
    changes = serializers.SerializerMethodField(help_text="What was to be otherwise.")
    state = serializers.ChoiceField(choices=STATES, help_text="How far it is.")
    months_done = serializers.IntegerField(help_text="Months that were judged.")
    months_total = serializers.IntegerField(allow_null=True, help_text="Of how many; null: open.")
    tried_by = NameField(source="user", help_text="Who tried it.")
    created_at = UtcDateTimeField(help_text="When.")

    @extend_schema_field(TriedNumberSerializer(many=True))
    def get_changes(self, row: ThresholdsTrial) -> list[dict[str, Any]]:
        return [{"name": name, **change} for name, change in row.changes.items()]


class WholeTrialSerializer(TrialSerializer):
    """One try with its answer."""

    comparison = serializers.SerializerMethodField(help_text="Null: it is not done.")

    @extend_schema_field(ComparisonSerializer(allow_null=True))
    def get_comparison(self, row: ThresholdsTrial) -> dict[str, Any] | None:
        found = comparison_of(row)
        return None if found is None else dict(ComparisonSerializer(found).data)


EXAMPLE: dict[str, Any] = {
    "id": 3,
    "base": "1",
    "before": "1",
    "changes": [
        {"name": "too_early.e1_pms_enter", "value": 4, "source": "Small teams are our model."}
    ],
    "state": "done",
    "months_done": 24,
    "months_total": 24,
    "tried_by": "Ana",
    "created_at": "2026-07-01T08:00:00.000000Z",
}
WHOLE: dict[str, Any] = {
    **EXAMPLE,
    "comparison": {
        "months": 24,
        "differing": [
            {"month": "2026-06-01", "key": "too_early", "before": "raised(low)", "after": "clear"}
        ],
        "raised": [{"key": "too_early", "before": 3, "after": 0}],
    },
}
DOCS = Docs("findings", WholeTrialSerializer, WHOLE, read="findings:read", write="settings:write")
_ID = row_id("Id of the try.")


class TrialFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=STATES, label="Only this state.")

    class Meta:
        model = ThresholdsTrial
        fields = ["state"]


class TrialViewSet(mixins.ListModelMixin, Resource):
    queryset = ThresholdsTrial.objects.select_related("user").order_by("-created_at", "-id")
    serializer_class = WholeTrialSerializer
    filterset_class = TrialFilter
    read_scope = "findings:read"
    write_scope = "settings:write"

    def get_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset()
        return rows.defer("result") if self.action == "list" else rows

    @DOCS.lists(
        "trials_list",
        "List tries",
        "Changed thresholds that were tried on the history, the newest first.",
        row=TrialSerializer,
        example=EXAMPLE,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return self.page(self.filter_queryset(self.get_queryset()), TrialSerializer)

    @DOCS.reads(
        "trials_retrieve",
        "Read one try",
        "With the history under both numbers once it is done.",
        parameters=[_ID],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.writes(
        "trials_create",
        "Try thresholds",
        "Have the history judged by changed numbers; nothing is judged by them yet.",
        request=NewTrialSerializer,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        given, by = self.taken(NewTrialSerializer), person_of(request, self.organization)
        changes = {
            each["name"]: Sourced(each["value"], each["source"]) for each in given["changes"]
        }
        made = try_thresholds(self.organization, changes, by=by)
        transaction.on_commit(run_due_trials.delay, robust=True)
        return self.shown(made, status=HTTPStatus.CREATED)

    @DOCS.writes(
        "trials_switch_on",
        "Switch on",
        "Judge by what was tried from now on: a new version, and a new series of verdicts.",
        request=SwitchOnSerializer,
        parameters=[_ID, IF_MATCH],
        row=ThresholdsSerializer,
        example=VERSION_EXAMPLE,
    )
    @action(detail=True, methods=["post"], url_path="switch-on")
    def switch_on(self, request: Request, **kwargs: Any) -> Response:
        given, by = self.taken(SwitchOnSerializer), person_of(request, self.organization)
        made: list[Any] = []
        self.change(lambda trial: made.append(switch_trial_on(trial, by=by, **given)))
        return Response(ThresholdsSerializer(made[0]).data)

    def lock(self, row: ThresholdsTrial) -> None:
        ThresholdsTrial.objects.select_for_update().get(pk=row.pk)
