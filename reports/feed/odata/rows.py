"""Rows of an entity set, as PostgreSQL writes them: one statement a page.

Pages follow the order that was asked for and the key after it, each beginning behind the last row
of the one before (keyset), so that a table of any size is read in even steps. By the key and not
by `seq`: a client that reads everything needs each key once, also when a row changes meanwhile.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.core import signing
from django.db import connection
from django.utils.translation import gettext as _

from reports.feed.odata.model import ANNOTATED, KEY, NAMESPACE, set_name, type_name
from reports.feed.odata.options import Options, Order
from reports.feed.odata.refusals import NotUnderstood
from reports.feed.query import FeedQuery, Statement, rows_statement
from reports.feed.tables import Column, Table

Metadata = Literal["none", "minimal", "full"]
_SALT = "plumbline.odata.skiptoken"


@dataclass(frozen=True)
class Position:
    """Where a page begins: behind the row with these values of the order's columns, as text.

    `delivered` rows came before it; `count` is that of the first page, where it was asked for.
    """

    values: tuple[str | None, ...]
    delivered: int
    count: int | None

    def sign(self, fingerprint: str) -> str:
        what = [self.values, self.delivered, self.count, fingerprint]
        return signing.dumps(what, salt=_SALT, compress=True)


def read_position(token: str, fingerprint: str) -> Position:
    """Raises NotUnderstood when it was tampered with or belongs to another query."""
    try:
        values, delivered, count, belongs_to = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise _no_token() from error
    if belongs_to != fingerprint:
        raise _no_token()
    return Position(tuple(values), delivered, count)


@dataclass(frozen=True)
class EntityQuery:
    """Rows of one table that a client may see; `organization_ids` come through the one door."""

    table: Table
    organization_ids: tuple[int, ...]
    options: Options
    metadata: Metadata = "minimal"
    position: Position | None = None

    @property
    def shown(self) -> Sequence[Column]:
        return self.table.columns if self.options.selected is None else self.options.selected


def fingerprint_of(table: Table, organization_ids: Sequence[int], sent: Mapping[str, str]) -> str:
    """Equal for the pages of one request: the same rows, in the same order."""
    options = {name: value for name, value in sent.items() if name != "$skiptoken"}
    what = [table.name, table.column_names, list(organization_ids), options]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class EntityPage:
    """Each row is the text of a JSON object; `next` is None where there are no more."""

    rows: list[str]
    next: Position | None


def read_entities(query: EntityQuery, page_size: int, count: int | None) -> EntityPage:
    """At most `page_size` rows; one statement, none where none are wanted."""
    before = query.position
    delivered = 0 if before is None else before.delivered
    left = None if query.options.top is None else max(query.options.top - delivered, 0)
    wanted = page_size if left is None else min(page_size, left)
    if wanted == 0:
        return EntityPage([], None)
    found = _answers(_page_statement(query, wanted + 1))
    page = found[:wanted]
    ends = len(found) == len(page) or left == wanted
    if ends:
        return EntityPage([text for text, _values in page], None)
    values = tuple(json.loads(page[-1][1]))
    position = Position(values, delivered + wanted, count)
    return EntityPage([text for text, _values in page], position)


def count_entities(query: EntityQuery) -> int:
    """How many rows the filter lets through, whatever the pages; one statement."""
    rows, parameters = _filtered(query)
    count: int = _answers((f"SELECT count(*) FROM {rows}", parameters))[0][0]  # noqa: S608
    return count


def read_entity(query: EntityQuery, key: int) -> str | None:
    """One row as the text of a JSON object, or None; one statement."""
    rows, parameters = _filtered(query, [(f't."{KEY}" = %s', [key])])
    found = _answers((f"SELECT {_json_row(query)} FROM {rows}", parameters))  # noqa: S608
    return found[0][0] if found else None


def _page_statement(query: EntityQuery, limit: int) -> Statement:
    terms = [] if query.position is None else [_behind(query.options.order, query.position.values)]
    rows, parameters = _filtered(query, terms)
    order = query.options.order
    keys = ", ".join(f"{_name(each.column)}::text" for each in order)
    sql = "\n".join(
        [
            f"SELECT {_json_row(query)}, json_build_array({keys})::text",
            f"FROM {rows}",
            f"ORDER BY {', '.join(_sorted(each) for each in order)}",
            "LIMIT %s OFFSET %s",
        ]
    )
    skip = query.options.skip if query.position is None else 0
    return sql, [*parameters, limit, skip]


def _filtered(query: EntityQuery, terms: Sequence[tuple[str, list[Any]]] = ()) -> Statement:
    """The table as `t` with its conditions: PostgreSQL sees through the inner query."""
    every_row = FeedQuery(query.table, query.organization_ids, page_size=0)
    columns = [f'{column.as_native} AS "{column.name}"' for column in query.table.columns]
    inner, parameters = rows_statement(every_row, columns)
    conditions = list(terms)
    if query.options.filter is not None:
        value = query.options.filter
        conditions.append((value.sql, list(value.parameters)))
    where = " AND ".join(sql for sql, _values in conditions) or "TRUE"
    return (
        f"({inner}) t WHERE {where}",
        [*parameters, *(value for _sql, values in conditions for value in values)],
    )


def _behind(orders: Sequence[Order], values: Sequence[str | None]) -> tuple[str, list[Any]]:
    """The rows that come after the one with these values: null before everything, as OData has it.

    (a > 1) OR (a = 1 AND b > 2) OR …, each with the direction and the nulls of its column.
    """
    alternatives: list[str] = []
    parameters: list[Any] = []
    for number, (order, value) in enumerate(zip(orders, values, strict=True)):
        after = _after(order, value)
        if after is None:
            continue
        before = list(zip(orders[:number], values, strict=False))
        same = [f"{_name(o.column)} IS NOT DISTINCT FROM {_typed(o.column)}" for o, _ in before]
        alternatives.append(f"({' AND '.join([*same, after])})")
        parameters += [known for _, known in before]
        if "%s" in after:
            parameters.append(value)
    return f"({' OR '.join(alternatives) or 'FALSE'})", parameters


def _after(order: Order, value: str | None) -> str | None:
    name = _name(order.column)
    if value is None:
        return None if order.descending else f"{name} IS NOT NULL"
    if order.descending:
        return f"({name} < {_typed(order.column)} OR {name} IS NULL)"
    return f"{name} > {_typed(order.column)}"


def _sorted(order: Order) -> str:
    way = "DESC NULLS LAST" if order.descending else "ASC NULLS FIRST"
    return f"{_name(order.column)} {way}"


def _json_row(query: EntityQuery) -> str:
    """SQL for one row's JSON object, with as much metadata as was asked for."""
    fields = [_json_field(column, query.metadata) for column in query.shown]
    if query.metadata == "full":
        kind = f"#{NAMESPACE}.{type_name(query.table)}"
        identity = f'\'"@odata.type":"{kind}","@odata.id":"{set_name(query.table)}(\''
        fields.insert(0, f'{identity} || t."{KEY}" || \')"\'')
    return f"('{{' || {_COMMA.join(fields)} || '}}')"


_COMMA = " || ',' || "


def _json_field(column: Column, metadata: Metadata) -> str:
    name = json.dumps(column.name)
    told = ""
    if metadata == "full" and column.kind in ANNOTATED:
        told = f'"{column.name}@odata.type":"{ANNOTATED[column.kind]}",'
    return f"'{told}{name}:' || {replace(column, sql=_name(column)).as_json}"


def _name(column: Column) -> str:
    return f't."{column.name}"'


def _typed(column: Column) -> str:
    """A parameter with the column's own type."""
    return replace(column, sql="%s").as_native


def _answers(statement: Statement) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        found: list[Any] = cursor.fetchall()
    return found


def _no_token() -> NotUnderstood:
    message = _("This is not a token of this query: follow @odata.nextLink as it is.")
    return NotUnderstood("$skiptoken", message, "bad_skiptoken")
