"""Links of a wave, person by person: taken back or replaced. Never whether somebody answered."""

from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import EditorsAlone
from maturity.api.operations import IF_MATCH, Docs
from maturity.api.resources import Resource
from maturity.models import Organization
from surveys.models import Invitation
from surveys.services.links import replace_link, revoke_link
from surveys.tasks import send_due_messages

STATES = [(state, state) for state in Invitation.State.values]


class LinkSerializer(serializers.Serializer):
    """One person's link to one wave, without its address."""

    id = serializers.UUIDField(help_text="Id of the link.")
    wave_id = serializers.IntegerField(help_text="Id of the wave.")
    person_id = serializers.IntegerField(help_text="Id of the person.")
    email = serializers.CharField(source="person.email", help_text="Where it was sent.")
    state = serializers.ChoiceField(choices=STATES, help_text="Whether it works.")
    replaced = serializers.IntegerField(source="link_number", help_text="How often it was.")


EXAMPLE: dict[str, Any] = {
    "id": "0b8f3c1e-2f6e-4c37-9a55-0f6b3c2f7a11",
    "wave_id": 3,
    "person_id": 17,
    "email": "pm@acme.example",
    "state": "active",
    "replaced": 0,
}
DOCS = Docs("surveys", LinkSerializer, EXAMPLE, read="people:read", write="surveys:write")
_ID = OpenApiParameter(
    "id", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH, description="Its id."
)


class LinkFilter(django_filters.FilterSet):
    wave_id = django_filters.NumberFilter(
        field_name="wave", min_value=1, max_value=2**63 - 1, label="Only this wave's, by its id."
    )
    email = django_filters.CharFilter(
        field_name="person__email",
        lookup_expr="iexact",
        max_length=254,
        label="Only this person's.",
    )

    class Meta:
        model = Invitation
        fields = ["wave_id", "email"]


class LinkViewSet(mixins.ListModelMixin, Resource):
    queryset = Invitation.objects.order_by("wave", "person__email", "id")
    serializer_class = LinkSerializer
    filterset_class = LinkFilter
    permission_classes = [EditorsAlone]
    lookup_value_converter = "uuid"
    read_scope = "people:read"
    write_scope = "surveys:write"

    def get_queryset(self) -> QuerySet[Any]:
        """The links as far as a lead may know them."""
        rows: QuerySet[Any] = super().get_queryset()
        told = ("id", "wave_id", "state", "link_number", "person__email")
        found: QuerySet[Any] = rows.select_related("person").only(*told)
        return found

    @DOCS.lists("links_list", "List links", "Who was invited, by wave and address.")
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads("links_retrieve", "Read one link", "One link.", parameters=[_ID])
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.writes(
        "links_revoke",
        "Take back",
        "Make a link useless, say after it was passed on; what was answered stays.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, **kwargs: Any) -> Response:
        return self.change(revoke_link)

    @DOCS.writes(
        "links_replace",
        "Replace",
        "Mail the person a new link; the old one then says so.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def replace(self, request: Request, **kwargs: Any) -> Response:
        answer = self.change(replace_link)
        transaction.on_commit(send_due_messages.delay, robust=True)
        return answer

    def lock(self, row: Invitation) -> None:
        Organization.objects.select_for_update(no_key=True).get(pk=self.organization.pk)
