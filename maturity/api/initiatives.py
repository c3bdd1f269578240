"""Initiatives: what is done about findings, what was predicted and what came out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import IntegerField, Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.initiative_serializers import (
    STATES,
    AbandonSerializer,
    EndSerializer,
    InitiativeSerializer,
)
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, Docs, row_id
from maturity.api.preconditions import version_seen
from maturity.api.remembered import Remembered
from maturity.api.resources import find
from maturity.models import Initiative, InitiativeFinding, User
from maturity.selectors.past import as_it_stood
from maturity.services.initiatives import (
    Plan,
    abandon_initiative,
    finish_initiative,
    plan_initiative,
    replan_initiative,
    start_initiative,
)

EXAMPLE: dict[str, Any] = {
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
}
DOCS = Docs(
    "initiatives", InitiativeSerializer, EXAMPLE, read="findings:read", write="findings:write"
)
_ID = row_id("Id of the initiative.")


class InitiativeFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=STATES, label="Only initiatives in this state.")
    overdue = django_filters.BooleanFilter(
        method="only_overdue", label="Only initiatives that are overdue, or only the others."
    )

    class Meta:
        model = Initiative
        fields = ["state"]

    def only_overdue(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        # Rows of the history are of another table than initiatives, with the same columns.
        view = self.request.parser_context["view"]
        on = (view.past() or timezone.now()).astimezone(view.organization.zone).date()
        late = Q(state__in=Initiative.RUNNING, due_on__lt=on)
        return rows.filter(late if value else ~late)


class InitiativeViewSet(mixins.ListModelMixin, Remembered):
    queryset = (
        Initiative.objects.select_related("organization", "unit")
        .prefetch_related("links")
        .order_by("due_on", "id")
    )
    serializer_class = InitiativeSerializer
    filterset_class = InitiativeFilter
    read_scope = "findings:read"
    write_scope = "findings:write"

    def get_queryset(self) -> QuerySet[Any]:
        at = self.past()
        if at is None:
            rows: QuerySet[Any] = super().get_queryset()
            return rows
        then = as_it_stood(Initiative, self.organization, at=at).select_related("unit")
        unknown = Value(None, output_field=IntegerField())
        past: QuerySet[Any] = then.annotate(version=unknown)
        return past.order_by("due_on", "id")

    def complete(self, rows: Sequence[Any], at: datetime) -> None:
        links = as_it_stood(InitiativeFinding, self.organization, at=at)
        day = at.astimezone(self.organization.zone).date()
        answered = list(links.filter(initiative__in=[row.id for row in rows]))
        for row in rows:
            row.finding_ids = sorted(
                link.finding_id for link in answered if link.initiative_id == row.id
            )
            row.overdue = row.state in Initiative.RUNNING and row.due_on < day

    @DOCS.lists(
        "initiatives_list",
        "List initiatives",
        "The organisation's initiatives, the first due first, also as they were on a day as known "
        "at a moment.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "initiatives_retrieve",
        "Read one initiative",
        "One initiative of the organisation, also as it was.",
        parameters=[_ID, AS_OF, KNOWN_AT],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.writes(
        "initiatives_create",
        "Plan an initiative",
        "Plan one; it is started by itself.",
        request=InitiativeSerializer,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        values = self._values(self.taken(InitiativeSerializer))
        values.pop("due_reason", None)
        made = plan_initiative(self.organization, Plan(**values))
        return self._shown(made, status=HTTPStatus.CREATED)

    @DOCS.writes(
        "initiatives_update",
        "Change an initiative",
        "Change the parts of the plan that are sent. Once it has started its unit, first day, "
        "capabilities and prediction are frozen: 409; its last day moves with a `due_reason`.",
        request=InitiativeSerializer,
        parameters=[_ID, IF_MATCH],
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        initiative = self.get_object()
        changes = self._values(self.taken(InitiativeSerializer, partial=True))
        seen = version_seen(request, initiative.version)
        reason = changes.pop("due_reason", "")
        return self._shown(replan_initiative(initiative, changes, due_reason=reason, seen=seen))

    @DOCS.writes(
        "initiatives_start",
        "Start",
        "Begin; the prediction is frozen from here on.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def start(self, request: Request, **kwargs: Any) -> Response:
        return self._act_with(start_initiative)

    @DOCS.writes(
        "initiatives_finish",
        "Finish",
        "Measure what changed and compare it.",
        request=EndSerializer,
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, **kwargs: Any) -> Response:
        return self._act_with(finish_initiative, EndSerializer)

    @DOCS.writes(
        "initiatives_abandon",
        "Abandon",
        "End it without an outcome.",
        request=AbandonSerializer,
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def abandon(self, request: Request, **kwargs: Any) -> Response:
        return self._act_with(abandon_initiative, AbandonSerializer)

    def _act_with(
        self, service: Any, serializer: type[serializers.Serializer] = serializers.Serializer
    ) -> Response:
        initiative = self.get_object()
        given = self.taken(serializer)
        seen = version_seen(self.request, initiative.version)
        return self._shown(service(initiative, seen=seen, **given))

    def _values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What was sent, with rows of the organisation in place of keys and ids."""
        values = dict(given)
        if "finding_ids" in values:
            values["findings"] = self._findings(values.pop("finding_ids"))
        if "unit" in values:
            units = self.organization.units
            values["unit"] = find("unit", units, key=values["unit"]["key"])
        if "owner_id" in values:
            members = User.objects.filter(memberships__organization=self.organization)
            values["owner"] = find("owner_id", members, pk=values.pop("owner_id"))
        return values

    def _findings(self, ids: Sequence[int]) -> tuple[Any, ...]:
        rows = tuple(self.organization.findings.filter(pk__in=ids).order_by("pk"))
        if len(rows) != len(set(ids)):
            raise serializers.ValidationError(
                {"finding_ids": _("One of these is no finding of the organisation.")}
            )
        return rows

    def _shown(self, initiative: Initiative, *, status: int = HTTPStatus.OK) -> Response:
        return self.shown(self.get_queryset().get(pk=initiative.pk), status=status)
