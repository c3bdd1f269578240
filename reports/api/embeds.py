"""Embeds: badges and charts on other sites, made and ended."""

from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.conf import settings
from django.db.models import DateField, QuerySet, Value
from django.utils import timezone
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import EditorsAlone, author_of
from maturity.api.base import UtcDateTimeField
from maturity.api.fields import NameField, UnitKeyField
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, Docs, row_id
from maturity.api.remembered import Remembered
from maturity.api.resources import find
from maturity.selectors.past import as_it_stood
from reports.models import Embed
from reports.services.embeds import (
    MOST_ORIGINS,
    address_of,
    create_embed,
    revoke_embed,
    snippet_of,
)

SHOWS = [(shows, shows) for shows in Embed.Shows.values]
LANGUAGES = [(code, code) for code, _name in settings.LANGUAGES]


class EmbedSerializer(serializers.Serializer):
    """One badge or chart. Whoever knows its address reads it, until it is revoked."""

    id = serializers.IntegerField(help_text="Id of the embed.")
    shows = serializers.ChoiceField(choices=SHOWS, help_text="What it shows.")
    unit = UnitKeyField(source="unit.key")
    name = serializers.CharField(help_text="Where it stands.")
    origins = serializers.ListField(
        child=serializers.CharField(), help_text="Sites that may frame it; a badge: any page."
    )
    language = serializers.CharField(help_text="Which language it speaks.")
    address = serializers.SerializerMethodField(
        help_text="Where it is read; empty: revoked, or not told of the past."
    )
    snippet = serializers.SerializerMethodField(
        help_text="The HTML that shows it in a page; empty: as the address is."
    )
    created_at = UtcDateTimeField(help_text="When it was made.")
    created_by = NameField(help_text="Who made it.")
    last_used_on = serializers.DateField(
        allow_null=True, help_text="When it was read last; null: never, or not told of the past."
    )
    revoked_at = UtcDateTimeField(allow_null=True, help_text="When it was ended; null: it works.")

    def get_address(self, row: Any) -> str:
        return address_of(row) if is_readable(row) else ""

    def get_snippet(self, row: Any) -> str:
        return snippet_of(row) if is_readable(row) else ""


class NewEmbedSerializer(serializers.Serializer):
    """What is to be shown on another site."""

    shows = serializers.ChoiceField(choices=SHOWS, help_text="What it shows.")
    name = serializers.CharField(max_length=100, help_text="Where it stands.")
    unit = UnitKeyField(required=False, default=None)
    origins = serializers.ListField(
        child=serializers.CharField(max_length=270),
        default=list,
        max_length=MOST_ORIGINS,
        help_text="For a chart: https://wiki.example.org, or self for this site.",
    )
    language = serializers.ChoiceField(
        choices=LANGUAGES, default="en", help_text="Which language it speaks."
    )


def is_readable(row: Any) -> bool:
    """Whether its address leads to it. The history does not keep what the address is made of."""
    return isinstance(row, Embed) and row.revoked_at is None


ADDRESS = "https://plumbline.example.org/embed/1f2e….svg"
EXAMPLE: dict[str, Any] = {
    "id": 2,
    "shows": "areas",
    "unit": None,
    "name": "README of the wiki",
    "origins": [],
    "language": "en",
    "address": ADDRESS,
    "snippet": f'<img src="{ADDRESS}" alt="Badge: areas at target" height="22">',
    "created_at": "2026-07-01T08:00:00.000000Z",
    "created_by": "Ana",
    "last_used_on": None,
    "revoked_at": None,
}
DOCS = Docs("reports", EmbedSerializer, EXAMPLE, read="reports:read", write="reports:write")
_ID = row_id("Id of the embed.")


class EmbedFilter(django_filters.FilterSet):
    shows = django_filters.ChoiceFilter(choices=SHOWS, label="Only those that show this.")
    revoked = django_filters.BooleanFilter(
        field_name="revoked_at", lookup_expr="isnull", exclude=True, label="true: only the revoked."
    )

    class Meta:
        model = Embed
        fields = ["shows", "revoked"]


class EmbedViewSet(mixins.ListModelMixin, Remembered):
    queryset = Embed.objects.select_related("unit", "created_by").order_by("name", "id")
    serializer_class = EmbedSerializer
    filterset_class = EmbedFilter
    permission_classes = [EditorsAlone]
    read_scope = "reports:read"
    write_scope = "reports:write"

    def get_queryset(self) -> QuerySet[Any]:
        at = self.past()
        if at is None:
            rows: QuerySet[Any] = super().get_queryset()
            return rows
        then = as_it_stood(Embed, self.organization, at=at).select_related("unit", "created_by")
        past: QuerySet[Any] = then.annotate(last_used_on=Value(None, output_field=DateField()))
        return past.order_by("name", "id")

    def without_secrets(self, body: Any) -> Any:
        """Who reads the address shows the figure to anybody: it is stored nowhere."""
        return {**body, "address": "", "snippet": ""}

    def with_secrets(self, body: Any) -> Any:
        row = self.get_queryset().filter(pk=body["id"]).first()
        secrets = ("address", "snippet")
        shown = self.get_serializer(row).data if row else dict.fromkeys(secrets, "")
        return {**body, **{name: shown[name] for name in secrets}}

    @DOCS.lists(
        "embeds_list",
        "List embeds",
        "What is shown on other sites, or was on a day as known at a moment, by name.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "embeds_retrieve",
        "Read one embed",
        "One embed, also as it was.",
        parameters=[_ID, AS_OF, KNOWN_AT],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.writes(
        "embeds_create",
        "Show a figure on another site",
        "Make a badge or a chart; whoever has its address sees it without logging in.",
        request=NewEmbedSerializer,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(NewEmbedSerializer)
        unit = find("unit", self.organization.units, key=given.pop("unit"))
        made = create_embed(self.organization, by=author_of(request), unit=unit, **given)
        return self.shown(made, status=HTTPStatus.CREATED)

    @DOCS.writes(
        "embeds_revoke",
        "Revoke",
        "End its address at once and for good.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, **kwargs: Any) -> Response:
        by, now = author_of(request), timezone.now()
        return self.change(lambda embed: revoke_embed(embed, by=by, at=now))

    def lock(self, row: Embed) -> None:
        Embed.objects.select_for_update().get(pk=row.pk)
