"""Mails of surveys: what left, what did not, and which address refuses. Never a reminder."""

from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import EditorsAlone
from maturity.api.base import UtcDateTimeField
from maturity.api.operations import Docs, row_id
from maturity.api.resources import Resource
from surveys.models import Message, RefusedAddress

# Reminders go to the silent alone: a row would say who has answered.
KINDS = [(kind, kind) for kind in Message.Kind.values if kind != Message.Kind.REMINDER]
STATES = [(state, state) for state in Message.State.values]


class SurveyMailSerializer(serializers.Serializer):
    """One mail that goes to everybody who was asked."""

    id = serializers.UUIDField(help_text="Id of the mail.")
    wave_id = serializers.IntegerField(help_text="Id of the wave.")
    person_id = serializers.IntegerField(help_text="Id of the person.")
    email = serializers.CharField(source="person.email", help_text="Where it goes.")
    kind = serializers.ChoiceField(choices=KINDS, help_text="What it brings.")
    number = serializers.IntegerField(help_text="Counts those of a kind to one person.")
    state = serializers.ChoiceField(choices=STATES, help_text="How far it is.")
    due_at = UtcDateTimeField(help_text="When it is due.")
    sent_at = UtcDateTimeField(allow_null=True, help_text="When it left; null: it has not.")
    failure = serializers.CharField(help_text="Why the last try failed.")


class RefusedAddressSerializer(serializers.Serializer):
    """An address whose mail server said no for good; nothing is sent there meanwhile."""

    id = serializers.IntegerField(help_text="Id of the row.")
    address = serializers.CharField(help_text="The address.")
    person_id = serializers.IntegerField(help_text="Id of the person.")
    reason = serializers.CharField(help_text="What the server said.")
    noted_at = UtcDateTimeField(help_text="When.")


MAIL: dict[str, Any] = {
    "id": "0b8f3c1e-2f6e-4c37-9a55-0f6b3c2f7a11",
    "wave_id": 3,
    "person_id": 17,
    "email": "pm@acme.example",
    "kind": "invitation",
    "number": 1,
    "state": "sent",
    "due_at": "2026-03-02T09:00:00.000000Z",
    "sent_at": "2026-03-02T09:00:01.000000Z",
    "failure": "",
}
REFUSED: dict[str, Any] = {
    "id": 4,
    "address": "gone@acme.example",
    "person_id": 18,
    "reason": "550 no such user",
    "noted_at": "2026-03-02T09:00:01.000000Z",
}
MAIL_DOCS = Docs("surveys", SurveyMailSerializer, MAIL, read="people:read")
REFUSED_DOCS = Docs("surveys", RefusedAddressSerializer, REFUSED, read="people:read")
_MAIL_ID = OpenApiParameter(
    "id", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH, description="Its id."
)


class MailFilter(django_filters.FilterSet):
    wave_id = django_filters.NumberFilter(
        field_name="wave", min_value=1, max_value=2**63 - 1, label="Only this wave's, by its id."
    )
    kind = django_filters.ChoiceFilter(choices=KINDS, label="Only this kind.")
    state = django_filters.ChoiceFilter(choices=STATES, label="Only this state.")

    class Meta:
        model = Message
        fields = ["wave_id", "kind", "state"]


class MailViewSet(mixins.ListModelMixin, Resource):
    queryset = Message.objects.select_related("person").order_by("-due_at", "id")
    serializer_class = SurveyMailSerializer
    filterset_class = MailFilter
    http_method_names = ["get", "head"]
    permission_classes = [EditorsAlone]
    lookup_value_converter = "uuid"
    read_scope = "people:read"

    def get_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset()
        return rows.exclude(kind=Message.Kind.REMINDER)

    @MAIL_DOCS.lists(
        "mails_list",
        "List mails",
        "Invitations and notices of surveys, the newest first; reminders are told to nobody.",
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @MAIL_DOCS.reads("mails_retrieve", "Read one mail", "One mail.", parameters=[_MAIL_ID])
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())


class RefusedAddressFilter(django_filters.FilterSet):
    address = django_filters.CharFilter(
        lookup_expr="iexact", max_length=254, label="Only this address."
    )

    class Meta:
        model = RefusedAddress
        fields = ["address"]


class RefusedAddressViewSet(mixins.ListModelMixin, Resource):
    queryset = RefusedAddress.objects.order_by("-noted_at", "-id")
    serializer_class = RefusedAddressSerializer
    filterset_class = RefusedAddressFilter
    http_method_names = ["get", "head"]
    permission_classes = [EditorsAlone]
    read_scope = "people:read"

    @REFUSED_DOCS.lists(
        "refused_addresses_list",
        "List refused addresses",
        "Where no mail goes any more, the newest first; sending a wave's given-up mails again "
        "tries them once more.",
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @REFUSED_DOCS.reads(
        "refused_addresses_retrieve",
        "Read one refused address",
        "One address.",
        parameters=[row_id("Id of the row.")],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())
