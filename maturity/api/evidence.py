"""Evidence: links and files that levels rest on."""

from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, mixins, serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import author_of
from maturity.api.base import DayField, UtcDateTimeField
from maturity.api.fields import NameField
from maturity.api.negotiation import ByAddress
from maturity.api.operations import AS_OF, KNOWN_AT, ORG, Docs, row_id
from maturity.api.resources import MOMENTS, Resource
from maturity.api.score_serializers import KINDS
from maturity.models import Evidence, EvidenceFile
from maturity.services.evidence import KEPT, NewEvidence, add_evidence


class EvidenceSerializer(serializers.Serializer):
    """A link or a file, as it was seen on one day."""

    id = serializers.IntegerField(help_text="Id of the evidence.")
    kind = serializers.ChoiceField(choices=KINDS, help_text="What it is.")
    title = serializers.CharField(help_text="What it is called.")
    owner = serializers.CharField(help_text="Who keeps it.")
    observed_on = serializers.DateField(help_text="When it was seen.")
    review_by = serializers.DateField(allow_null=True, help_text="When to look again.")
    link = serializers.CharField(help_text="Its address; empty: a file.")
    file_name = serializers.CharField(
        source="file.name", allow_null=True, help_text="Name of the file; null: a link."
    )
    media_type = serializers.CharField(
        source="file.media_type", allow_null=True, help_text="What the file is; null: a link."
    )
    size = serializers.IntegerField(
        source="file.size", allow_null=True, help_text="Its bytes; null: a link."
    )
    sha256 = serializers.CharField(
        source="file.sha256", allow_null=True, help_text="Its digest; null: a link."
    )
    uses = serializers.IntegerField(help_text="How many scores rest on it.")
    recorded_at = UtcDateTimeField(help_text="Since when it is known.")
    recorded_by = NameField(help_text="Who recorded it.")


class _AboutSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=KINDS, help_text="What it is.")
    observed_on = DayField(help_text="When it was seen; not in the future.")
    title = serializers.CharField(
        max_length=200, allow_blank=True, default="", help_text="What it is called."
    )
    owner = serializers.CharField(
        max_length=200, allow_blank=True, default="", help_text="Who keeps it."
    )
    review_by = DayField(allow_null=True, default=None, help_text="When to look again.")


class NewLinkSerializer(_AboutSerializer):
    """A link."""

    link = serializers.URLField(max_length=500, help_text="Its address.")


class NewFileSerializer(_AboutSerializer):
    """A file, as multipart/form-data."""

    file = serializers.FileField(
        max_length=200, help_text=f"One of these: {', '.join(sorted(KEPT))}."
    )


EXAMPLE: dict[str, Any] = {
    "id": 8,
    "kind": "document",
    "title": "Event taxonomy",
    "owner": "Head of data",
    "observed_on": "2026-06-30",
    "review_by": None,
    "link": "https://wiki.example.org/taxonomy",
    "file_name": None,
    "media_type": None,
    "size": None,
    "sha256": None,
    "uses": 1,
    "recorded_at": "2026-07-03T08:00:00.000000Z",
    "recorded_by": "Ana",
}
DOCS = Docs(
    "evidence", EvidenceSerializer, EXAMPLE, read="assessments:read", write="assessments:write"
)
_ID = row_id("Id of the evidence.")


class EvidenceFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=KINDS, label="Only this kind.")
    observed_from = django_filters.DateFilter(
        field_name="observed_on", lookup_expr="gte", label="Seen on this day or later."
    )
    review_before = django_filters.DateFilter(
        field_name="review_by", lookup_expr="lt", label="To be looked at again before this day."
    )

    class Meta:
        model = Evidence
        fields = ["kind", "observed_from", "review_before"]


class EvidenceViewSet(mixins.ListModelMixin, Resource):
    queryset = Evidence.objects.select_related("file", "recorded_by").order_by(
        "-observed_on", "-id"
    )
    serializer_class = EvidenceSerializer
    filterset_class = EvidenceFilter
    read_scope = "assessments:read"
    write_scope = "assessments:write"
    asks = {"list": MOMENTS}

    def get_queryset(self) -> QuerySet[Any]:
        """With how many scores rest on each, and without the bytes."""
        rows: QuerySet[Any] = super().get_queryset()
        resting = Q()
        if self.action == "list":
            when, sent = self.moment(), self.request.query_params
            if "as_of" in sent:
                rows = rows.filter(observed_on__lte=when.as_of)
            if when.known_at is not None:
                rows = rows.filter(recorded_at__lte=when.known_at)
                resting = Q(score_links__score__recorded_at__lte=when.known_at)
        uses = Count("score_links", filter=resting)
        found: QuerySet[Any] = rows.defer("file__content").annotate(uses=uses)
        return found

    @DOCS.lists(
        "evidence_list",
        "List evidence",
        "Links and files, the newest first: seen until a day, as known at a moment.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "evidence_retrieve", "Read one piece of evidence", "What is known of it.", parameters=[_ID]
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.writes(
        "evidence_create",
        "Record a link",
        "Record a link that scores can then share.",
        request=NewLinkSerializer,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        return self._added(NewEvidence(**self.taken(NewLinkSerializer)))

    @DOCS.writes(
        "evidence_upload",
        "Upload a file",
        "Record a file, checked by what it holds and kept in the database.",
        request={"multipart/form-data": NewFileSerializer},
        status=201,
    )
    @action(detail=False, methods=["post"], parser_classes=[MultiPartParser])
    def upload(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(NewFileSerializer)
        upload = given.pop("file")
        return self._added(NewEvidence(**given, upload=upload))

    @extend_schema(
        operation_id="evidence_file",
        summary="Download its file",
        description="The file as it was uploaded, as an attachment. Scope `assessments:read`.",
        tags=["evidence"],
        parameters=[ORG, _ID],
        responses={
            (200, media_type): OpenApiResponse(OpenApiTypes.BINARY, description="The file.")
            for media_type in sorted(set(KEPT.values()))
        },
    )
    @action(detail=True, methods=["get"], content_negotiation_class=ByAddress)
    def file(self, request: Request, **kwargs: Any) -> HttpResponse:
        file = EvidenceFile.objects.filter(evidence=self.get_object()).first()
        if file is None:
            raise exceptions.NotFound
        response = HttpResponse(bytes(file.content), content_type=file.media_type)
        response["Content-Disposition"] = f'attachment; filename="{file.name}"'
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response

    def _added(self, new: NewEvidence) -> Response:
        made = add_evidence(self.organization, new, by=author_of(self.request))
        return self.shown(self.get_queryset().get(pk=made.pk), status=HTTPStatus.CREATED)
