"""Spreadsheets out: files that the import takes back."""

import io
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from maturity.api.auth import EditorsAlone
from maturity.api.negotiation import ByAddress
from maturity.api.operations import ORG
from maturity.api.resources import Resource
from maturity.exporters import TABLES, rows_of, write_csv, write_xlsx
from maturity.models import Organization
from maturity.sources import SHEETS

MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
SCOPES = {"roster": "people:read", "units": "units:read"}


class SheetViewSet(Resource):
    queryset = Organization.objects.order_by("pk")
    http_method_names = ["get", "head"]
    filter_backends = []
    permission_classes = [EditorsAlone]
    content_negotiation_class = ByAddress

    @property
    def read_scope(self) -> str:  # type: ignore[override]  # each format has its own
        return SCOPES.get(self.kwargs["format_name"], "assessments:read")

    @extend_schema(
        operation_id="sheets_retrieve",
        summary="Download a spreadsheet",
        description=(
            "Assessments, targets, roster or units as a file that an upload takes back unchanged. "
            "Scope `people:read` for the roster, `units:read` for units, else `assessments:read`; "
            "people need an editing role."
        ),
        tags=["signals"],
        parameters=[
            ORG,
            OpenApiParameter(
                "format_name",
                str,
                OpenApiParameter.PATH,
                enum=sorted(TABLES),
                description="The import format.",
            ),
            OpenApiParameter(
                "suffix",
                str,
                OpenApiParameter.PATH,
                enum=list(MEDIA_TYPES),
                description="Which kind of file.",
            ),
        ],
        responses={
            (200, media_type): OpenApiResponse(OpenApiTypes.BINARY, description="The file.")
            for media_type in MEDIA_TYPES.values()
        },
    )
    def retrieve(
        self, request: Request, format_name: str, suffix: str, **kwargs: Any
    ) -> HttpResponseBase:
        if format_name not in TABLES or suffix not in MEDIA_TYPES:
            raise NotFound
        names, rows = SHEETS[format_name].names, rows_of(self.organization, format_name)
        response: HttpResponseBase
        if suffix == "csv":
            response = StreamingHttpResponse(write_csv(names, rows))
        else:
            file = io.BytesIO()
            write_xlsx(file, format_name, names, rows)
            response = HttpResponse(file.getvalue())
        name = f"{self.organization.slug}-{format_name}.{suffix}"
        response.headers["Content-Type"] = MEDIA_TYPES[suffix]
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
