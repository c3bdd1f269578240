"""Webhooks and chats: set up with a secret shown once, rotated, switched off and on, tried."""

from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import IntegerField, QuerySet, Value
from django.utils.translation import gettext as _
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import EditorsAlone, author_of
from maturity.api.base import UtcDateTimeField
from maturity.api.deliveries import DELIVERY_EXAMPLE, DeliverySerializer
from maturity.api.fields import NameField
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, PAGES, Docs, row_id
from maturity.api.remembered import Remembered
from maturity.api.repeating import blanked
from maturity.api.resources import MOMENTS
from maturity.api.resources import PAGES as PAGE_NAMES
from maturity.api.webhooks import EVENTS
from maturity.models import Endpoint
from maturity.selectors.past import as_it_stood
from maturity.services.endpoints import (
    MAX_ADDRESS,
    create_endpoint,
    disable_endpoint,
    enable_endpoint,
    rotate_secret,
    try_endpoint,
)

KINDS = [(kind, kind) for kind in Endpoint.Kind.values]


class EndpointSerializer(serializers.Serializer):
    """Where notifications go beside people's mail. The address is a secret: shown masked."""

    id = serializers.IntegerField(help_text="Id of the channel.")
    kind = serializers.ChoiceField(choices=KINDS, help_text="A signed webhook, or a chat.")
    name = serializers.CharField(help_text="What it is called.")
    address = serializers.CharField(source="shown_as", help_text="Its address, masked.")
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=EVENTS), help_text="What it hears of."
    )
    failures = serializers.IntegerField(
        allow_null=True, help_text="Attempts in a row that failed; null: not told of the past."
    )
    disabled_at = UtcDateTimeField(allow_null=True, help_text="Since when it is off; null: on.")
    disabled_because = serializers.CharField(help_text="Why it is off.")
    created_at = UtcDateTimeField(help_text="When it was set up.")
    created_by = NameField(help_text="Who set it up.")


class EndpointWithSecretSerializer(EndpointSerializer):
    """A channel as it is answered once, with what signs it."""

    secret = serializers.CharField(
        allow_null=True,
        help_text="What signs it; shown once. Empty: a chat has none. Null: an answer repeated.",
    )


class NewEndpointSerializer(serializers.Serializer):
    """A channel to be set up."""

    kind = serializers.ChoiceField(choices=KINDS, help_text="A signed webhook, or a chat.")
    name = serializers.CharField(max_length=100, help_text="What it is called.")
    address = serializers.CharField(
        max_length=MAX_ADDRESS,
        help_text="https://… for a webhook; slack://… or the like.",
    )
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=EVENTS),
        allow_empty=False,
        max_length=len(EVENTS),
        help_text="What it is to hear of.",
    )


EXAMPLE: dict[str, Any] = {
    "id": 2,
    "kind": "webhook",
    "name": "Incident bot",
    "address": "https://hooks.example.org/…",
    "events": ["finding.raised"],
    "failures": 0,
    "disabled_at": None,
    "disabled_because": "",
    "created_at": "2026-07-01T08:00:00.000000Z",
    "created_by": "Ana",
}
SECRET: dict[str, Any] = {**EXAMPLE, "secret": "whsec_…"}
DOCS = Docs("webhooks", EndpointSerializer, EXAMPLE, read="webhooks:read", write="webhooks:write")
_ID = row_id("Id of the channel.")


class EndpointFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=KINDS, label="Only this kind.")

    class Meta:
        model = Endpoint
        fields = ["kind"]


class EndpointViewSet(mixins.ListModelMixin, Remembered):
    queryset = Endpoint.objects.select_related("created_by").order_by("name", "id")
    serializer_class = EndpointSerializer
    filterset_class = EndpointFilter
    permission_classes = [EditorsAlone]
    read_scope = "webhooks:read"
    write_scope = "webhooks:write"
    asks = {"list": MOMENTS, "retrieve": MOMENTS, "deliveries": PAGE_NAMES}

    def get_queryset(self) -> QuerySet[Any]:
        at = self.past()
        if at is None:
            rows: QuerySet[Any] = super().get_queryset()
            return rows
        then = as_it_stood(Endpoint, self.organization, at=at).select_related("created_by")
        unknown = Value(None, output_field=IntegerField())
        past: QuerySet[Any] = then.annotate(failures=unknown)
        return past.order_by("name", "id")

    @DOCS.lists(
        "webhooks_list",
        "List channels",
        "Webhooks and chats, by name; of a day as known at a moment, those of then.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "webhooks_retrieve",
        "Read one channel",
        "One channel, also as it was.",
        parameters=[_ID, AS_OF, KNOWN_AT],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.writes(
        "webhooks_create",
        "Set up a channel",
        "Set up a webhook or a chat; a webhook's secret stands on this answer and nowhere else.",
        request=NewEndpointSerializer,
        row=EndpointWithSecretSerializer,
        example=SECRET,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        given, by = self.taken(NewEndpointSerializer), author_of(request)
        made, secret = create_endpoint(self.organization, by=by, **given)
        return self._with_secret(made.pk, secret, HTTPStatus.CREATED)

    @DOCS.writes(
        "webhooks_rotate",
        "Rotate the secret",
        "Give it a new secret, shown once; the one before signs beside it for a week.",
        parameters=[_ID, IF_MATCH],
        row=EndpointWithSecretSerializer,
        example=SECRET,
    )
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, **kwargs: Any) -> Response:
        secrets: list[str] = []
        self.change(lambda endpoint: secrets.append(rotate_secret(endpoint)))
        return self._with_secret(self.get_object().pk, secrets[0], HTTPStatus.OK)

    @DOCS.writes(
        "webhooks_disable",
        "Switch off",
        "Switch it off; what waits for it is dropped.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, **kwargs: Any) -> Response:
        because = _("switched off by hand")
        return self.change(lambda endpoint: disable_endpoint(endpoint, because=because))

    @DOCS.writes(
        "webhooks_enable",
        "Switch on",
        "Switch it on, with a clean slate.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, **kwargs: Any) -> Response:
        return self.change(enable_endpoint)

    @DOCS.writes(
        "webhooks_try",
        "Try",
        "Queue a message that says it is only a try; its delivery tells how it went.",
        parameters=[_ID, IF_MATCH],
        row=DeliverySerializer,
        example=DELIVERY_EXAMPLE,
        status=201,
    )
    @action(detail=True, methods=["post"], url_path="try")
    def attempt(self, request: Request, **kwargs: Any) -> Response:
        made: list[Any] = []
        self.act(lambda endpoint: made.append(try_endpoint(endpoint)))
        return Response(DeliverySerializer(made[0]).data, status=HTTPStatus.CREATED)

    @DOCS.lists(
        "webhooks_deliveries",
        "What it was told",
        "Its deliveries, the newest first.",
        parameters=[_ID, *PAGES],
        row=DeliverySerializer,
        example=DELIVERY_EXAMPLE,
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def deliveries(self, request: Request, **kwargs: Any) -> Response:
        rows = self.get_object().deliveries.select_related("notification", "user", "endpoint")
        return self.page(rows.order_by("-due_at", "id"), DeliverySerializer)

    def without_secrets(self, body: Any) -> Any:
        return blanked(body, "secret")

    def lock(self, row: Endpoint) -> None:
        Endpoint.objects.select_for_update().get(pk=row.pk)

    def _with_secret(self, pk: int, secret: str, status: int) -> Response:
        row = self.get_queryset().get(pk=pk)
        row.secret = secret
        return Response(EndpointWithSecretSerializer(row).data, status=status)
