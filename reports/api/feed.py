"""GET /api/v1/feed/<table>: flat rows of every organisation the key may see, incremental."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
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
from maturity.models import ApiKey
from maturity.services.changes import stamp_batch
from maturity.services.reach import settle_reach
from reports.api.feed_schema import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, describe
from reports.api.timed import Timed
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
# A file has no pages.
OF_PAGES = frozenset({"page_size", "cursor"})


class FeedView(Timed, PrivateAnswers, APIView):
    """One table. Three short statements: who asks, the stamp, the page."""

    table: Table
    read_scope = "feed:read"
    problem_statuses = ("410",)

    def get(self, request: Request) -> HttpResponse:
        query = _continued(feed_query(request, self.table, paged=True), request)
        high_water = stamp_batch().high_water
        etag = etag_of(query, query.page_size, query.cursor, high_water)
        if has_already(request, etag):
            return HttpResponse(status=304, headers={"ETag": etag})
        page = read_page(query)
        if page.expired:
            raise full_resync_needed()
        return self._answer(request, query, page, high_water, etag)

    def _answer(
        self, request: Request, query: FeedQuery, page: Page, high_water: int, etag: str
    ) -> HttpResponse:
        next_cursor = next_url = None
        headers = {"ETag": etag}
        if page.has_more and page.last_seq is not None:
            began_at = high_water if query.cursor is None else query.cursor.began_at
            next_cursor = Cursor(page.last_seq, began_at).sign(query.fingerprint)
            next_url = _with_cursor(request, next_cursor)
            headers["Link"] = f'<{next_url}>; rel="next"'
        paging = to_json({"next": next_url, "next_cursor": next_cursor})[:-1].decode()
        body = f'{paging},"results":[{",".join(page.rows)}]}}'
        return HttpResponse(body, content_type=MEDIA_TYPE, headers=headers)


def feed_query(request: Request, table: Table, *, paged: bool) -> FeedQuery:
    """What was asked for. Whatever is not understood is 400 naming the parameter."""
    sent = request.query_params
    known = PARAMETERS if paged else [name for name in PARAMETERS if name not in OF_PAGES]
    parameters.refuse_unknown(sent, (KEY_PARAMETER, *known, *table.filters))
    query = FeedQuery(
        table=table,
        organization_ids=tuple(visible_organization_ids(request)),
        page_size=parameters.page_size(
            sent, "page_size", default=DEFAULT_PAGE_SIZE, maximum=MAX_PAGE_SIZE
        ),
        organization=sent.get("organization"),
        filters={name: sent[name] for name in table.filters if name in sent},
        since_seq=parameters.integer(sent, "since_seq"),
        updated_since=parameters.moment(sent, "updated_since"),
        created_from=parameters.moment(sent, "created_from"),
        created_to=parameters.moment(sent, "created_to"),
        reach=_reach_of(request),
    )
    if query.since_seq is not None and query.updated_since is not None:
        raise parameters.invalid(
            "updated_since", _("Give either since_seq or updated_since, not both.")
        )
    return query


def _reach_of(request: Request) -> tuple[int, datetime] | None:
    """From where on positions of this key hold; no statement where its organisations stayed."""
    key = request.auth
    if not isinstance(key, ApiKey):
        return None
    if key.reach_changed:
        settle_reach(key)
    if key.reach_seq is None or key.reach_synced_at is None:
        return None
    return key.reach_seq, key.reach_synced_at


def full_resync_needed() -> Gone:
    return Gone(
        _("What this position builds upon is no longer kept: read everything again."),
        code="resync",
    )


def etag_of(query: FeedQuery, *rest: object) -> str:
    """Weak: an edit that waits for its stamp may show before it moves the high water."""
    what = [query.fingerprint, *rest]
    return f'W/"{hashlib.sha256(repr(what).encode()).hexdigest()[:32]}"'


def has_already(request: Request, etag: str) -> bool:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return known == ["*"] or etag in known or etag.removeprefix("W/") in known


def _continued(query: FeedQuery, request: Request) -> FeedQuery:
    text = request.query_params.get("cursor")
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


def feed_view(table: Table) -> Callable[..., Any]:
    """The view of one table, with its own operation in the schema."""
    view: type[FeedView] = type(f"{table.noun}Feed", (FeedView,), {"table": table})
    described: type[FeedView] = extend_schema_view(get=extend_schema(**describe(table)))(view)
    return described.as_view()
