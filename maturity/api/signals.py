"""Signals: rows of an import format, sent instead of uploaded as a file."""

import hashlib
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import MayWrite, author_of
from maturity.api.base import OrganizationViewSet
from maturity.api.bodies import MAX_ROWS, RawCsvParser, RawJsonParser, csv_rows, json_rows
from maturity.api.errors import MEDIA_TYPE, problem
from maturity.models import IdempotentAnswer, ImportRun
from maturity.services.idempotency import Answer, Attempt, once
from maturity.services.imports import ImportRefused, ImportReport, formats, import_rows

STATUSES = [(status, status) for status in ("accepted", "updated", "unchanged", "quarantined")]
IDEMPOTENCY_KEY = "Idempotency-Key"
GROUPS = ("tree", "tags")
# Rows of these formats write what has a scope of its own; all the others are signals.
SCOPES = {
    "assessments": "assessments:write",
    "roster": "people:write",
    "survey_responses": "surveys:write",
    "targets": "targets:write",
    "units": "units:write",
}


class RowResultSerializer(serializers.Serializer):
    index = serializers.IntegerField(help_text="Which row of the request, from 0.")
    line = serializers.IntegerField(
        allow_null=True, help_text="Its line in a CSV body, the header being 1; null for JSON."
    )
    status = serializers.ChoiceField(choices=STATUSES, help_text="What became of the row.")
    column = serializers.CharField(
        allow_null=True, help_text="The column at fault; null: none, or the row as a whole."
    )
    reason = serializers.CharField(allow_null=True, help_text="Why it was set aside, for people.")


class SignalsResultSerializer(serializers.Serializer):
    """What became of each row; the four counts add up to the rows of the request."""

    format = serializers.CharField(help_text="The import format.")
    accepted = serializers.IntegerField(help_text="Rows that are new.")
    updated = serializers.IntegerField(help_text="Rows whose values changed.")
    unchanged = serializers.IntegerField(help_text="Rows that stand already, or came twice.")
    quarantined = serializers.IntegerField(help_text="Rows set aside; the rest is stored.")
    notes = serializers.ListField(
        child=serializers.CharField(), help_text="What else there is to know, for people."
    )
    ignored_columns = serializers.ListField(
        child=serializers.CharField(), help_text="Columns that the format does not have."
    )
    results = RowResultSerializer(many=True, help_text="Each row, in the order of the request.")


_EXAMPLE = OpenApiExample(
    "One row stored, one set aside",
    value={
        "format": "holidays",
        "accepted": 1,
        "updated": 0,
        "unchanged": 0,
        "quarantined": 1,
        "notes": [],
        "ignored_columns": [],
        "results": [
            {"index": 0, "line": None, "status": "accepted", "column": None, "reason": None},
            {
                "index": 1,
                "line": None,
                "status": "quarantined",
                "column": "day",
                "reason": "is empty",
            },
        ],
    },
    response_only=True,
)
_ROWS = {
    "application/json": {
        "type": "array",
        "items": {"type": "object", "additionalProperties": True},
        "maxItems": MAX_ROWS,
        "description": "One object per row, by the format's columns. An absent value is empty.",
        "examples": [[{"day": "2026-12-25", "name": "Christmas Day"}]],
    },
    "text/csv": {
        "type": "string",
        "description": "A header row and the rows, UTF-8.",
        "examples": ["day,name\n2026-12-25,Christmas Day\n"],
    },
}


