"""Evaluations and verdicts: what was concluded, by which numbers, and why."""

from dataclasses import asdict
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.base import UtcDateTimeField
from maturity.api.operations import AS_OF, KNOWN_AT, Docs, row_id
from maturity.api.resources import MOMENTS, Resource
from maturity.insights.explanations import explain, is_explained
from maturity.models import Evaluation, VerdictRecord
from maturity.selectors.thresholds import thresholds_named

KINDS = [(kind, kind) for kind in ("pitfall", "sign", "benefit", "readiness")]
SEVERITIES = [(severity, severity) for severity in ("low", "medium", "high")]
_OBJECT: dict[str, Any] = {"type": "object", "additionalProperties": True}


class EvaluationSerializer(serializers.Serializer):
    """One run of all checks over complete periods."""

    id = serializers.IntegerField(help_text="Id of the evaluation.")
    period_end = serializers.DateField(help_text="The day on which the periods end.")
    known_at = UtcDateTimeField(allow_null=True, help_text="As known when the inputs were read.")
    thresholds_version = serializers.CharField(help_text="Version of the numbers it judged by.")
    facts_digest = serializers.CharField(help_text="SHA-256 of the inputs.")
    computed_at = UtcDateTimeField(help_text="When it was made.")


class VerdictSerializer(serializers.Serializer):
    """What one check concluded."""

    id = serializers.IntegerField(help_text="Id of the verdict.")
    evaluation_id = serializers.IntegerField(help_text="Id of its evaluation.")
    period_end = serializers.DateField(
        source="evaluation.period_end", help_text="The day on which its periods end."
    )
    thresholds_version = serializers.CharField(
        source="evaluation.thresholds_version", help_text="Version of the numbers it judged by."
    )
    kind = serializers.CharField(help_text="pitfall, sign, benefit or readiness.")
    key = serializers.CharField(help_text="Public key of the check.")
    state = serializers.CharField(help_text="What it concluded; unknown is never good news.")
    severity = serializers.ChoiceField(
        choices=SEVERITIES, allow_null=True, help_text="How bad; null: not raised."
    )
    confidence = serializers.FloatField(allow_null=True, help_text="From 0 to 1.")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="Inputs that would make it surer."
    )
    message = serializers.CharField(help_text="The evidence in a sentence or two.")
    evidence = serializers.SerializerMethodField(help_text="The figures; counts under k as bands.")

    @extend_schema_field(_OBJECT)
    def get_evidence(self, row: VerdictRecord) -> dict[str, Any]:
        return row.shown_evidence


class ExplainedVerdictSerializer(VerdictSerializer):
    """A verdict with the inputs, formulas, figures and thresholds behind it."""

    explanation = serializers.SerializerMethodField(
        help_text="Its tests, what would clear it, its inputs; null: the check is not made today."
    )

    @extend_schema_field({"type": ["object", "null"], "additionalProperties": True})
    def get_explanation(self, row: VerdictRecord) -> dict[str, Any] | None:
        evaluation = row.evaluation
        numbers = thresholds_named(row.organization, evaluation.thresholds_version)
        if numbers is None or not is_explained(row.key):
            return None
        return asdict(explain(row.key, row.shown_evidence, row.missing, numbers))


EXAMPLE: dict[str, Any] = {
    "id": 51,
    "evaluation_id": 6,
    "period_end": "2026-07-01",
    "thresholds_version": "1",
    "kind": "pitfall",
    "key": "gatekeeper",
    "state": "raised",
    "severity": "medium",
    "confidence": 0.8,
    "missing": [],
    "message": "Half of the requests wait more than 10 working days.",
    "evidence": {"w50": 10.4},
}
EVALUATION: dict[str, Any] = {
    "id": 6,
    "period_end": "2026-07-01",
    "known_at": "2026-07-02T22:10:00.000000Z",
    "thresholds_version": "1",
    "facts_digest": "9f2c",
    "computed_at": "2026-07-03T06:00:00.000000Z",
}
DOCS = Docs("findings", VerdictSerializer, EXAMPLE, read="findings:read")


class EvaluationViewSet(mixins.ListModelMixin, Resource):
    queryset = Evaluation.objects.order_by("-period_end", "-id")
    serializer_class = EvaluationSerializer
    http_method_names = ["get", "head"]
    read_scope = "findings:read"
    asks = {"list": MOMENTS}

    def get_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset()
        return _known(rows, self) if self.action == "list" else rows

    @DOCS.lists(
        "evaluations_list",
        "List evaluations",
        "Every run of the checks, the newest period first.",
        parameters=[AS_OF, KNOWN_AT],
        row=EvaluationSerializer,
        example=EVALUATION,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "evaluations_retrieve",
        "Read one evaluation",
        "One run of the checks.",
        parameters=[row_id("Id of the evaluation.")],
        row=EvaluationSerializer,
        example=EVALUATION,
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())


class VerdictFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=KINDS, label="Only this kind.")
    key = django_filters.CharFilter(max_length=40, label="Only this check, by its key.")
    state = django_filters.CharFilter(max_length=20, label="Only this state.")

    class Meta:
        model = VerdictRecord
        fields = ["kind", "key", "state"]


class VerdictViewSet(mixins.ListModelMixin, Resource):
    queryset = VerdictRecord.objects.select_related("evaluation", "organization").order_by("id")
    serializer_class = VerdictSerializer
    filterset_class = VerdictFilter
    http_method_names = ["get", "head"]
    read_scope = "findings:read"
    asks = {"list": MOMENTS}

    def get_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset()
        if self.action != "list":
            return rows
        runs = _known(Evaluation.objects.for_organization(self.organization), self)
        newest = runs.order_by("-period_end", "-pk").values("pk")[:1]
        return rows.filter(evaluation__in=newest)

    @DOCS.lists(
        "verdicts_list",
        "List the newest verdicts",
        "What the newest evaluation up to a day concluded, as known at a moment.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "verdicts_retrieve",
        "Read one verdict",
        "One verdict of any evaluation.",
        parameters=[row_id("Id of the verdict.")],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.reads(
        "verdicts_explain",
        "Explain one verdict",
        "With its inputs, formulas, figures, thresholds and what would clear it.",
        parameters=[row_id("Id of the verdict.")],
        row=ExplainedVerdictSerializer,
        example={**EXAMPLE, "explanation": {"tests": [], "clears_when": [], "inputs": []}},
    )
    @action(detail=True, methods=["get"])
    def explain(self, request: Request, **kwargs: Any) -> Response:
        return Response(ExplainedVerdictSerializer(self.get_object()).data)


def _known(rows: QuerySet[Any], view: Resource) -> QuerySet[Any]:
    when = view.moment()
    rows = rows.filter(period_end__lte=when.as_of)
    return rows if when.known_at is None else rows.filter(computed_at__lte=when.known_at)
