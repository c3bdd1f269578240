"""Uploads: a file is checked first, then stored once confirmed; its faults are listed."""

from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import QuerySet
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import EditorsAlone, author_of
from maturity.api.base import UtcDateTimeField
from maturity.api.bodies import JsonParser
from maturity.api.fields import NameField
from maturity.api.operations import IF_MATCH, PAGES, Docs, row_id
from maturity.api.resources import PAGES as PAGE_NAMES
from maturity.api.resources import Resource
from maturity.api.signals import GROUPS, SCOPES
from maturity.models import ImportJob, QuarantinedRow
from maturity.services.import_jobs import confirm_import, options_of, queue_import
from maturity.services.imports import formats

STATES = [(state, state) for state in ImportJob.State.values]
NAMES = [(name, name) for name in formats()]


class ImportSerializer(serializers.Serializer):
    """One uploaded file and what became of its rows."""

    id = serializers.IntegerField(help_text="Id of the upload.")
    format = serializers.CharField(help_text="The import format.")
    file_name = serializers.CharField(help_text="What the file was called.")
    size = serializers.IntegerField(help_text="Its bytes.")
    state = serializers.ChoiceField(
        choices=STATES,
        help_text="`checked` waits to be confirmed; `stored`, `refused`: over.",
    )
    refusal = serializers.CharField(help_text="Why nothing was stored.")
    percent = serializers.IntegerField(help_text="How much of it was read.")
    accepted = serializers.IntegerField(
        source="report.accepted",
        allow_null=True,
        help_text="New rows; null: not read yet.",
    )
    updated = serializers.IntegerField(
        source="report.updated", allow_null=True, help_text="Rows whose values changed."
    )
    unchanged = serializers.IntegerField(
        source="report.unchanged", allow_null=True, help_text="Rows that stand already."
    )
    quarantined = serializers.IntegerField(
        source="report.quarantined", allow_null=True, help_text="Rows set aside."
    )
    uploaded_by = NameField(source="by", help_text="Who uploaded or confirmed it.")
    created_at = UtcDateTimeField(help_text="When it was uploaded.")
    finished_at = UtcDateTimeField(allow_null=True, help_text="When it was over; null: it is not.")


class FaultSerializer(serializers.Serializer):
    """One row that was set aside, and why; what it said is not kept here."""

    line = serializers.IntegerField(help_text="Its line, the header being 1.")
    column = serializers.CharField(help_text="The column at fault; empty: the row as a whole.")
    reason = serializers.CharField(help_text="Why it was set aside.")


class NewImportSerializer(serializers.Serializer):
    """A file to be checked, as multipart/form-data."""

    format = serializers.ChoiceField(choices=NAMES, help_text="The import format.")
    file = serializers.FileField(max_length=255, help_text="CSV or an Excel workbook.")
    groups = serializers.ChoiceField(
        choices=[(shape, shape) for shape in GROUPS],
        required=False,
        help_text="Of `survey_responses`: groups within one another, or overlapping ones.",
    )
    eligible = serializers.FileField(
        required=False,
        max_length=255,
        help_text="Of `survey_responses`: CSV of round_key, group_key, eligible.",
    )
    mapping = serializers.FileField(
        required=False,
        max_length=255,
        help_text="Of `survey_responses`: YAML that says what the columns of a wide file mean.",
    )


EXAMPLE: dict[str, Any] = {
    "id": 14,
    "format": "headcount",
    "file_name": "headcount.csv",
    "size": 1024,
    "state": "checked",
    "refusal": "",
    "percent": 100,
    "accepted": 12,
    "updated": 0,
    "unchanged": 3,
    "quarantined": 1,
    "uploaded_by": "Ana",
    "created_at": "2026-07-01T08:00:00.000000Z",
    "finished_at": None,
}
FAULT: dict[str, Any] = {"line": 4, "column": "as_of", "reason": "is empty"}
DOCS = Docs("signals", ImportSerializer, EXAMPLE, read="settings:read", write="signals:write")
_ID = row_id("Id of the upload.")


class ImportFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=STATES, label="Only this state.")
    format = django_filters.CharFilter(max_length=40, label="Only this format.")

    class Meta:
        model = ImportJob
        fields = ["state", "format"]


class ImportViewSet(mixins.ListModelMixin, Resource):
    queryset = ImportJob.objects.select_related("by").order_by("-created_at", "-id")
    serializer_class = ImportSerializer
    filterset_class = ImportFilter
    permission_classes = [EditorsAlone]
    parser_classes = [MultiPartParser, JsonParser]
    read_scope = "settings:read"
    asks = {"faults": PAGE_NAMES}

    @property
    def write_scope(self) -> str:  # type: ignore[override]  # that of what the file writes
        if "pk" in self.kwargs:
            named = ImportJob.objects.for_organization(self.organization)
            name = named.filter(pk=self.kwargs["pk"]).values_list("format", flat=True).first()
        else:
            sent = self.request.data
            name = sent.get("format") if hasattr(sent, "get") else None
        return SCOPES.get(str(name), "signals:write")

    def get_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset()
        return rows.defer("content")

    @DOCS.lists("imports_list", "List uploads", "Uploaded files, the newest first.")
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads("imports_retrieve", "Read one upload", "How far it is.", parameters=[_ID])
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.lists(
        "imports_faults",
        "Rows that were set aside",
        "Line, column and reason of each; of a check the first 200.",
        parameters=[_ID, *PAGES],
        row=FaultSerializer,
        example=FAULT,
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def faults(self, request: Request, **kwargs: Any) -> Response:
        job = self.get_object()
        if job.run_id is None:
            return self.page(job.report.get("errors", []), FaultSerializer)
        return self.page(
            QuarantinedRow.objects.filter(run=job.run_id).order_by("line"), FaultSerializer
        )

    @DOCS.writes(
        "imports_create",
        "Upload a file",
        "Have a file of up to 50 MB checked by a worker; nothing is stored before it is confirmed. "
        "Assessments, targets, roster, units and survey_responses need the scope of what they "
        "write.",
        request={"multipart/form-data": NewImportSerializer},
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(NewImportSerializer)
        file = given["file"]
        made = queue_import(
            self.organization,
            given["format"],
            name=file.name,
            content=file.read(),
            by=author_of(request),
            options=options_of(given),
        )
        return self.shown(self.get_queryset().get(pk=made.pk), status=HTTPStatus.CREATED)

    @DOCS.writes(
        "imports_confirm",
        "Confirm",
        "Let a checked file be stored by the next worker.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, **kwargs: Any) -> Response:
        by = author_of(request)
        return self.change(lambda job: confirm_import(job, by=by))

    def lock(self, row: ImportJob) -> None:
        ImportJob.objects.select_for_update().get(pk=row.pk)
