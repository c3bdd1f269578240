"""Surveys that somebody else ran: which were brought in, and what they released."""

from typing import Any

import django_filters  # type: ignore[import-untyped]
from rest_framework import exceptions, mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.base import UtcDateTimeField
from maturity.api.operations import Docs, row_id
from maturity.api.resources import Resource
from surveys.api.results import CELL_EXAMPLE, CellSerializer
from surveys.models import OutsideWave
from surveys.selectors import released_outside

SHAPES = [(shape, shape) for shape in OutsideWave.Shape.values]


class OutsideWaveSerializer(serializers.Serializer):
    """One round of a survey that somebody else ran; it is uploaded as `survey_responses`."""

    id = serializers.IntegerField(help_text="Id of the wave.")
    key = serializers.CharField(help_text="Its key in the file.")
    shape = serializers.ChoiceField(
        choices=SHAPES, help_text="`tree`: groups within one another; `tags`: overlapping ones."
    )
    k = serializers.IntegerField(help_text="Smallest group whose figures are shown.")
    imported_at = UtcDateTimeField(help_text="When it was brought in.")
    answers_kept_until = UtcDateTimeField(help_text="When the answers themselves go.")


class OutsideGroupSerializer(serializers.Serializer):
    """Everybody, or a group of which something may be told."""

    key = serializers.CharField(help_text="Key of the group; the first one is everybody.")
    parent = serializers.CharField(  # type: ignore[assignment]  # the row's own word
        help_text="Key of the group above it; empty: everybody, or overlapping groups."
    )
    responded = serializers.IntegerField(
        allow_null=True, help_text="How many answered; null: not to be told."
    )
    eligible = serializers.IntegerField(
        allow_null=True, help_text="How many were asked; null: unknown, or not to be told."
    )
    items = CellSerializer(many=True, help_text="Its cells.")


class OutsideResultsSerializer(serializers.Serializer):
    """The newest release of an outside wave."""

    key = serializers.CharField(help_text="Key of the wave.")
    version = serializers.IntegerField(help_text="Which release it is.")
    released_at = UtcDateTimeField(help_text="When it was released.")
    k = serializers.IntegerField(help_text="Smallest group whose figures are shown.")
    groups = OutsideGroupSerializer(many=True, help_text="Everybody first.")
    hidden = serializers.IntegerField(help_text="Groups of which nothing may be told.")


EXAMPLE: dict[str, Any] = {
    "id": 5,
    "key": "2025-h2",
    "shape": "tree",
    "k": 5,
    "imported_at": "2026-01-01T08:00:00.000000Z",
    "answers_kept_until": "2027-02-05T08:00:00.000000Z",
}
RESULTS: dict[str, Any] = {
    "key": "2025-h2",
    "version": 1,
    "released_at": "2026-01-01T08:00:00.000000Z",
    "k": 5,
    "groups": [
        {
            "key": "organization",
            "parent": "",
            "responded": 42,
            "eligible": None,
            "items": [CELL_EXAMPLE],
        }
    ],
    "hidden": 3,
}
DOCS = Docs("surveys", OutsideWaveSerializer, EXAMPLE, read="surveys:read")
_ID = row_id("Id of the wave.")


class OutsideWaveFilter(django_filters.FilterSet):
    key = django_filters.CharFilter(max_length=200, label="Only the wave with this key.")

    class Meta:
        model = OutsideWave
        fields = ["key"]


class OutsideWaveViewSet(mixins.ListModelMixin, Resource):
    queryset = OutsideWave.objects.order_by("key", "id")
    serializer_class = OutsideWaveSerializer
    filterset_class = OutsideWaveFilter
    http_method_names = ["get", "head"]
    read_scope = "surveys:read"

    @DOCS.lists("outside_waves_list", "List outside waves", "What was brought in, by key.")
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads("outside_waves_retrieve", "Read one outside wave", "One of them.", parameters=[_ID])
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.reads(
        "outside_waves_results",
        "Read its results",
        "What it released: cells too small to show have no figure.",
        parameters=[_ID],
        row=OutsideResultsSerializer,
        example=RESULTS,
    )
    @action(detail=True, methods=["get"])
    def results(self, request: Request, **kwargs: Any) -> Response:
        released = released_outside(self.get_object())
        if released is None:
            raise exceptions.NotFound
        return Response(OutsideResultsSerializer(released).data)
