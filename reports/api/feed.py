"""GET /api/v1/feed/<table>: flat rows of every organisation the key may see, incremental."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.views import APIView

from maturity.api import parameters
from maturity.api.auth import KEY_PARAMETER, visible_organization_ids
from maturity.api.base import PrivateAnswers
from maturity.api.errors import Gone
from maturity.api.renderers import MEDIA_TYPE, to_json
from maturity.services.changes import stamp_batch
from reports.api.feed_schema import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, describe
from reports.feed.cursors import BadCursor, Cursor, read_cursor
from reports.feed.query import FeedQuery, Page, read_page
from reports.feed.tables import Table

PARAMETERS = (
    "page_size",
    "cursor",
    "since_seq",
    "updated_since",
    "created_from",
    "created_to",
    "organization",
)


class FeedView(PrivateAnswers, APIView):
    """One table. Three short statements: who asks, the stamp, the page."""

    table: Table
    read_scope = "feed:read"
    problem_statuses = ("410",)

    def get(self, request: Request) -> HttpResponse:
        query = self._query(request)
        high_water = stamp_batch().high_water
        etag = _etag(request, query, high_water)
        if _has(request, etag):
            return HttpResponse(status=304, headers={"ETag": etag})
        page = read_page(query)
        if page.expired:
            raise Gone(
                _("Deletions after this position are no longer kept: read everything again."),
                code="resync",
            )
        return self._answer(request, query, page, high_water, etag)

    def _query(self, request: Request) -> FeedQuery:
        sent = request.query_params
        parameters.refuse_unknown(sent, (KEY_PARAMETER, *PARAMETERS, *self.table.filters))
        query = FeedQuery(
            table=self.table,
            organization_ids=tuple(visible_organization_ids(request)),
            page_size=parameters.page_size(
                sent, "page_size", default=DEFAULT_PAGE_SIZE, maximum=MAX_PAGE_SIZE
            ),
            organization=sent.get("organization"),
            filters={name: sent[name] for name in self.table.filters if name in sent},
            since_seq=parameters.integer(sent, "since_seq"),
            updated_since=parameters.moment(sent, "updated_since"),
            created_from=parameters.moment(sent, "created_from"),
            created_to=parameters.moment(sent, "created_to"),
        )
        if query.since_seq is not None and query.updated_since is not None:
            raise parameters.invalid(
                "updated_since", _("Give either since_seq or updated_since, not both.")
            )
        return _continued(query, sent.get("cursor"))

    def _answer(
        self, request: Request, query: FeedQuery, page: Page, high_water: int, etag: str
    ) -> HttpResponse:
        next_cursor = next_url = None
        headers = {"ETag": etag}
        if page.has_more:
            began_at = high_water if query.cursor is None else query.cursor.began_at
            next_cursor = Cursor(page.rows[-1]["seq"], began_at).sign(query.fingerprint)
            next_url = _with_cursor(request, next_cursor)
            headers["Link"] = f'<{next_url}>; rel="next"'
        body = {"next": next_url, "next_cursor": next_cursor, "results": page.rows}
        return HttpResponse(to_json(body), content_type=MEDIA_TYPE, headers=headers)


def _continued(query: FeedQuery, text: str | None) -> FeedQuery:
    if text is None:
        return query
    try:
        cursor = read_cursor(text, query.fingerprint)
    except BadCursor as error:
        raise parameters.invalid(
            "cursor",
            _("This is not a cursor of this query: send the same filters, or start afresh."),
            code="bad_cursor",
        ) from error
    return replace(query, cursor=cursor)


def _with_cursor(request: Request, cursor: str) -> str:
    """The same address with the new cursor. A key that came in the address stays in it."""
    sent = request.query_params.dict() | {"cursor": cursor}
    return request.build_absolute_uri(f"{request.path}?{urlencode(sent)}")


def _etag(request: Request, query: FeedQuery, high_water: int) -> str:
    """Weak: an edit that waits for its stamp may show before it moves the high water."""
    what = [query.fingerprint, query.page_size, query.cursor, high_water]
    return f'W/"{hashlib.sha256(repr(what).encode()).hexdigest()[:32]}"'


def _has(request: Request, etag: str) -> bool:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return known == ["*"] or etag in known or etag.removeprefix("W/") in known


def feed_view(table: Table) -> Callable[..., Any]:
    """The view of one table, with its own operation in the schema."""
    view: type[FeedView] = type(f"{table.name.title()}Feed", (FeedView,), {"table": table})
    described: type[FeedView] = extend_schema_view(get=extend_schema(**describe(table)))(view)
    return described.as_view()