class SignalViewSet(OrganizationViewSet):
    queryset = ImportRun.objects.order_by("pk")
    serializer_class = SignalsResultSerializer
    permission_classes = [MayWrite]
    parser_classes = [RawJsonParser, RawCsvParser]
    http_method_names = ["post"]
    repeats = False  # in its own way: also what it refused
    write_problem_statuses = ("409", "413", "415")

    @extend_schema(
        operation_id="signals_create",
        summary="Send rows",
        description=(
            "Store up to 10,000 rows of one import format. Rows that cannot be true are set "
            "aside with column and reason, the rest is stored. Sending rows again changes "
            "nothing. With an `Idempotency-Key` the answer is repeated for 24 hours. Scope "
            "`signals:write`; what goes onto the record, the roster or into surveys needs that of "
            "its own: " + ", ".join(f"{name} `{scope}`" for name, scope in SCOPES.items()) + "."
        ),
        tags=["signals"],
        parameters=[
            OpenApiParameter("org", str, OpenApiParameter.PATH, description="Slug."),
            OpenApiParameter(
                "format_name",
                str,
                OpenApiParameter.PATH,
                enum=formats(),
                description="The import format.",
            ),
            OpenApiParameter(
                "groups",
                str,
                enum=GROUPS,
                description=(
                    "survey_responses: a row's groups lie within one another (tree, where absent) "
                    "or overlap (tags)."
                ),
            ),
            OpenApiParameter(
                IDEMPOTENCY_KEY,
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="Any text of yours; the same one with another body is 409.",
            ),
        ],
        request=_ROWS,
        responses={
            200: OpenApiResponse(SignalsResultSerializer, description="What became of each row.")
        },
        examples=[_EXAMPLE],
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        name = self.kwargs["format_name"]
        if name not in formats():
            raise exceptions.NotFound(
                _("Unknown format %(name)s; there are: %(known)s.")
                % {"name": name, "known": ", ".join(formats())}
            )
        options = self._options(name)
        # Without a body there is nothing that the parser could have read.
        data: Any = request.data
        body = data if isinstance(data, bytes) else b""
        is_csv = (request.content_type or "").partition(";")[0].strip() == RawCsvParser.media_type
        rows = csv_rows(body) if is_csv else json_rows(body)
        answer = self._once(
            name, options, body, lambda: self._store(name, rows, options, is_csv=is_csv)
        )
        headers = {"Idempotency-Replayed": "true"} if answer.repeated else {}
        if answer.status == HTTPStatus.OK:
            return Response(answer.body, headers=headers)
        return Response(answer.body, status=answer.status, headers=headers, content_type=MEDIA_TYPE)

    @property
    def write_scope(self) -> str:
        return SCOPES.get(self.kwargs["format_name"], "signals:write")

    def _options(self, name: str) -> dict[str, str]:
        groups = self.request.query_params.get("groups")
        if groups is None:
            return {}
        if name != "survey_responses" or groups not in GROUPS:
            raise exceptions.ValidationError(
                {"groups": _("Is tree or tags, and for survey_responses alone.")}
            )
        return {"groups": groups}

    def _once(self, name: str, options: dict[str, str], body: bytes, act: Any) -> Answer:
        key = self.request.headers.get(IDEMPOTENCY_KEY, "")
        if not key:
            found: Answer = act()
            return found
        if len(key) > IdempotentAnswer.KEY_LENGTH or not key.isprintable():
            raise exceptions.ValidationError(
                {IDEMPOTENCY_KEY: _("At most 255 characters, none of them a control character.")}
            )
        said = f"{self.request.content_type or ''}{options or ''}"
        digest = hashlib.sha256(said.encode() + b"\0" + body)
        return once(self.organization, Attempt(f"signals/{name}", key, digest.hexdigest()), act)

    def _store(self, name: str, rows: Any, options: dict[str, str], *, is_csv: bool) -> Answer:
        by = author_of(self.request)
        try:
            report = import_rows(self.organization, name, rows, name="API", by=by, options=options)
        except ImportRefused as exc:
            error = {"attr": None, "code": "unreadable", "detail": str(exc)}
            status = HTTPStatus.BAD_REQUEST
            return Answer(status, problem(status, [error]))
        return Answer(HTTPStatus.OK, _shown(name, report, is_csv=is_csv))

    def known_parameters(self) -> set[str]:
        return {"groups"}


def _shown(name: str, report: ImportReport, *, is_csv: bool) -> dict[str, Any]:
    return {
        "format": name,
        "accepted": report.accepted,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "quarantined": report.quarantined,
        "notes": list(report.notes),
        "ignored_columns": list(report.ignored_columns),
        "results": [
            {
                "index": index,
                "line": row.line if is_csv else None,
                "status": row.status,
                "column": row.column or None,
                "reason": row.reason or None,
            }
            for index, row in enumerate(report.rows)
        ],
    }
