"""Read one page of a feed table in one statement."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection

from reports.feed.cursors import Cursor
from reports.feed.tables import Table


@dataclass(frozen=True)
class FeedQuery:
    """What was asked for. `organization_ids` come through the one door."""

    table: Table
    organization_ids: tuple[int, ...]
    page_size: int
    organization: str | None = None
    filters: dict[str, str] = field(default_factory=dict)
    since_seq: int | None = None
    updated_since: datetime | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    cursor: Cursor | None = None

    @property
    def is_incremental(self) -> bool:
        return self.since_seq is not None or self.updated_since is not None

    @property
    def fingerprint(self) -> str:
        """Equal for the pages of one pull, whatever their size; different for other rows."""
        what = asdict(replace(self, page_size=0, cursor=None))
        what["table"] = [self.table.name, *self.table.column_names]
        text = json.dumps(what, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Page:
    """Rows in ascending `seq`; `expired`: deletions after the client's position were purged."""

    rows: list[dict[str, Any]]
    has_more: bool
    expired: bool


def read_page(query: FeedQuery) -> Page:
    """One statement. Only stamped rows; the horizon is read in the same snapshot."""
    sql, parameters = _statement(query)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found = cursor.fetchall()
    # Each row ends with the horizon, and there is one row even where the page is empty.
    *_page, horizon_seq, horizon_synced_at, began_at = found[0]
    names = query.table.column_names
    rows = [dict(zip(names, row, strict=False)) for row in found if row[0] is not None]
    return Page(
        rows=rows[: query.page_size],
        has_more=len(rows) > query.page_size,
        expired=_expired(query, horizon_seq, horizon_synced_at, began_at),
    )


def _expired(
    query: FeedQuery,
    horizon_seq: int | None,
    horizon_synced_at: datetime | None,
    began_at: datetime | None,
) -> bool:
    """Whether the client may hold a row whose deletion it can no longer learn of.

    A client that starts from nothing (position 0, or a time before the first stamp) holds none.
    """
    if horizon_seq is None or horizon_synced_at is None or began_at is None:
        return False
    if query.cursor is not None and query.cursor.began_at < horizon_seq:
        return True
    if query.since_seq is not None:
        return 0 < query.since_seq < horizon_seq
    if query.updated_since is not None:
        return began_at <= query.updated_since < horizon_synced_at
    return False


def _statement(query: FeedQuery) -> tuple[str, list[Any]]:
    conditions, parameters = _conditions(query)
    columns = ", ".join(f"{column.sql} AS {column.name}" for column in query.table.columns)
    sql = "\n".join(
        [
            "WITH page AS (",
            f"SELECT {columns}",
            "FROM maturity_syncchange c",
            "JOIN maturity_organization o ON o.id = c.organization_id",
            f"LEFT JOIN {query.table.row}",
            query.table.joins,
            "WHERE " + " AND ".join(conditions),
            "ORDER BY c.seq LIMIT %s",
            "), horizon AS (",
            "SELECT max(seq) AS seq, max(synced_at) AS synced_at",
            "FROM maturity_synchorizon WHERE entity = %s AND organization_id = ANY(%s)",
            ")",
            "SELECT page.*, horizon.seq, horizon.synced_at,",
            "(SELECT began_at FROM maturity_syncclock)",
            "FROM horizon LEFT JOIN page ON true ORDER BY page.seq",
        ]
    )
    ids = list(query.organization_ids)
    return sql, [*parameters, query.page_size + 1, query.table.name, ids]


def _conditions(query: FeedQuery) -> tuple[list[str], list[Any]]:
    terms = [*_scope(query), *_position(query), *_row_filters(query)]
    return [sql for sql, _ in terms], [value for _, values in terms for value in values]


Term = tuple[str, list[Any]]


def _scope(query: FeedQuery) -> list[Term]:
    terms: list[Term] = [
        ("c.entity = %s", [query.table.name]),
        # One organisation is an equality: only then does its index give the rows in order.
        ("c.organization_id = %s", [query.organization_ids[0]])
        if len(query.organization_ids) == 1
        else ("c.organization_id = ANY(%s)", [list(query.organization_ids)]),
    ]
    if query.organization is not None:
        terms.append(
            (
                "c.organization_id = (SELECT id FROM maturity_organization WHERE slug = %s)",
                [query.organization],
            )
        )
    return terms


_FIRST_SINCE = """
    c.seq >= (
        SELECT seq FROM maturity_syncchange WHERE synced_at >= %s ORDER BY synced_at LIMIT 1
    )
"""


def _position(query: FeedQuery) -> list[Term]:
    """Where to go on, and which tombstones belong in.

    A full pull has none, except those of rows that it may have delivered on an earlier page.
    """
    gone_since = None if query.cursor is None else query.cursor.began_at
    terms: list[Term] = [("c.seq > %s", [_after(query)])]
    if query.updated_since is not None:
        # `synced_at` rises with `seq`: the first row at that time or later gives the bound.
        terms.append((_FIRST_SINCE, [query.updated_since]))
    if not query.is_incremental:
        is_there = f"{query.table.row_id} IS NOT NULL"
        terms.append(
            (is_there, []) if gone_since is None else (f"({is_there} OR c.seq > %s)", [gone_since])
        )
    return terms


def _after(query: FeedQuery) -> int:
    if query.cursor is not None:
        return query.cursor.seq
    return query.since_seq or 0


def _row_filters(query: FeedQuery) -> list[Term]:
    """Conditions on the row itself; a tombstone has nothing left that could be asked."""
    terms: list[Term] = [
        (f"{query.table.filters[name]} = %s", [value]) for name, value in query.filters.items()
    ]
    if query.created_from is not None:
        terms.append((f"{query.table.created_at} >= %s", [query.created_from]))
    if query.created_to is not None:
        terms.append((f"{query.table.created_at} < %s", [query.created_to]))
    gone = f"{query.table.row_id} IS NULL"
    return [(f"({gone} OR {sql})", values) for sql, values in terms]
