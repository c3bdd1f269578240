"""How the feed's operations look in OpenAPI, from the same columns that are read."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    inline_serializer,
)
from rest_framework import serializers

from maturity.api.parameters import MAX_INTEGER
from reports.feed.formats import FORMATS
from reports.feed.tables import Column, Table

DEFAULT_PAGE_SIZE = 1_000
MAX_PAGE_SIZE = 10_000
# What a file does not take, for it has no pages.
_OF_PAGES = frozenset({"page_size", "cursor", "Link"})

_FIELDS: dict[str, type[serializers.Field]] = {
    "integer": serializers.IntegerField,
    "number": serializers.FloatField,
    "string": serializers.CharField,
    "boolean": serializers.BooleanField,
    "date": serializers.DateField,
    "moment": serializers.DateTimeField,
}

_TEXT = """
{summary}

Rows of every organisation the key may see, ascending by `seq`. Scope `feed:read`.

**Everything:** follow `next` until it is null.

**Then only what changed:** keep the greatest `seq` of the rows you have and send it as
`since_seq` (rows after it), or the greatest `synced_at` as `updated_since` (rows from it on).
Both are safe: a row gets its number only after it was committed. A changed row comes again with
its new state, and a deleted one as a tombstone: `is_deleted` true, every column but the keys
null. Tombstones ignore the filters on columns that they no longer have. Without a since-parameter
they appear only on later pages, for rows deleted while you were paging.

Tombstones are kept for 90 days. A position older than a purged one is 410: read everything again.
Do the same after a key was given another organisation.

An `If-None-Match` with the last `ETag` is answered by 304 while nothing changed.
"""


def describe(table: Table) -> dict[str, Any]:
    """Keyword arguments of extend_schema for one table."""
    return {
        "operation_id": f"feed_{table.name}",
        "summary": f"Feed of {table.name}",
        "description": _TEXT.format(summary=table.summary).strip(),
        "tags": ["feed"],
        "parameters": _parameters(table),
        "responses": {
            200: OpenApiResponse(_page(table), description="One page."),
            304: OpenApiResponse(description="Nothing changed since the `ETag` you sent."),
        },
        "examples": [_example(table)],
    }


_EXPORT_TEXT = """
{summary}

The same rows, filters and since-parameters as the pages of `/api/v1/feed/{name}`, as one file:

{formats}

The rows come in no order and are of one moment. Keep the greatest `seq` and go on with it there or
here. Dates and moments are text where the format has no type of its own. A file that ends early
is an error of the transfer: start again. Only so many exports run at once; 429 says when to come
back.
"""


def describe_export(table: Table) -> dict[str, Any]:
    """Keyword arguments of extend_schema for the files of one table."""
    formats = "\n".join(f"- `.{each.suffix}`: {each.meaning}" for each in FORMATS.values())
    return {
        "operation_id": f"export_{table.name}",
        "summary": f"Export of {table.name}",
        "description": _EXPORT_TEXT.format(
            summary=table.summary, name=table.name, formats=formats
        ).strip(),
        "tags": ["feed"],
        "parameters": [
            OpenApiParameter(
                "suffix",
                str,
                OpenApiParameter.PATH,
                enum=list(FORMATS),
                description="The file format, as the address's ending.",
            ),
            *(each for each in _parameters(table) if each.name not in _OF_PAGES),
        ],
        "responses": {
            **{
                (200, each.media_type): OpenApiResponse(
                    OpenApiTypes.BINARY, description="The file."
                )
                for each in FORMATS.values()
            },
            304: OpenApiResponse(description="Nothing changed since the `ETag` you sent."),
        },
    }


def _page(table: Table) -> serializers.Serializer[Any]:
    noun = table.noun
    rows = inline_serializer(
        f"Feed{noun}Row",
        {column.name: _field(column) for column in table.columns},
        many=True,
        help_text="The rows, ascending by `seq`.",
    )
    return inline_serializer(
        f"Feed{noun}Page",
        {
            "next": serializers.URLField(
                read_only=True, allow_null=True, help_text="Address of the next page; null: done."
            ),
            "next_cursor": serializers.CharField(
                read_only=True, allow_null=True, help_text="Its cursor, for `cursor`."
            ),
            "results": rows,
        },
    )


def _field(column: Column) -> serializers.Field[Any, Any, Any, Any]:
    return _FIELDS[column.kind](
        read_only=True, allow_null=column.nullable, help_text=column.meaning
    )


def _parameters(table: Table) -> list[OpenApiParameter]:
    """Without examples: the documentation page would send every one of them."""
    return [
        _parameter(
            "page_size",
            f"Rows per page; more than {MAX_PAGE_SIZE:,} is read as that.",
            {"type": "integer", "minimum": 1, "default": DEFAULT_PAGE_SIZE},
        ),
        _parameter("cursor", "`next_cursor` of the page before, with the same filters."),
        _parameter(
            "since_seq",
            "Only rows with a greater `seq`.",
            {"type": "integer", "format": "int64", "minimum": 0, "maximum": MAX_INTEGER},
        ),
        _parameter(
            "updated_since",
            "Only rows with this `synced_at` or a later one: a timestamp with its offset, like"
            " `2026-07-01T08:30:01.000912Z`.",
            OpenApiTypes.DATETIME,
        ),
        _parameter(
            "created_from",
            "Only rows created at this moment or later, like `2026-01-01T00:00:00Z`.",
            OpenApiTypes.DATETIME,
        ),
        _parameter(
            "created_to",
            "Only rows created before this moment, like `2026-07-01T00:00:00Z`.",
            OpenApiTypes.DATETIME,
        ),
        _parameter("organization", "Only this organisation, by its slug."),
        *(
            _parameter(
                column.name, f"Only rows with this `{column.name}`, like `{column.example}`."
            )
            for column in table.columns
            if column.name in table.filters
        ),
        _header("If-None-Match", "The last `ETag`: 304 while nothing changed."),
        _header("ETag", "Of this page, for `If-None-Match`.", response=[200, 304]),
        _header("Link", 'The next page as `<address>; rel="next"`.', response=[200]),
    ]


def _parameter(name: str, description: str, kind: Any = str) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=description)


def _header(name: str, description: str, *, response: bool | list[int] = False) -> OpenApiParameter:
    return OpenApiParameter(
        name, str, OpenApiParameter.HEADER, description=description, response=response
    )


def _example(table: Table) -> OpenApiExample:
    row = {column.name: column.example for column in table.columns}
    return OpenApiExample(
        "One row",
        {"next": None, "next_cursor": None, "results": [row]},
        response_only=True,
        status_codes=["200"],
    )
