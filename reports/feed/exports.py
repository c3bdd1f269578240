"""A whole query as a stream of bytes.

Every format starts from the same Arrow batches, which come out of PostgreSQL's binary COPY over
the query's own SQL, so that filters and tenancy hold; nothing is sorted and nothing is turned
into Python objects on the way.
"""

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from reports.feed.formats import Format
from reports.feed.query import (
    FeedQuery,
    horizon_statement,
    is_expired,
    read_horizon,
    rows_statement,
)
from reports.feed.turns import Turn

# The two keys of an advisory lock: this number and the slot's.
SLOT_LOCK = 0x65786F
BATCH_BYTES = 1 << 20


class NoSlot(Exception):
    """As many exports are running as may."""


class Expired(Exception):
    """The client's position lies before deletions that are no longer kept."""


def export(query: FeedQuery, file_format: Format) -> Generator[bytes]:
    """Yield the file piece by piece over a connection of its own.

    Everything that can refuse it has happened before the first piece: raises NoSlot or Expired
    on the first `next()`. A fault further on ends the stream early, never a file that looks
    whole.
    """
    sql = _literal(*rows_statement(query, file_format.columns(query.table)))
    with (
        closing(adbc.connect(_conninfo())) as database,
        closing(database.cursor()) as cursor,
        Turn() as turn,
    ):
        _take_slot(cursor)
        turn.take()
        cursor.adbc_statement.set_options(
            **{"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)}
        )
        cursor.execute(sql)
        reader = cursor.fetch_record_batch()
        first = next(reader, None)
        # Asked after the rows' snapshot was taken: what is purged from now on is still in it.
        if is_expired(query, read_horizon(_answer(*horizon_statement(query)))):
            raise Expired
        for piece in file_format.write(reader.schema, _batches(first, reader, turn)):
            turn.give()
            yield piece


def slots_in_use() -> int:
    """How many exports are running on this database; one query."""
    return int(
        _answer(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [SLOT_LOCK],
        )
    )


def _batches(first: pa.RecordBatch | None, rest: Any, turn: Turn) -> Iterator[pa.RecordBatch]:
    """Each batch is read, and made into bytes, in a turn of its own."""
    batch = first
    while batch is not None:
        yield batch
        turn.give()
        turn.take()
        batch = next(rest, None)


def _take_slot(cursor: Any) -> None:
    """Hold one of the slots until the connection ends, however it ends."""
    cursor.execute(
        f"SELECT n FROM generate_series(1, {int(settings.EXPORT_SLOTS)}) n"  # noqa: S608 - numbers
        f" WHERE pg_try_advisory_lock({SLOT_LOCK}, n) LIMIT 1"
    )
    if cursor.fetchone() is None:
        raise NoSlot


def _conninfo() -> str:
    """How the other driver reaches the database that Django is connected to."""
    connection.ensure_connection()
    info = connection.connection.info
    known = info.get_parameters() | {"password": info.password}
    return make_conninfo(**{name: value for name, value in known.items() if value})


def _literal(sql: str, parameters: list[Any]) -> str:
    """The statement with its parameters quoted into it: COPY takes none."""
    with connection.cursor() as cursor:
        text: str = cursor.mogrify(sql, parameters)
    return text


def _answer(sql: str, parameters: list[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]
