"""What was asked of a feed table, as SQL; one page of it is read in one statement."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from django.db import connection

from reports.feed.cursors import Cursor
from reports.feed.tables import Table

# What a page is, and no part of which rows were asked for.
_NOT_ASKED = frozenset({"table", "page_size", "cursor", "reach"})
# The joins are written in the order in which they are best made. Trying every other order costs
# more than a page does: 6 of 8 ms of planning.
_AS_WRITTEN = "SET LOCAL join_collapse_limit = 1; "


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
    # The newest stamp before the key's organisations changed, if they ever did.
    reach: tuple[int, datetime] | None = None

    @property
    def is_incremental(self) -> bool:
        return self.since_seq is not None or self.updated_since is not None

    @property
    def fingerprint(self) -> str:
        """Equal for the pages of one pull, whatever their size; different for other rows."""
        asked = [each.name for each in fields(self) if each.name not in _NOT_ASKED]
        what: dict[str, Any] = {name: getattr(self, name) for name in asked}
        what["table"] = [self.table.name, *self.table.column_names]
        text = json.dumps(what, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Page:
    """Rows in ascending `seq`, each the text of a JSON object; `last_seq` is the last one's.

    `expired`: deletions after the client's position were purged, or never were to be told.
    """

    rows: list[str]
    last_seq: int | None
    has_more: bool
    expired: bool


def read_page(query: FeedQuery) -> Page:
    """One round trip. Only stamped rows; the horizon is read in the same snapshot.

    PostgreSQL writes the JSON: a page is joined, never taken apart and put together again.
    """
    sql, parameters = _page_statement(query)
    with connection.cursor() as cursor:
        # Two statements sent as one are one transaction: the setting ends with it.
        cursor.execute(_AS_WRITTEN + sql, parameters)
        cursor.nextset()
        (_none, horizon), *found = cursor.fetchall()
    page = found[: query.page_size]
    return Page(
        rows=[text for _seq, text in page],
        last_seq=page[-1][0] if page else None,
        has_more=len(found) > query.page_size,
        expired=is_expired(query, read_horizon(horizon)),
    )


@dataclass(frozen=True)
class Horizon:
    """The newest purged tombstone that the query could have had, and the first stamp ever."""

    seq: int | None
    synced_at: datetime | None
    began_at: datetime | None


def read_horizon(text: str) -> Horizon:
    """Read what `horizon_statement` answers."""
    seq, synced_at, began_at = json.loads(text)
    return Horizon(
        seq,
        None if synced_at is None else datetime.fromisoformat(synced_at),
        None if began_at is None else datetime.fromisoformat(began_at),
    )


def is_expired(query: FeedQuery, horizon: Horizon) -> bool:
    """Whether the client may hold a row whose deletion it can no longer learn of.

    A client that starts from nothing (position 0, or a time before the first stamp) holds none.
    """
    if query.reach is not None and _is_before(query, query.reach, horizon.began_at):
        return True
    if horizon.seq is None or horizon.synced_at is None or horizon.began_at is None:
        return False
    if query.cursor is not None and query.cursor.began_at < horizon.seq:
        return True
    if query.since_seq is not None:
        return 0 < query.since_seq < horizon.seq
    if query.updated_since is not None:
        return horizon.began_at <= query.updated_since < horizon.synced_at
    return False


def _is_before(query: FeedQuery, reach: tuple[int, datetime], began_at: datetime | None) -> bool:
    """Whether the position may be one from when the key opened other organisations."""
    seq, synced_at = reach
    if query.cursor is not None and query.cursor.began_at <= seq:
        return True
    if query.since_seq is not None:
        return 0 < query.since_seq <= seq
    if query.updated_since is not None:
        return (began_at is None or began_at <= query.updated_since) and (
            query.updated_since <= synced_at
        )
    return False


Statement = tuple[str, list[Any]]


def horizon_statement(query: FeedQuery) -> Statement:
    """One JSON array: greatest purged `seq` and `synced_at`, and when stamping began."""
    sql = (
        "SELECT json_build_array(max(seq), max(synced_at),"
        " (SELECT began_at FROM maturity_syncclock))::text"
        " FROM maturity_synchorizon WHERE entity = %s AND organization_id = ANY(%s)"
    )
    return sql, [query.table.name, list(query.organization_ids)]


def rows_statement(query: FeedQuery, columns: Sequence[str]) -> Statement:
    """Every row that was asked for, in no order, with these SQL expressions as its columns."""
    conditions, parameters = _conditions(query)
    sql = "\n".join(
        [
            f"SELECT {', '.join(columns)}",
            "FROM maturity_syncchange c",
            "JOIN maturity_organization o ON o.id = c.organization_id",
            f"LEFT JOIN {query.table.row}",
            query.table.joins,
            "WHERE " + " AND ".join(conditions),
        ]
    )
    return sql, parameters


def json_object(table: Table) -> str:
    """SQL for one row as the text of a JSON object with a constant set of keys."""
    fields = " || ',' || ".join(
        f"'{json.dumps(column.name)}:' || {column.as_json}" for column in table.columns
    )
    return f"('{{' || {fields} || '}}')"


def _page_statement(query: FeedQuery) -> Statement:
    """The horizon comes first, as a row without `seq`; there is one where the page is empty."""
    horizon, of_horizon = horizon_statement(query)
    rows, of_rows = rows_statement(query, ["c.seq", json_object(query.table)])
    sql = (
        f"SELECT NULL::bigint AS seq, ({horizon}) AS text"
        f" UNION ALL ({rows} ORDER BY c.seq LIMIT %s) ORDER BY seq NULLS FIRST"
    )
    return sql, [*of_horizon, *of_rows, query.page_size + 1]


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
