"""Findings: the pitfalls that were raised, with the evidence behind each."""

import django_filters  # type: ignore[import-untyped]
from django.db.models import QuerySet
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import mixins, serializers

from maturity.api.base import OrganizationViewSet, UtcDateTimeField
from maturity.models import Finding

STATES = [("open", "open"), ("resolved", "resolved")]
SEVERITIES = [("low", "low"), ("medium", "medium"), ("high", "high")]


class FindingFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(
        choices=STATES, method="filter_state", label="Only findings in this state."
    )
    key = django_filters.CharFilter(max_length=40, label="Only this pitfall, by its key.")
    severity = django_filters.ChoiceFilter(choices=SEVERITIES, label="Only this severity.")

    class Meta:
        model = Finding
        fields = ["state", "key", "severity"]

    def filter_state(self, queryset: QuerySet[Finding], name: str, value: str) -> QuerySet[Finding]:
        return queryset.filter(resolved_at__isnull=value == "open")


class FindingSerializer(serializers.ModelSerializer):
    """One pitfall that was raised; it stays open until the pitfall clears."""

    id = serializers.IntegerField(read_only=True, help_text="Id of the finding.")
    organization_id = serializers.IntegerField(read_only=True, help_text="Id of the organisation.")
    organization = serializers.CharField(
        source="organization.slug", read_only=True, help_text="Slug of the organisation."
    )
    key = serializers.CharField(read_only=True, help_text="Public key of the pitfall.")
    severity = serializers.ChoiceField(choices=SEVERITIES, read_only=True, help_text="How bad.")
    state = serializers.SerializerMethodField(help_text="Open until the pitfall clears.")
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
            "severity",
            "state",
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

    @extend_schema_field({"type": "string", "enum": ["open", "resolved"]})
    def get_state(self, finding: Finding) -> str:
        return "open" if finding.resolved_at is None else "resolved"

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_evidence(self, finding: Finding) -> dict[str, object]:
        evidence: dict[str, object] = finding.verdict.evidence
        return evidence


_ORG = OpenApiParameter("org", str, OpenApiParameter.PATH, description="Slug of the organisation.")
_EXAMPLE = OpenApiExample(
    "Slow gates",
    {
        "id": 7,
        "organization_id": 1,
        "organization": "acme",
        "key": "gatekeeper",
        "severity": "medium",
        "state": "open",
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
    status_codes=["200"],
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
        parameters=[
            _ORG,
            OpenApiParameter("id", int, OpenApiParameter.PATH, description="Id of the finding."),
        ],
        responses=OpenApiResponse(FindingSerializer, description="The finding."),
        examples=[_EXAMPLE],
    ),
)
class FindingViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, OrganizationViewSet):
    queryset = Finding.objects.select_related("organization", "verdict__evaluation").order_by(
        "-opened_at", "-id"
    )
    serializer_class = FindingSerializer
    filterset_class = FindingFilter
    lookup_value_converter = "int"
    read_scope = "findings:read"
