"""Thresholds: the numbers that an organisation judges by, and every version of its own."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.base import UtcDateTimeField
from maturity.api.fields import NameField
from maturity.api.operations import AS_OF, KNOWN_AT, PAGES, Docs, row_id
from maturity.api.remembered import Remembered
from maturity.api.resources import MOMENTS
from maturity.insights import CURRENT_THRESHOLDS
from maturity.insights.threshold_changes import numbers_of
from maturity.models import ThresholdsVersion
from maturity.selectors.thresholds import thresholds_of


class ThresholdsSerializer(serializers.Serializer):
    """Numbers that were switched on instead of some shipped ones; the highest is in force."""

    id = serializers.IntegerField(help_text="Id of the version.")
    version = serializers.CharField(help_text="What evaluations name.")
    number = serializers.IntegerField(help_text="Counts the organisation's versions.")
    base = serializers.CharField(help_text="The shipped version it changes.")
    changes = serializers.SerializerMethodField(
        help_text="`section.number`: its value and where it comes from. Empty: the shipped ones."
    )
    reason = serializers.CharField(help_text="Why.")
    switched_on_by = NameField(source="user", help_text="Who switched them on.")
    effective_at = UtcDateTimeField(help_text="Since when they are in force.")

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_changes(self, row: ThresholdsVersion) -> dict[str, Any]:
        changes: dict[str, Any] = row.changes
        return changes


class NumberSerializer(serializers.Serializer):
    """One number as it is in force."""

    name = serializers.CharField(help_text="`section.number`.")
    value = serializers.FloatField(help_text="What is judged by.")
    source = serializers.CharField(  # type: ignore[assignment]  # the number's own word
        help_text="Where it comes from."
    )
    shipped = serializers.FloatField(help_text="What it is as shipped.")
    whole = serializers.BooleanField(help_text="Whether it counts something.")


NUMBER: dict[str, Any] = {
    "name": "too_early.e1_pms_enter",
    "value": 4,
    "source": "Small teams are our model.",
    "shipped": 10,
    "whole": True,
}
EXAMPLE: dict[str, Any] = {
    "id": 1,
    "version": "1-own-1",
    "number": 1,
    "base": "1",
    "changes": {"too_early.pms_high": {"value": 12, "source": "Small teams are our model."}},
    "reason": "Small teams are our model.",
    "switched_on_by": "Ana",
    "effective_at": "2026-07-01T08:00:00.000000Z",
}
DOCS = Docs("findings", ThresholdsSerializer, EXAMPLE, read="findings:read")


class ThresholdsViewSet(mixins.ListModelMixin, Remembered):
    queryset = ThresholdsVersion.objects.select_related("user").order_by("-number")
    serializer_class = ThresholdsSerializer
    http_method_names = ["get", "head"]
    filter_backends = []
    read_scope = "findings:read"
    asks = {"list": MOMENTS}

    def get_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset()
        at = self.past()
        return rows if at is None else rows.filter(effective_at__lte=at)

    @DOCS.lists(
        "thresholds_list",
        "List own thresholds",
        "Versions of the organisation's own numbers, the newest first; none: the shipped ones. "
        "The first one is in force, or was on a day as known at a moment.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.lists(
        "thresholds_numbers",
        "Read the numbers in force",
        "Every number that the next evaluation judges by, with its source and the shipped one.",
        parameters=PAGES,
        row=NumberSerializer,
        example=NUMBER,
        filters=False,
    )
    @action(detail=False, methods=["get"])
    def numbers(self, request: Request, **kwargs: Any) -> Response:
        shipped = numbers_of(CURRENT_THRESHOLDS)
        now = numbers_of(thresholds_of(self.organization))
        rows = [
            {**vars(number), "shipped": shipped[name].value}
            for name, number in now.items()
            if name in shipped
        ]
        return self.page(rows, NumberSerializer)

    @DOCS.reads(
        "thresholds_retrieve",
        "Read one version",
        "One version of the numbers.",
        parameters=[row_id("Id of the version.")],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())
