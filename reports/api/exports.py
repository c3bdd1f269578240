"""GET /api/v1/feed/<table>.<suffix>: the feed's rows as one file."""

import itertools
from collections.abc import Callable, Generator, Iterator
from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse
from django.http.response import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.exceptions import NotFound, Throttled
from rest_framework.request import Request
from rest_framework.views import APIView

from maturity.api import parameters
from maturity.api.base import PrivateAnswers
from maturity.api.negotiation import ByAddress
from maturity.services.changes import stamp_changes
from reports.api.feed import etag_of, feed_query, full_resync_needed, has_already
from reports.api.feed_schema import describe_export
from reports.api.timed import Timed
from reports.feed.exports import Expired, NoSlot, export
from reports.feed.formats import FORMATS, Format, TooManyRows
from reports.feed.query import FeedQuery
from reports.feed.tables import Table

RETRY_AFTER_SECONDS = 10


class ExportView(Timed, PrivateAnswers, APIView):
    """One table as a file. It is refused before its first byte or not at all."""

    table: Table
    read_scope = "feed:read"
    content_negotiation_class = ByAddress
    problem_statuses = ("410", "429")

    def get(self, request: Request, suffix: str) -> HttpResponseBase:
        file_format = FORMATS.get(suffix)
        if file_format is None:
            raise NotFound
        query = feed_query(request, self.table, paged=False)
        etag = etag_of(query, file_format.suffix, stamp_changes())
        if has_already(request, etag):
            return HttpResponse(status=304, headers={"ETag": etag})
        name = f"{self.table.name}.{file_format.suffix}"
        headers = {"ETag": etag, "Content-Disposition": f'attachment; filename="{name}"'}
        if request.method == "HEAD":
            return HttpResponse(content_type=file_format.media_type, headers=headers)
        return StreamingHttpResponse(
            _started(query, file_format), content_type=file_format.media_type, headers=headers
        )


def _started(query: FeedQuery, file_format: Format) -> Iterator[bytes]:
    """The export after its first piece was made: until then it can still be refused."""
    pieces = export(query, file_format)
    try:
        first = next(pieces, b"")
    except NoSlot as error:
        raise Throttled(RETRY_AFTER_SECONDS) from error
    except Expired as error:
        raise full_resync_needed() from error
    except TooManyRows as error:
        raise parameters.invalid(
            "suffix", _("More rows than this format can hold: take another one.")
        ) from error
    return _Pieces(first, pieces)


class _Pieces(Iterator[bytes]):
    """Hands on `close`, so that a client who hangs up frees the slot at once."""

    def __init__(self, first: bytes, rest: Generator[bytes]) -> None:
        self._rest = rest
        self._all: Iterator[bytes] = itertools.chain((first,), rest)

    def __next__(self) -> bytes:
        return next(self._all)

    def close(self) -> None:
        self._rest.close()


def export_view(table: Table) -> Callable[..., Any]:
    """The view of one table's files, with its own operation in the schema."""
    view: type[ExportView] = type(f"{table.noun}Export", (ExportView,), {"table": table})
    described: type[ExportView] = extend_schema_view(get=extend_schema(**describe_export(table)))(
        view
    )
    return described.as_view()
