"""Findings: the pitfalls that were raised, with the evidence behind each."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import QuerySet
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

from maturity.api.auth import MayWrite, actor_of
from maturity.api.base import OrganizationViewSet
from maturity.api.finding_serializers import (
    NOTE_EXAMPLE,
    SEVERITIES,
    STATES,
    STEP_EXAMPLE,
    AssignSerializer,
    DismissSerializer,
    FindingSerializer,
    NoteSerializer,
    RemarkSerializer,
    SnoozeSerializer,
    TransitionSerializer,
)
from maturity.api.pagination import PageNumberPagination
from maturity.api.preconditions import tagged, version_seen
from maturity.models import Finding, User
from maturity.services.lifecycle import (
    acknowledge_finding,
    add_note,
    assign_finding,
    dismiss_finding,
    reopen_finding,
    snooze_finding,
)


class FindingFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=STATES, label="Only findings in this state.")
    unit = django_filters.CharFilter(
        field_name="unit__key", max_length=60, label="Only this unit's, by its key."
    )
    key = django_filters.CharFilter(max_length=40, label="Only this pitfall, by its key.")
    severity = django_filters.ChoiceFilter(choices=SEVERITIES, label="Only this severity.")

    class Meta:
        model = Finding
        fields = ["state", "key", "severity", "unit"]


_ORG = OpenApiParameter("org", str, OpenApiParameter.PATH, description="Slug of the organisation.")
_EXAMPLE = OpenApiExample(
    "Slow gates",
    {
        "id": 7,
        "organization_id": 1,
        "organization": "acme",
        "key": "gatekeeper",
        "unit": None,
        "severity": "medium",
        "state": "open",
        "snoozed_until": None,
        "owner_id": None,
        "version": 1,
        "evidence_text": "Half of the requests wait more than 10 working days.",
        "evidence": {"w50": 10.4, "w85": 26.1},
        "missing": [],
        "confidence": 0.8,
        "opened_on": "2026-07-01",
        "opened_at": "2026-07-03T06:00:00.000000Z",
        "resolved_at": None,
        "thresholds_version": "1.0.0",
        "period_end": "2026-07-01",
    },
    response_only=True,
)


# Lists that stand below one finding.
LISTS = {"history", "notes"}
_ID = OpenApiParameter("id", int, OpenApiParameter.PATH, description="Id of the finding.")
_IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The `ETag` you saw; if it was changed meanwhile, the answer is 412.",
)


def _decides(summary: str, description: str, request: Any) -> Any:
    """How a decision looks in OpenAPI: the answer is the finding as it stands then."""
    return extend_schema(
        summary=summary,
        description=f"{description} Scope `findings:write`; people need an editing role.",
        tags=["findings"],
        parameters=[_ORG, _ID, _IF_MATCH],
        request=request,
        responses=OpenApiResponse(FindingSerializer, description="The finding as it stands now."),
        examples=[_EXAMPLE],
    )


def _tells(summary: str, serializer: type[serializers.Serializer], example: OpenApiExample) -> Any:
    """How a list below a finding looks in OpenAPI."""
    return extend_schema(
        summary=summary,
        description=f"{summary}, the oldest first. Scope `findings:read`.",
        tags=["findings"],
        parameters=[_ORG, _ID],
        responses=OpenApiResponse(serializer(many=True), description="One page."),
        examples=[example],
        filters=False,
    )


@extend_schema_view(
    list=extend_schema(
        operation_id="findings_list",
        summary="List findings",
        description="The organisation's findings, the newest first. Scope `findings:read`.",
        tags=["findings"],
        parameters=[_ORG],
        responses=OpenApiResponse(FindingSerializer(many=True), description="One page."),
        examples=[_EXAMPLE],
    ),
    retrieve=extend_schema(
        operation_id="findings_retrieve",
        summary="Read one finding",
        description="One finding of the organisation. Scope `findings:read`.",
        tags=["findings"],
        parameters=[_ORG, _ID],
        responses=OpenApiResponse(FindingSerializer, description="The finding."),
        examples=[_EXAMPLE],
    ),
)
class FindingViewSet(mixins.ListModelMixin, OrganizationViewSet):
    queryset = Finding.objects.select_related(
        "organization", "unit", "verdict__evaluation"
    ).order_by("-opened_at", "-id")
    serializer_class = FindingSerializer
    filterset_class = FindingFilter
    permission_classes = [MayWrite]
    lookup_value_converter = "int"
    read_scope = "findings:read"
    write_scope = "findings:write"
    write_problem_statuses = ("409", "412")

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self._answer(self.get_object())

    @_decides("Acknowledge", "Say that somebody is on it.", RemarkSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, **kwargs: Any) -> Response:
        return self._decide(acknowledge_finding, RemarkSerializer)

    @_decides("Snooze", "Put it aside; it comes back by itself.", SnoozeSerializer)
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, **kwargs: Any) -> Response:
        return self._decide(snooze_finding, SnoozeSerializer)

    @_decides("Dismiss", "No problem here: it reopens on new evidence alone.", DismissSerializer)
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, **kwargs: Any) -> Response:
        return self._decide(dismiss_finding, DismissSerializer)

    @_decides("Reopen", "Take back what was decided.", RemarkSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, **kwargs: Any) -> Response:
        return self._decide(reopen_finding, RemarkSerializer)

    @_decides("Assign", "Say which member's it is.", AssignSerializer)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, **kwargs: Any) -> Response:
        return self._decide(self._assign, AssignSerializer)

    @_tells("Its history", TransitionSerializer, STEP_EXAMPLE)
    @action(detail=True, methods=["get"])
    def history(self, request: Request, **kwargs: Any) -> Response:
        steps = self.get_object().transitions.select_related("user", "key").order_by("pk")
        return self._page(steps, TransitionSerializer)

    @_tells("Its discussion", NoteSerializer, NOTE_EXAMPLE)
    @action(detail=True, methods=["get"])
    def notes(self, request: Request, **kwargs: Any) -> Response:
        notes = self.get_object().notes.select_related("user", "key").order_by("pk")
        return self._page(notes, NoteSerializer)

    @extend_schema(
        summary="Add a note",
        description="Contribute to the discussion. Scope `findings:write`.",
        tags=["findings"],
        parameters=[_ORG, _ID],
        request=NoteSerializer,
        responses={201: OpenApiResponse(NoteSerializer, description="The note.")},
        examples=[NOTE_EXAMPLE],
    )
    @notes.mapping.post
    def write_note(self, request: Request, **kwargs: Any) -> Response:
        given = NoteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        text = given.validated_data["text"]
        note = add_note(self.get_object(), text=text, by=actor_of(request))
        return Response(NoteSerializer(note).data, status=HTTPStatus.CREATED)

    def known_parameters(self) -> set[str]:
        pages = {PageNumberPagination.page_query_param, PageNumberPagination.page_size_query_param}
        return super().known_parameters() | (pages if self.action in LISTS else set())

    def _decide(
        self, service: Callable[..., Finding], serializer: type[serializers.Serializer]
    ) -> Response:
        finding = self.get_object()
        given = serializer(data=self.request.data)
        given.is_valid(raise_exception=True)
        seen = version_seen(self.request, finding.version)
        service(finding, by=actor_of(self.request), seen=seen, **given.validated_data)
        return self._answer(self.get_object())

    def _assign(self, finding: Finding, *, owner_id: int | None, **rest: Any) -> Finding:
        members = User.objects.filter(memberships__organization=self.organization)
        owner = members.filter(pk=owner_id).first()
        if owner is None and owner_id is not None:
            raise serializers.ValidationError(
                {"owner_id": _("No member of the organisation has this id.")}
            )
        return assign_finding(finding, owner=owner, **rest)

    def _answer(self, finding: Finding) -> Response:
        return tagged(Response(self.get_serializer(finding).data), finding.version)

    def _page(self, rows: QuerySet[Any], serializer: type[serializers.Serializer]) -> Response:
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(serializer(page, many=True).data)
