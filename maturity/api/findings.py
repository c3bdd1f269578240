"""Findings: the pitfalls that were raised, with the evidence behind each."""

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import actor_of
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
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, PAGES, Docs, row_id
from maturity.api.preconditions import version_seen
from maturity.api.remembered import Remembered
from maturity.api.resources import MOMENTS
from maturity.api.resources import PAGES as PAGE_NAMES
from maturity.models import Finding, User
from maturity.selectors.findings import as_they_were, findings_then
from maturity.services.lifecycle import (
    acknowledge_finding,
    add_note,
    assign_finding,
    dismiss_finding,
    reopen_finding,
    snooze_finding,
)

EXAMPLE: dict[str, Any] = {
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
}
DOCS = Docs("findings", FindingSerializer, EXAMPLE, read="findings:read", write="findings:write")
_ID = row_id("Id of the finding.")


class FindingFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(
        choices=STATES, method="of_then", label="Only findings in this state."
    )
    unit = django_filters.CharFilter(
        field_name="unit__key", max_length=60, label="Only this unit's, by its key."
    )
    key = django_filters.CharFilter(max_length=40, label="Only this pitfall, by its key.")
    severity = django_filters.ChoiceFilter(
        choices=SEVERITIES, method="of_then", label="Only this severity."
    )

    class Meta:
        model = Finding
        fields = ["state", "key", "severity", "unit"]

    def of_then(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        past = self.request.parser_context["view"].past()
        return rows.filter(**{name if past is None else f"{name}_then": value})


def _decides(name: str, summary: str, text: str, request: Any) -> Any:
    return DOCS.writes(
        f"findings_{name}", summary, text, request=request, parameters=[_ID, IF_MATCH]
    )


class FindingViewSet(mixins.ListModelMixin, Remembered):
    queryset = Finding.objects.select_related(
        "organization", "unit", "verdict__evaluation"
    ).order_by("-opened_at", "-id")
    serializer_class = FindingSerializer
    filterset_class = FindingFilter
    read_scope = "findings:read"
    write_scope = "findings:write"
    asks = {"list": MOMENTS, "retrieve": MOMENTS, "history": PAGE_NAMES, "notes": PAGE_NAMES}

    def get_queryset(self) -> QuerySet[Any]:
        at = self.past()
        if at is None:
            rows: QuerySet[Any] = super().get_queryset()
            return rows
        then = findings_then(self.organization, at=at).select_related("organization", "unit")
        return then.order_by("-opened_at", "-id")

    def complete(self, rows: Sequence[Any], at: datetime) -> None:
        as_they_were(rows)

    @DOCS.lists(
        "findings_list",
        "List findings",
        "The organisation's findings, the newest first, also as they were on a day as known at a "
        "moment.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "findings_retrieve",
        "Read one finding",
        "One finding of the organisation, also as it was.",
        parameters=[_ID, AS_OF, KNOWN_AT],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @_decides("acknowledge", "Acknowledge", "Say that somebody is on it.", RemarkSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, **kwargs: Any) -> Response:
        return self._decide(acknowledge_finding, RemarkSerializer)

    @_decides("snooze", "Snooze", "Put it aside; it comes back by itself.", SnoozeSerializer)
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, **kwargs: Any) -> Response:
        return self._decide(snooze_finding, SnoozeSerializer)

    @_decides(
        "dismiss",
        "Dismiss",
        "No problem here: it reopens on new evidence alone.",
        DismissSerializer,
    )
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, **kwargs: Any) -> Response:
        return self._decide(dismiss_finding, DismissSerializer)

    @_decides("reopen", "Reopen", "Take back what was decided.", RemarkSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, **kwargs: Any) -> Response:
        return self._decide(reopen_finding, RemarkSerializer)

    @_decides("assign", "Assign", "Say which member's it is.", AssignSerializer)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, **kwargs: Any) -> Response:
        return self._decide(self._assign, AssignSerializer)

    @DOCS.lists(
        "findings_history",
        "Its history",
        "What was done and concluded, the oldest first.",
        parameters=[_ID, *PAGES],
        row=TransitionSerializer,
        example=STEP_EXAMPLE,
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def history(self, request: Request, **kwargs: Any) -> Response:
        steps = self.get_object().transitions.select_related("user", "key").order_by("pk")
        return self.page(steps, TransitionSerializer)

    @DOCS.lists(
        "findings_notes",
        "Its discussion",
        "What was said, the oldest first.",
        parameters=[_ID, *PAGES],
        row=NoteSerializer,
        example=NOTE_EXAMPLE,
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def notes(self, request: Request, **kwargs: Any) -> Response:
        notes = self.get_object().notes.select_related("user", "key").order_by("pk")
        return self.page(notes, NoteSerializer)

    @DOCS.writes(
        "findings_notes_create",
        "Add a note",
        "Contribute to the discussion.",
        request=NoteSerializer,
        parameters=[_ID],
        row=NoteSerializer,
        example=NOTE_EXAMPLE,
        status=201,
    )
    @notes.mapping.post
    def write_note(self, request: Request, **kwargs: Any) -> Response:
        text = self.taken(NoteSerializer)["text"]
        note = add_note(self.get_object(), text=text, by=actor_of(request))
        return Response(NoteSerializer(note).data, status=HTTPStatus.CREATED)

    def _decide(
        self, service: Callable[..., Finding], serializer: type[serializers.Serializer]
    ) -> Response:
        finding, given = self.get_object(), self.taken(serializer)
        seen = version_seen(self.request, finding.version)
        service(finding, by=actor_of(self.request), seen=seen, **given)
        return self.shown(self.get_object())

    def _assign(self, finding: Finding, *, owner_id: int | None, **rest: Any) -> Finding:
        members = User.objects.filter(memberships__organization=self.organization)
        owner = members.filter(pk=owner_id).first()
        if owner is None and owner_id is not None:
            raise serializers.ValidationError(
                {"owner_id": _("No member of the organisation has this id.")}
            )
        return assign_finding(finding, owner=owner, **rest)
