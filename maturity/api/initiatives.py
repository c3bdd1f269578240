"""Initiatives: what is done about findings, what was predicted and what came out."""

from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.utils.translation import gettext as _
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import MayWrite
from maturity.api.base import OrganizationViewSet, UtcDateTimeField
from maturity.api.parameters import MAX_INTEGER
from maturity.api.preconditions import tagged, version_seen
from maturity.models import Initiative
from maturity.services.initiatives import (
    Plan,
    abandon_initiative,
    finish_initiative,
    plan_initiative,
    start_initiative,
)

STATES = [(state, state) for state in Initiative.State.values]
OUTCOMES = [(outcome, outcome) for outcome in ("", *Initiative.Outcome.values)]
MAX_TEXT = 10_000


class InitiativeFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=STATES, label="Only initiatives in this state.")

    class Meta:
        model = Initiative
        fields = ["state"]


class InitiativeSerializer(serializers.ModelSerializer):
    """Something that is done, with the change it promises."""

    id = serializers.IntegerField(read_only=True, help_text="Id of the initiative.")
    state = serializers.ChoiceField(choices=STATES, read_only=True, help_text="How far it is.")
    title = serializers.CharField(max_length=200, help_text="What it is called.")
    description = serializers.CharField(
        max_length=MAX_TEXT, required=False, allow_blank=True, help_text="What is done."
    )
    unit = serializers.CharField(
        source="unit.key", read_only=True, allow_null=True, help_text="Key of its unit, or null."
    )
    owner_id = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Id of the member whose it is; null: nobody's."
    )
    start_on = serializers.DateField(help_text="First day.")
    due_on = serializers.DateField(help_text="Last day; later it is overdue.")
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
    started_at = UtcDateTimeField(read_only=True, allow_null=True, help_text="When it started.")
    ended_at = UtcDateTimeField(read_only=True, allow_null=True, help_text="When it ended.")
    version = serializers.IntegerField(
        read_only=True, help_text="Grows with every change; also its `ETag`, for `If-Match`."
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
            "finding_ids",
            "capabilities",
            "metric",
            "predicted_change",
            "baseline",
            "measured_change",
            "outcome",
            "started_at",
            "ended_at",
            "version",
        ]

    def to_representation(self, instance: Initiative) -> dict[str, Any]:
        instance.finding_ids = sorted(link.finding_id for link in instance.links.all())  # type: ignore[attr-defined]
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


_ORG = OpenApiParameter("org", str, OpenApiParameter.PATH, description="Slug of the organisation.")
_ID = OpenApiParameter("id", int, OpenApiParameter.PATH, description="Id of the initiative.")
_IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The `ETag` you saw; if it was changed meanwhile, the answer is 412.",
)
_EXAMPLE = OpenApiExample(
    "Fewer approvals",
    {
        "id": 4,
        "state": "started",
        "title": "Approve launches by checklist",
        "description": "",
        "unit": None,
        "owner_id": 12,
        "start_on": "2026-04-01",
        "due_on": "2026-09-30",
        "finding_ids": [7],
        "capabilities": [],
        "metric": "pm_leverage.leverage_index",
        "predicted_change": 0.1,
        "baseline": 0.42,
        "measured_change": None,
        "outcome": "",
        "started_at": "2026-04-01T08:00:00.000000Z",
        "ended_at": None,
        "version": 2,
    },
    response_only=True,
)


def _shows(summary: str, description: str, **more: Any) -> Any:
    return extend_schema(
        summary=summary,
        description=description,
        tags=["initiatives"],
        examples=[_EXAMPLE],
        **more,
    )


def _ends(summary: str, description: str, request: Any) -> Any:
    return _shows(
        summary,
        f"{description} Scope `findings:write`.",
        parameters=[_ORG, _ID, _IF_MATCH],
        request=request,
        responses=OpenApiResponse(InitiativeSerializer, description="As it stands now."),
    )


@extend_schema_view(
    list=_shows(
        "List initiatives",
        "The organisation's initiatives, the first due first. Scope `findings:read`.",
        parameters=[_ORG],
        responses=OpenApiResponse(InitiativeSerializer(many=True), description="One page."),
    ),
    retrieve=_shows(
        "Read one initiative",
        "One initiative of the organisation. Scope `findings:read`.",
        parameters=[_ORG, _ID],
        responses=OpenApiResponse(InitiativeSerializer, description="The initiative."),
    ),
    create=_shows(
        "Plan an initiative",
        "Plan one; it is started by itself. Scope `findings:write`.",
        parameters=[_ORG],
        request=InitiativeSerializer,
        responses={201: OpenApiResponse(InitiativeSerializer, description="The plan.")},
    ),
)
class InitiativeViewSet(mixins.ListModelMixin, OrganizationViewSet):
    queryset = (
        Initiative.objects.select_related("organization", "unit")
        .prefetch_related("links")
        .order_by("due_on", "id")
    )
    serializer_class = InitiativeSerializer
    filterset_class = InitiativeFilter
    permission_classes = [MayWrite]
    lookup_value_converter = "int"
    read_scope = "findings:read"
    write_scope = "findings:write"
    write_problem_statuses = ("409", "412")

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self._answer(self.get_object())

    def create(self, request: Request, **kwargs: Any) -> Response:
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        findings = self._findings(values.pop("finding_ids", []))
        made = plan_initiative(self.organization, Plan(**values, findings=findings))
        answer = self._answer(self.get_queryset().get(pk=made.pk))
        answer.status_code = HTTPStatus.CREATED
        return answer

    @_ends("Start", "Begin; the prediction is frozen from here on.", None)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, **kwargs: Any) -> Response:
        return self._act(start_initiative)

    @_ends("Finish", "Measure what changed and compare it.", EndSerializer)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, **kwargs: Any) -> Response:
        return self._act(finish_initiative, EndSerializer)

    @_ends("Abandon", "End it without an outcome.", AbandonSerializer)
    @action(detail=True, methods=["post"])
    def abandon(self, request: Request, **kwargs: Any) -> Response:
        return self._act(abandon_initiative, AbandonSerializer)

    def _act(
        self, service: Any, serializer: type[serializers.Serializer] = serializers.Serializer
    ) -> Response:
        initiative = self.get_object()
        given = serializer(data=self.request.data)
        given.is_valid(raise_exception=True)
        seen = version_seen(self.request, initiative.version)
        service(initiative, seen=seen, **given.validated_data)
        return self._answer(self.get_object())

    def _findings(self, ids: list[int]) -> tuple[Any, ...]:
        rows = tuple(self.organization.findings.filter(pk__in=ids))
        if len(rows) != len(set(ids)):
            raise serializers.ValidationError(
                {"finding_ids": _("One of these is no finding of the organisation.")}
            )
        return rows

    def _answer(self, initiative: Initiative) -> Response:
        return tagged(Response(self.get_serializer(initiative).data), initiative.version)
