"""Board reports: asked for, fetched as a file, and how they look."""

from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions, mixins, serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import author_of
from maturity.api.base import DayField, UtcDateTimeField
from maturity.api.bodies import JsonParser
from maturity.api.fields import NameField
from maturity.api.finding_serializers import MomentField
from maturity.api.negotiation import ByAddress
from maturity.api.operations import IF_MATCH, ORG, Docs, row_id
from maturity.api.preconditions import match
from maturity.api.resources import Resource
from maturity.models import Organization
from reports.models import BoardReport, Brand
from reports.services.boards import file_of, request_board_report, set_brand

STATES = [(state, state) for state in BoardReport.State.values]
LANGUAGES = [(code, code) for code, _name in settings.LANGUAGES]


class BoardReportSerializer(serializers.Serializer):
    """One report. What it says is frozen when it is asked for."""

    id = serializers.IntegerField(help_text="Id of the report.")
    as_of = serializers.DateField(help_text="The day it is about.")
    known_at = UtcDateTimeField(help_text="As known when.")
    state = serializers.ChoiceField(choices=STATES, help_text="`ready`: the PDF can be fetched.")
    failure = serializers.CharField(help_text="Why there is no PDF.")
    digest = serializers.CharField(help_text="SHA-256 of the PDF; empty: it is not ready.")
    asked_by = NameField(source="by", help_text="Who asked for it.")
    created_at = UtcDateTimeField(help_text="When.")


class NewBoardReportSerializer(serializers.Serializer):
    """Which day's report, as known when."""

    as_of = DayField(allow_null=True, default=None, help_text="The day; null: today.")
    known_at = MomentField(allow_null=True, default=None, help_text="As known when; null: now.")
    language = serializers.ChoiceField(
        choices=LANGUAGES, default="en", help_text="Which language it speaks."
    )


class BrandSerializer(serializers.Serializer):
    """How reports look."""

    colour = serializers.CharField(help_text="As #rrggbb.")
    has_logo = serializers.SerializerMethodField(help_text="Whether there is a logo.")

    def get_has_logo(self, row: Brand) -> bool:
        return row.logo is not None


class BrandChangeSerializer(serializers.Serializer):
    """How reports look from now on, as multipart/form-data where there is a logo."""

    colour = serializers.CharField(
        max_length=7, help_text="As #rrggbb; dark enough to be read on white."
    )
    logo = serializers.FileField(
        required=False,
        default=None,
        max_length=200,
        help_text="PNG or JPEG; without it there is none.",
    )


EXAMPLE: dict[str, Any] = {
    "id": 9,
    "as_of": "2026-06-30",
    "known_at": "2026-07-01T08:00:00.000000Z",
    "state": "ready",
    "failure": "",
    "digest": "9f2c",
    "asked_by": "Ana",
    "created_at": "2026-07-01T08:00:00.000000Z",
}
BRAND: dict[str, Any] = {"colour": "#0b5c6b", "has_logo": False}
DOCS = Docs("reports", BoardReportSerializer, EXAMPLE, read="reports:read", write="reports:write")
BRAND_DOCS = Docs("reports", BrandSerializer, BRAND, read="reports:read", write="reports:write")
_ID = row_id("Id of the report.")
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class BoardReportFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=STATES, label="Only this state.")

    class Meta:
        model = BoardReport
        fields = ["state"]


class BoardReportViewSet(mixins.ListModelMixin, Resource):
    queryset = BoardReport.objects.select_related("by").order_by("-created_at", "-id")
    serializer_class = BoardReportSerializer
    filterset_class = BoardReportFilter
    read_scope = "reports:read"
    write_scope = "reports:write"

    def get_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset()
        return rows if self.action == "file" else rows.defer("pdf", "logo", "snapshot")

    @DOCS.lists("board_reports_list", "List board reports", "What was made, the newest first.")
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "board_reports_retrieve", "Read one board report", "How far it is.", parameters=[_ID]
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.writes(
        "board_reports_create",
        "Make a board report",
        "Freeze what the board will read; a worker makes its PDF within seconds.",
        request=NewBoardReportSerializer,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(NewBoardReportSerializer)
        made = request_board_report(self.organization, by=author_of(request), **given)
        return self.shown(self.get_queryset().get(pk=made.pk), status=HTTPStatus.CREATED)

    @extend_schema(
        operation_id="board_reports_file",
        summary="Download a board report",
        description=(
            "The report as PDF, or its figures as CSV or Excel; 404 while the PDF is not ready. "
            "Scope `reports:read`."
        ),
        tags=["reports"],
        parameters=[
            ORG,
            _ID,
            OpenApiParameter(
                "suffix",
                str,
                OpenApiParameter.PATH,
                enum=[*MEDIA_TYPES],
                description="Which file.",
            ),
        ],
        responses={
            (200, media_type): OpenApiResponse(OpenApiTypes.BINARY, description="The file.")
            for media_type in MEDIA_TYPES.values()
        },
    )
    @action(
        detail=True,
        methods=["get"],
        url_path="file.<slug:suffix>",
        content_negotiation_class=ByAddress,
    )
    def file(self, request: Request, suffix: str, **kwargs: Any) -> HttpResponseBase:
        report = self.get_object()
        content = file_of(report, suffix)
        if content is None:
            raise exceptions.NotFound
        kind = MEDIA_TYPES[suffix]
        response: HttpResponseBase = (
            HttpResponse(content, content_type=kind)
            if isinstance(content, bytes)
            else StreamingHttpResponse(content, content_type=kind)
        )
        name = f"{report.file_name}.{suffix}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


class BrandViewSet(Resource):
    queryset = Brand.objects.order_by("pk")
    serializer_class = BrandSerializer
    parser_classes = [MultiPartParser, JsonParser]
    read_scope = "reports:read"
    write_scope = "reports:write"

    @BRAND_DOCS.reads("brand_retrieve", "Read the look", "How reports look that are made next.")
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self._brand())

    @BRAND_DOCS.writes(
        "brand_update",
        "Choose the look",
        "For reports from now on; those that were made stay as they are.",
        request={
            "multipart/form-data": BrandChangeSerializer,
            "application/json": BrandChangeSerializer,
        },
        parameters=[IF_MATCH],
    )
    def update(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(BrandChangeSerializer)
        logo = given["logo"].read() if given["logo"] else None
        with transaction.atomic():
            Organization.objects.select_for_update(no_key=True).get(pk=self.organization.pk)
            match(request, self.version_of(self._brand()))
            return self.shown(set_brand(self.organization, colour=given["colour"], logo=logo))

    def _brand(self) -> Brand:
        found = Brand.objects.for_organization(self.organization).first()
        return found or Brand(organization=self.organization)
