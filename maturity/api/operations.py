"""How operations look in OpenAPI: one summary, text, example and set of parameters each."""

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

ORG = OpenApiParameter("org", str, OpenApiParameter.PATH, description="Slug of the organisation.")
AS_OF = OpenApiParameter(
    "as_of",
    {"type": "string", "format": "date"},
    description="What was true on this day; without it today, on the organisation's clock.",
)
KNOWN_AT = OpenApiParameter(
    "known_at",
    {"type": "string", "format": "date-time"},
    description="What was known at this moment (with its offset); without it now.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The `ETag` you saw; if it was changed meanwhile, the answer is 412.",
)
UNIT = OpenApiParameter(
    "unit", str, description="Key of the unit; without it the organisation as a whole."
)
PAGES = (
    OpenApiParameter(
        "page",
        {"type": "integer", "minimum": 1, "default": 1},
        description="Which page, from 1 on.",
    ),
    OpenApiParameter(
        "page_size",
        {"type": "integer", "minimum": 1, "default": 100},
        description="Rows per page; more than 1,000 is read as that.",
    ),
)
Row = type[serializers.BaseSerializer]


def row_id(text: str) -> OpenApiParameter:
    return OpenApiParameter("id", int, OpenApiParameter.PATH, description=text)


class Docs:
    """The operations of one resource: what they have in common is said once."""

    def __init__(
        self,
        tag: str,
        row: Row,
        example: Mapping[str, Any],
        *,
        read: str,
        write: str = "",
        who: str = "people need an editing role",
    ) -> None:
        self._tag, self._row, self._example = tag, row, dict(example)
        self._read = f"Scope `{read}`."
        self._write = f"Scope `{write}`; {who}." if write else ""

    def lists(
        self,
        operation_id: str,
        summary: str,
        text: str,
        *,
        parameters: Sequence[OpenApiParameter] = (),
        row: Row | None = None,
        example: Mapping[str, Any] | None = None,
        filters: bool | None = None,
    ) -> Any:
        """A page of rows."""
        shape: Any = row or self._row
        return extend_schema(
            operation_id=operation_id,
            summary=summary,
            description=f"{text} {self._read}",
            tags=[self._tag],
            parameters=[ORG, *parameters],
            responses=OpenApiResponse(shape(many=True), description="One page."),
            examples=[self._shown(example)],
            filters=filters,
        )

    def reads(
        self,
        operation_id: str,
        summary: str,
        text: str,
        *,
        parameters: Sequence[OpenApiParameter] = (),
        row: Row | None = None,
        example: Mapping[str, Any] | None = None,
    ) -> Any:
        """One row."""
        return extend_schema(
            operation_id=operation_id,
            summary=summary,
            description=f"{text} {self._read}",
            tags=[self._tag],
            parameters=[ORG, *parameters],
            responses=OpenApiResponse(row or self._row, description="As it stands."),
            examples=[self._shown(example)],
            filters=False,
        )

    def writes(
        self,
        operation_id: str,
        summary: str,
        text: str,
        *,
        request: Any = None,
        parameters: Sequence[OpenApiParameter] = (),
        row: Row | None = None,
        example: Mapping[str, Any] | None = None,
        status: int = 200,
    ) -> Any:
        """A change; the answer is the row as it stands then."""
        return extend_schema(
            operation_id=operation_id,
            summary=summary,
            description=f"{text} {self._write}",
            tags=[self._tag],
            parameters=[ORG, *parameters],
            request=request,
            responses={status: OpenApiResponse(row or self._row, description="As it stands now.")},
            examples=[self._shown(example)],
            filters=False,
        )

    def removes(
        self,
        operation_id: str,
        summary: str,
        text: str,
        *,
        parameters: Sequence[OpenApiParameter] = (),
    ) -> Any:
        """A change after which there is nothing to show."""
        return extend_schema(
            operation_id=operation_id,
            summary=summary,
            description=f"{text} {self._write}",
            tags=[self._tag],
            parameters=[ORG, *parameters],
            request=None,
            responses={204: OpenApiResponse(description="Done; there is nothing to show.")},
        )

    def _shown(self, example: Mapping[str, Any] | None) -> OpenApiExample:
        value = self._example if example is None else dict(example)
        return OpenApiExample("An example", value, response_only=True)
