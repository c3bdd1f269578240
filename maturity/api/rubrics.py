"""Rubrics: what is measured against, every published version with its levels and checks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import Q, QuerySet
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.assessments import rubric_named
from maturity.api.base import UtcDateTimeField
from maturity.api.operations import AS_OF, KNOWN_AT, Docs, row_id
from maturity.api.remembered import Remembered
from maturity.api.resources import MOMENTS
from maturity.models import RubricVersion


class RubricSerializer(serializers.Serializer):
    """One published version; it never changes."""

    id = serializers.IntegerField(help_text="Id of the version.")
    key = serializers.CharField(help_text="Key of the rubric.")
    version = serializers.CharField(help_text="Its number.")
    language = serializers.CharField(help_text="The language it is written in.")
    digest = serializers.CharField(help_text="SHA-256 of what it says.")
    published_at = UtcDateTimeField(help_text="When it was published.")
    retired_at = UtcDateTimeField(
        allow_null=True, help_text="Since when it takes no assessments; null: it does."
    )


class LevelSerializer(serializers.Serializer):
    """What a capability looks like at one level."""

    level = serializers.IntegerField(help_text="1 to 5.")
    label = serializers.CharField(  # type: ignore[assignment]  # the row's own word
        help_text="What the level is called."
    )
    looks_like = serializers.CharField(help_text="What it looks like.")
    checks = serializers.ListField(
        child=serializers.CharField(), help_text="What shows it, in the order of the answers."
    )


class CapabilitySerializer(serializers.Serializer):
    """Something an area must be able to do."""

    key = serializers.CharField(help_text="Key of the capability.")
    name = serializers.CharField(help_text="Its name.")
    description = serializers.CharField(help_text="What it is.")
    owner_role = serializers.CharField(help_text="Who usually owns it.")
    evidence = serializers.ListField(
        child=serializers.CharField(), help_text="What usually shows it."
    )
    levels = LevelSerializer(many=True, help_text="From 1 to 5.")


class AreaSerializer(serializers.Serializer):
    """One of the areas product operations works in."""

    key = serializers.CharField(help_text="Key of the area.")
    name = serializers.CharField(help_text="Its name.")
    purpose = serializers.CharField(help_text="What it is for.")
    survey_items = serializers.ListField(
        child=serializers.CharField(), help_text="Keys of the survey items about it."
    )
    capabilities = CapabilitySerializer(many=True, help_text="In the rubric's order.")


class WholeRubricSerializer(RubricSerializer):
    """A version with all it says."""

    areas = AreaSerializer(many=True, help_text="In the rubric's order.")


EXAMPLE: dict[str, Any] = {
    "id": 1,
    "key": "product-ops",
    "version": "1.0.0",
    "language": "en",
    "digest": "9f2c",
    "published_at": "2026-01-01T08:00:00.000000Z",
    "retired_at": None,
}
_LEVEL = {
    "level": 2,
    "label": "Managed",
    "looks_like": "Events are named in one list.",
    "checks": ["There is one list of events."],
}
_CAPABILITY = {
    "key": "event_taxonomy",
    "name": "Event taxonomy",
    "description": "One language for what is measured.",
    "owner_role": "Head of data",
    "evidence": ["The list of events"],
    "levels": [_LEVEL],
}
WHOLE: dict[str, Any] = {
    **EXAMPLE,
    "areas": [
        {
            "key": "analytics_infrastructure",
            "name": "Analytics infrastructure",
            "purpose": "Everybody measures the same way.",
            "survey_items": ["ANA1"],
            "capabilities": [_CAPABILITY],
        }
    ],
}
DOCS = Docs("rubrics", WholeRubricSerializer, WHOLE, read="assessments:read")


class RubricFilter(django_filters.FilterSet):
    key = django_filters.CharFilter(max_length=60, label="Only this rubric, by its key.")
    in_force = django_filters.BooleanFilter(
        method="in_force_then", label="true: only what is not retired."
    )

    class Meta:
        model = RubricVersion
        fields = ["key", "in_force"]

    def in_force_then(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        at = self.request.parser_context["view"].past()
        over = Q(retired_at__isnull=False) if at is None else Q(retired_at__lte=at)
        return rows.exclude(over) if value else rows.filter(over)


class RubricViewSet(mixins.ListModelMixin, Remembered):
    """What all tenants read alike; which one an organisation uses is one of its settings."""

    queryset = RubricVersion.objects.filter(published_at__isnull=False).order_by(
        "key", "-published_at", "-id"
    )
    serializer_class = WholeRubricSerializer
    filterset_class = RubricFilter
    http_method_names = ["get", "head"]
    read_scope = "assessments:read"
    asks = {"list": MOMENTS, "used": frozenset({"known_at"})}

    def get_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = RubricVersion.objects.filter(published_at__isnull=False)
        at = self.past() if self.action == "list" else None
        if at is not None:
            rows = rows.filter(published_at__lte=at)
        if self.action != "list":
            rows = rows.prefetch_related("areas__capabilities__levels")
        return rows.order_by("key", "-published_at", "-id")

    def complete(self, rows: Sequence[Any], at: datetime) -> None:
        for row in rows:
            if row.retired_at is not None and row.retired_at > at:
                row.retired_at = None

    @DOCS.lists(
        "rubrics_list",
        "List rubrics",
        "Every published version, the newest of each rubric first; of a day as known at a moment, "
        "what was published by then.",
        parameters=[AS_OF, KNOWN_AT],
        row=RubricSerializer,
        example=EXAMPLE,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return self.page(self.filter_queryset(self.get_queryset()), RubricSerializer)

    @DOCS.reads(
        "rubrics_retrieve",
        "Read one rubric",
        "A version with its areas, capabilities, levels and checks.",
        parameters=[row_id("Id of the version.")],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.reads(
        "rubrics_used",
        "Read the rubric in use",
        "What new assessments of the organisation are judged by, or were at a moment.",
        parameters=[KNOWN_AT],
    )
    @action(detail=False, methods=["get"])
    def used(self, request: Request, **kwargs: Any) -> Response:
        found = rubric_named(self.organization, None, at=self.moment().known_at)
        return self.shown(self.get_queryset().get(pk=found.pk))

    def version_of(self, row: RubricVersion, data: Any = None) -> str:
        return row.digest[:32]
