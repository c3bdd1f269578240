"""Initiatives: what is done about findings, what was predicted and what came out."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.utils import timezone
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
from maturity.api.base import OrganizationViewSet
from maturity.api.initiative_serializers import (
    STATES,
    AbandonSerializer,
    EndSerializer,
    InitiativeSerializer,
)
from maturity.api.preconditions import tagged, version_seen
from maturity.models import Initiative, User
from maturity.models.initiatives import InitiativeQuerySet
from maturity.services.initiatives import (
    Plan,
    abandon_initiative,
    finish_initiative,
    plan_initiative,
    replan_initiative,
    start_initiative,
)


class InitiativeFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=STATES, label="Only initiatives in this state.")
    overdue = django_filters.BooleanFilter(
        method="only_overdue", label="Only initiatives that are overdue, or only the others."
    )

    class Meta:
        model = Initiative
        fields = ["state"]

    def only_overdue(self, rows: InitiativeQuerySet, name: str, value: bool) -> InitiativeQuerySet:
        # All rows are of the one organisation that the address names.
        zone = self.request.parser_context["view"].organization.zone
        late = rows.overdue(on=timezone.localdate(timezone=zone))
        return late if value else rows.exclude(pk__in=late.values("pk"))


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
        "due_reason": "",
        "overdue": False,
        "finding_ids": [7],
        "capabilities": [],
        "metric": "pm_leverage.leverage_index",
        "predicted_change": 0.1,
        "baseline": 0.42,
        "measured_change": None,
        "outcome": "",
        "outcome_note": "",
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
    partial_update=_shows(
        "Change an initiative",
        "Change the parts of the plan that are sent. Once it has started its unit, first day, "
        "capabilities and prediction are frozen: 409; its last day moves with a `due_reason`. "
        "Scope `findings:write`.",
        parameters=[_ORG, _ID, _IF_MATCH],
        request=InitiativeSerializer,
        responses=OpenApiResponse(InitiativeSerializer, description="As it stands now."),
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
        values = self._values(given.validated_data)
        values.pop("due_reason", None)
        made = plan_initiative(self.organization, Plan(**values))
        answer = self._answer(self.get_queryset().get(pk=made.pk))
        answer.status_code = HTTPStatus.CREATED
        return answer

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        initiative = self.get_object()
        given = self.get_serializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        seen = version_seen(request, initiative.version)
        changes = self._values(given.validated_data)
        reason = changes.pop("due_reason", "")
        replan_initiative(initiative, changes, due_reason=reason, seen=seen)
        return self._answer(self.get_object())

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

    def _values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What was sent, with rows of the organisation in place of keys and ids."""
        values = dict(given)
        if "finding_ids" in values:
            values["findings"] = self._findings(values.pop("finding_ids"))
        if "unit" in values:
            units = self.organization.units
            values["unit"] = _row("unit", units, key=values["unit"]["key"])
        if "owner_id" in values:
            members = User.objects.filter(memberships__organization=self.organization)
            values["owner"] = _row("owner_id", members, pk=values.pop("owner_id"))
        return values

    def _findings(self, ids: list[int]) -> tuple[Any, ...]:
        rows = tuple(self.organization.findings.filter(pk__in=ids).order_by("pk"))
        if len(rows) != len(set(ids)):
            raise serializers.ValidationError(
                {"finding_ids": _("One of these is no finding of the organisation.")}
            )
        return rows

    def _answer(self, initiative: Initiative) -> Response:
        return tagged(Response(self.get_serializer(initiative).data), initiative.version)


def _row(field: str, rows: Any, **named: Any) -> Any:
    """The row that is named, None where nothing is; a 400 naming the field where there is none."""
    if None in named.values():
        return None
    row = rows.filter(**named).first()
    if row is None:
        raise serializers.ValidationError({field: _("There is none in this organisation.")})
    return row
