"""Signals: a file's rows become versions, each once, however often the file comes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection
from psycopg import sql

from maturity.models import SIGNAL_TABLES, ImportRun, Organization, SignalVersion
from maturity.services.record import record_lock
from maturity.services.stored import Stored
from maturity.sources import SOURCES, Fault, Source, TableReader

# Enough to sort a million rows in memory once; PostgreSQL's default is meant for many small ones.
_MERGE_MEMORY = "64MB"

_INCOMING = sql.Identifier("signal_incoming")
_CHANGES = sql.Identifier("signal_changes")


def store_signals(
    run: ImportRun,
    reader: TableReader,
    *,
    dry_run: bool,
    set_aside: Callable[[Fault], None],
    on_rows: Callable[[int], None],
    each_row: bool = False,
) -> Stored:
    """Merge a file's rows into the versions of its format. A dry run only counts.

    `each_row` also tells what became of every row: for small files only.
    """
    source, table = SOURCES[run.format], SIGNAL_TABLES[run.format]
    with connection.cursor() as cursor:
        rows = _copy_in(cursor, source, table, reader)
        on_rows(rows)
        # Reading took its time without it: whoever else writes the record waits from here on.
        stamp = None if dry_run else record_lock(run.organization)
        rows -= _set_aside_others(cursor, source, table, run.organization, set_aside)
        accepted, updated = _find_changes(cursor, source, table, run.organization)
        if stamp is not None:
            _store_changes(cursor, source, table, run.organization, stamp)
        outcomes = _outcomes(cursor) if each_row else ()
        # The connection may have more to do before its transaction ends.
        _execute(cursor, sql.SQL("DROP TABLE {}, {}").format(_INCOMING, _CHANGES))
    return Stored(accepted, updated, rows - accepted - updated, stamp, rows=outcomes)


def _copy_in(cursor: Any, source: Source, table: type[SignalVersion], reader: TableReader) -> int:
    """Stream the good rows into a temporary table with the target's own types."""
    _execute(
        cursor,
        sql.SQL(
            "CREATE TEMPORARY TABLE {incoming} ON COMMIT DROP AS"
            " SELECT 0::bigint AS line, {columns} FROM {table} WITH NO DATA"
        ).format(incoming=_INCOMING, columns=_columns(source.names), table=_name(table)),
    )
    rows = 0
    copy_in = sql.SQL("COPY {} FROM STDIN").format(_INCOMING)
    with cursor.copy(copy_in) as copy:
        for row in reader:
            copy.write_row(row)
            rows += 1
    _execute(cursor, sql.SQL("ANALYZE {}").format(_INCOMING))
    return rows


def _set_aside_others(
    cursor: Any,
    source: Source,
    table: type[SignalVersion],
    organization: Organization,
    set_aside: Callable[[Fault], None],
) -> int:
    """Set rows aside that would replace one of another kind; return how many.

    The row that stands decides, and within a file the first one where none stands yet.
    """
    if not source.settled:
        return 0
    _execute(
        cursor,
        sql.SQL(
            "DELETE FROM {incoming} AS rows USING ("
            " SELECT last.line, coalesce(stored.{settled}, first.{settled}) AS held"
            " FROM {incoming} AS last LEFT JOIN {table} AS stored"
            " ON stored.organization_id = {organization} AND stored.replaced_at IS NULL"
            " AND {same_identity}"
            " LEFT JOIN ("
            "  SELECT DISTINCT ON ({keys}) {keys}, {settled} FROM {incoming} WHERE ({keys}) IN ("
            "   SELECT {keys} FROM {incoming} GROUP BY {keys}"
            "   HAVING min({settled}) <> max({settled})"
            "  ) ORDER BY {keys}, line"
            " ) AS first ON ({last_keys}) = ({first_keys})"
            " WHERE last.{settled} <> coalesce(stored.{settled}, first.{settled})"
            ") AS other WHERE rows.line = other.line"
            " RETURNING rows.line, rows.{settled}, other.held, concat_ws(',', {columns})"
        ).format(
            incoming=_INCOMING,
            table=_name(table),
            settled=sql.Identifier(source.settled),
            organization=organization.pk,
            same_identity=sql.SQL(" AND ").join(_same(table, key) for key in source.keys),
            keys=_columns(source.keys),
            last_keys=_columns(source.keys, of="last"),
            first_keys=_columns(source.keys, of="first"),
            columns=_columns(source.names, of="rows"),
        ),
    )
    for line, said, held, raw in cursor:
        reason = f"is {said}, but the row with this {' and '.join(source.keys)} is of a {held}"
        set_aside(Fault(line, source.settled, reason, raw if source.shows_values else ""))
    count: int = cursor.rowcount
    return count


