"""Deliveries: what was told to whom, with every attempt, and once more."""

from typing import Any

import django_filters  # type: ignore[import-untyped]
from drf_spectacular.utils import OpenApiParameter
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import EditorsAlone
from maturity.api.base import UtcDateTimeField
from maturity.api.fields import NameField
from maturity.api.operations import IF_MATCH, PAGES, Docs
from maturity.api.resources import PAGES as PAGE_NAMES
from maturity.api.resources import Resource
from maturity.models import Delivery
from maturity.services.deliveries import replay_delivery

STATES = [(state, state) for state in Delivery.State.values]


class DeliverySerializer(serializers.Serializer):
    """One message on its way to one member or one channel."""

    id = serializers.UUIDField(help_text="Id of the message; the receiver's `webhook-id`.")
    event = serializers.CharField(source="notification.event", help_text="What happened.")
    title = serializers.CharField(source="notification.title", help_text="In one line.")
    member = NameField(source="user", help_text="Who is told; null: a channel.")
    webhook_id = serializers.IntegerField(
        source="endpoint_id", allow_null=True, help_text="Id of the channel; null: a member."
    )
    state = serializers.ChoiceField(choices=STATES, help_text="How far it is.")
    attempts = serializers.IntegerField(help_text="How often it was tried.")
    failure = serializers.CharField(help_text="Why the last try failed.")
    due_at = UtcDateTimeField(help_text="When it is due next.")
    sent_at = UtcDateTimeField(allow_null=True, help_text="When it was taken; null: not yet.")


class AttemptSerializer(serializers.Serializer):
    """One try."""

    id = serializers.IntegerField(help_text="Id of the try.")
    at = UtcDateTimeField(help_text="When.")
    status = serializers.IntegerField(allow_null=True, help_text="The receiver's HTTP status.")
    failure = serializers.CharField(help_text="Why it failed; empty: it did not.")


DELIVERY_EXAMPLE: dict[str, Any] = {
    "id": "0b8f3c1e-2f6e-4c37-9a55-0f6b3c2f7a11",
    "event": "finding.raised",
    "title": "Gatekeeper was raised (medium)",
    "member": None,
    "webhook_id": 2,
    "state": "sent",
    "attempts": 1,
    "failure": "",
    "due_at": "2026-07-03T06:00:00.000000Z",
    "sent_at": "2026-07-03T06:00:01.000000Z",
}
ATTEMPT_EXAMPLE: dict[str, Any] = {
    "id": 31,
    "at": "2026-07-03T06:00:01.000000Z",
    "status": 200,
    "failure": "",
}
DOCS = Docs(
    "webhooks", DeliverySerializer, DELIVERY_EXAMPLE, read="webhooks:read", write="webhooks:write"
)
_ID = OpenApiParameter(
    "id", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH, description="Its id."
)


class DeliveryFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=STATES, label="Only this state.")
    event = django_filters.CharFilter(
        field_name="notification__event", max_length=40, label="Only this event."
    )

    class Meta:
        model = Delivery
        fields = ["state", "event"]


class DeliveryViewSet(mixins.ListModelMixin, Resource):
    queryset = Delivery.objects.select_related("notification", "user", "endpoint").order_by(
        "-due_at", "id"
    )
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    permission_classes = [EditorsAlone]
    lookup_value_converter = "uuid"
    read_scope = "webhooks:read"
    write_scope = "webhooks:write"
    asks = {"attempts": PAGE_NAMES}

    @DOCS.lists("deliveries_list", "List deliveries", "What was told to whom, newest first.")
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads("deliveries_retrieve", "Read one delivery", "One message.", parameters=[_ID])
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.lists(
        "deliveries_attempts",
        "Its attempts",
        "Every try, the oldest first.",
        parameters=[_ID, *PAGES],
        row=AttemptSerializer,
        example=ATTEMPT_EXAMPLE,
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def attempts(self, request: Request, **kwargs: Any) -> Response:
        return self.page(self.get_object().log.order_by("pk"), AttemptSerializer)

    @DOCS.writes(
        "deliveries_replay",
        "Send once more",
        "Send it from the beginning, under its old id.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, **kwargs: Any) -> Response:
        return self.change(replay_delivery)

    def lock(self, row: Delivery) -> None:
        Delivery.objects.select_for_update().get(pk=row.pk)
