"""Exemptions: asked for by one person, decided by another."""

from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import OuterRef, Q, QuerySet, Subquery
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.assessments import rubric_named
from maturity.api.auth import person_of
from maturity.api.base import DayField, UtcDateTimeField
from maturity.api.fields import MAX_TEXT, NameField, UnitKeyField
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, PAGES, Docs, row_id
from maturity.api.resources import MOMENTS, Resource, find
from maturity.api.resources import PAGES as PAGE_NAMES
from maturity.models import Exemption, ExemptionDecision
from maturity.services.exemptions import decide_exemption, request_exemption

VERDICTS = [(verdict, verdict) for verdict in ExemptionDecision.Verdict.values]


class ExemptionSerializer(serializers.Serializer):
    """A capability that does not apply in one scope until a day; the newest decision counts."""

    id = serializers.IntegerField(help_text="Id of the exemption.")
    unit = UnitKeyField(source="unit.key")
    capability = serializers.CharField(source="capability.key", help_text="Key of the capability.")
    reason = serializers.CharField(help_text="Why it does not apply.")
    valid_from = serializers.DateField(help_text="From which day on.")
    ends_on = serializers.DateField(help_text="Until this day, which is not included.")
    verdict = serializers.ChoiceField(
        choices=VERDICTS, allow_null=True, help_text="The newest decision; null: undecided."
    )
    requested_by = NameField(help_text="Who asked.")
    recorded_at = UtcDateTimeField(help_text="When they asked.")


class NewExemptionSerializer(serializers.Serializer):
    """What is asked for."""

    capability = serializers.CharField(max_length=60, help_text="Key of the capability.")
    unit = UnitKeyField(required=False, default=None)
    reason = serializers.CharField(max_length=MAX_TEXT, help_text="Why it does not apply.")
    ends_on = DayField(help_text="Until this day, which is not included.")
    valid_from = DayField(allow_null=True, default=None, help_text="From when; null: today.")


class DecisionSerializer(serializers.Serializer):
    """What another person said."""

    id = serializers.IntegerField(help_text="Id of the decision.")
    verdict = serializers.ChoiceField(choices=VERDICTS, help_text="What was decided.")
    reason = serializers.CharField(help_text="Why.")
    decided_by = NameField(help_text="Who decided.")
    recorded_at = UtcDateTimeField(help_text="When.")


class ApprovalSerializer(serializers.Serializer):
    """Why it is approved; may stay empty."""

    reason = serializers.CharField(
        max_length=MAX_TEXT, allow_blank=True, default="", help_text="Why."
    )


class RefusalSerializer(serializers.Serializer):
    """Why it is refused."""

    reason = serializers.CharField(max_length=MAX_TEXT, help_text="Why.")


EXAMPLE: dict[str, Any] = {
    "id": 2,
    "unit": "payments",
    "capability": "recruiting_panels",
    "reason": "No research of their own.",
    "valid_from": "2026-01-01",
    "ends_on": "2027-01-01",
    "verdict": "approved",
    "requested_by": "Ana",
    "recorded_at": "2026-01-01T08:00:00.000000Z",
}
DECISION_EXAMPLE: dict[str, Any] = {
    "id": 3,
    "verdict": "approved",
    "reason": "",
    "decided_by": "Ben",
    "recorded_at": "2026-01-02T08:00:00.000000Z",
}
DOCS = Docs(
    "exemptions", ExemptionSerializer, EXAMPLE, read="assessments:read", write="assessments:write"
)
_ID = row_id("Id of the exemption.")


class ExemptionFilter(django_filters.FilterSet):
    verdict = django_filters.ChoiceFilter(
        choices=[*VERDICTS, ("undecided", "undecided")],
        method="of_verdict",
        label="Only with this decision.",
    )
    unit = django_filters.CharFilter(
        field_name="unit__key", max_length=60, label="Only this unit's, by its key."
    )
    capability = django_filters.CharFilter(
        field_name="capability__key", max_length=60, label="Only this capability, by its key."
    )

    class Meta:
        model = Exemption
        fields = ["verdict", "unit", "capability"]

    def of_verdict(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(verdict=None if value == "undecided" else value)


class ExemptionViewSet(mixins.ListModelMixin, Resource):
    queryset = Exemption.objects.select_related("unit", "capability", "requested_by").order_by(
        "-recorded_at", "-id"
    )
    serializer_class = ExemptionSerializer
    filterset_class = ExemptionFilter
    read_scope = "assessments:read"
    write_scope = "assessments:write"
    asks = {"list": MOMENTS, "retrieve": frozenset({"known_at"}), "decisions": PAGE_NAMES}

    def get_queryset(self) -> QuerySet[Any]:
        """With the newest decision by then; a list with a day has those that run on it."""
        decisions = ExemptionDecision.objects.filter(exemption=OuterRef("pk"))
        rows: QuerySet[Any] = super().get_queryset()
        known_at = self.moment().known_at if self.action in {"list", "retrieve"} else None
        if known_at is not None:
            decisions = decisions.filter(recorded_at__lte=known_at)
            rows = rows.filter(recorded_at__lte=known_at)
        if self.action == "list" and "as_of" in self.request.query_params:
            day = self.moment().as_of
            rows = rows.filter(Q(valid_from__lte=day, ends_on__gt=day))
        newest = decisions.order_by("-recorded_at", "-pk").values("verdict")[:1]
        found: QuerySet[Any] = rows.annotate(verdict=Subquery(newest))
        return found

    @DOCS.lists(
        "exemptions_list",
        "List exemptions",
        "What was asked for, the newest first; with `as_of` what runs on that day.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "exemptions_retrieve",
        "Read one exemption",
        "One exemption, as known at a moment.",
        parameters=[_ID, KNOWN_AT],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.lists(
        "exemptions_decisions",
        "Its decisions",
        "What was said to it, the oldest first.",
        parameters=[_ID, *PAGES],
        row=DecisionSerializer,
        example=DECISION_EXAMPLE,
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def decisions(self, request: Request, **kwargs: Any) -> Response:
        rows = self.get_object().decisions.select_related("decided_by")
        return self.page(rows.order_by("recorded_at", "pk"), DecisionSerializer)

    @DOCS.writes(
        "exemptions_create",
        "Ask for an exemption",
        "Ask to leave a capability out of one scope; it counts once another person approves.",
        request=NewExemptionSerializer,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(NewExemptionSerializer)
        rubric = rubric_named(self.organization, None)
        made = request_exemption(
            self.organization,
            **{
                **given,
                "capability": find("capability", rubric.capabilities, key=given["capability"]),
                "unit": find("unit", self.organization.units, key=given["unit"]),
            },
            by=person_of(request, self.organization),
        )
        return self.shown(self.get_queryset().get(pk=made.pk), status=HTTPStatus.CREATED)

    @DOCS.writes(
        "exemptions_approve",
        "Approve",
        "Agree to it: another person than who asked.",
        request=ApprovalSerializer,
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, **kwargs: Any) -> Response:
        return self._decide(approve=True, serializer=ApprovalSerializer)

    @DOCS.writes(
        "exemptions_refuse",
        "Refuse",
        "Refuse it, or take an approval back.",
        request=RefusalSerializer,
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, **kwargs: Any) -> Response:
        return self._decide(approve=False, serializer=RefusalSerializer)

    def _decide(self, *, approve: bool, serializer: type[serializers.Serializer]) -> Response:
        reason = self.taken(serializer)["reason"]
        by = person_of(self.request, self.organization)
        return self.change(lambda row: decide_exemption(row, approve=approve, by=by, reason=reason))