def _find_changes(
    cursor: Any, source: Source, table: type[SignalVersion], organization: Organization
) -> tuple[int, int]:
    """Keep the last row of each identity that is new or differs; return how many of each."""
    _execute(cursor, sql.SQL("SET LOCAL work_mem = {}").format(_MERGE_MEMORY))
    _execute(
        cursor,
        sql.SQL(
            "CREATE TEMPORARY TABLE {changes} ON COMMIT DROP AS"
            " SELECT last.*, stored.id AS replaces FROM ("
            "  SELECT DISTINCT ON ({keys}) line, {columns}"
            "  FROM {incoming} ORDER BY {keys}, line DESC"
            " ) AS last LEFT JOIN {table} AS stored"
            " ON stored.organization_id = {organization} AND stored.replaced_at IS NULL"
            " AND {same_identity}"
            " WHERE stored.id IS NULL OR ROW({last_values}) IS DISTINCT FROM ROW({stored_values})"
        ).format(
            changes=_CHANGES,
            keys=_columns(source.keys),
            columns=_columns(source.names),
            incoming=_INCOMING,
            table=_name(table),
            organization=organization.pk,
            same_identity=sql.SQL(" AND ").join(_same(table, key) for key in source.keys),
            last_values=_columns(source.values, of="last"),
            stored_values=_columns(source.values, of="stored"),
        ),
    )
    _execute(
        cursor,
        sql.SQL("SELECT count(*) - count(replaces), count(replaces) FROM {}").format(_CHANGES),
    )
    accepted, updated = cursor.fetchone()
    return accepted, updated


def _store_changes(
    cursor: Any,
    source: Source,
    table: type[SignalVersion],
    organization: Organization,
    stamp: datetime,
) -> None:
    """Close the versions that changed and write the new ones, both at the same moment."""
    _execute(
        cursor,
        sql.SQL(
            "UPDATE {table} AS stored SET replaced_at = {stamp} FROM {changes} AS changes"
            " WHERE stored.id = changes.replaces"
        ).format(table=_name(table), stamp=stamp, changes=_CHANGES),
    )
    _execute(
        cursor,
        sql.SQL(
            "INSERT INTO {table} (organization_id, recorded_at, {columns})"
            " SELECT {organization}, {stamp}, {columns} FROM {changes}"
        ).format(
            table=_name(table),
            columns=_columns(source.names),
            organization=organization.pk,
            stamp=stamp,
            changes=_CHANGES,
        ),
    )


def _outcomes(cursor: Any) -> tuple[tuple[int, str], ...]:
    _execute(
        cursor,
        sql.SQL(
            "SELECT incoming.line, CASE WHEN changes.line IS NULL THEN 'unchanged'"
            " WHEN changes.replaces IS NULL THEN 'accepted' ELSE 'updated' END"
            " FROM {incoming} AS incoming LEFT JOIN {changes} AS changes USING (line)"
        ).format(incoming=_INCOMING, changes=_CHANGES),
    )
    return tuple(cursor.fetchall())


def _execute(cursor: Any, statement: sql.Composable) -> None:
    """Run a statement as text: what watches statements for the history reads texts alone."""
    cursor.execute(statement.as_string(cursor.connection))


def _name(table: type[SignalVersion]) -> sql.Identifier:
    return sql.Identifier(table._meta.db_table)


def _columns(names: tuple[str, ...], *, of: str | None = None) -> sql.Composed:
    prefix = () if of is None else (of,)
    return sql.SQL(", ").join(sql.Identifier(*prefix, name) for name in names)


def _same(table: type[SignalVersion], key: str) -> sql.Composable:
    """Compare a key so that two unknown ones are the same, in a way that can be hashed."""
    last, stored = sql.Identifier("last", key), sql.Identifier("stored", key)
    if not table._meta.get_field(key).null:
        return sql.SQL("{} = {}").format(last, stored)
    return sql.SQL("coalesce({}, '') = coalesce({}, '')").format(last, stored)
