"""Imports: a file's rows become versions, each once, however often the file comes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from maturity.errors import DomainError
from maturity.models import (
    SIGNAL_TABLES,
    ImportRun,
    Organization,
    QuarantinedRow,
    SignalVersion,
    User,
)
from maturity.services.record import record_lock
from maturity.sources import SOURCES, BadFileError, CsvReader, Fault, Source

# A wholly wrong file of millions of rows must neither fill the memory nor the log. The counts
# are exact whatever is listed.
MAX_LISTED = 1_000
# Enough to sort a million rows in memory once; PostgreSQL's default is meant for many small ones.
_MERGE_MEMORY = "64MB"

_INCOMING = sql.Identifier("signal_incoming")
_CHANGES = sql.Identifier("signal_changes")

# Hears ("reading", bytes so far) and then once ("storing", rows to compare and store).
OnProgress = Callable[[str, int], None]


class UnknownFormat(DomainError):
    """There is no import format of that name."""

    code = "unknown_format"


class ImportRefused(DomainError):
    """The file as a whole cannot be trusted; none of it was stored."""

    code = "import_refused"


@dataclass(frozen=True)
class ImportReport:
    """What became of each data row; the four counts add up to the rows that were read.

    `errors` are the first quarantined rows in the order of their lines, at most MAX_LISTED.
    An earlier row of an identity that comes again in the file counts as unchanged.
    """

    accepted: int
    updated: int
    unchanged: int
    quarantined: int
    errors: tuple[Fault, ...]
    ignored_columns: tuple[str, ...]
    dry_run: bool


def import_file(
    organization: Organization,
    format_name: str,
    stream: BinaryIO,
    *,
    name: str,
    dry_run: bool = False,
    by: User | None = None,
    on_progress: OnProgress | None = None,
) -> ImportReport:
    """Store a file's rows as versions, all in one transaction, and log the run.

    Rows that break a rule are quarantined, the rest is stored. Idempotent: a row that stands
    with the same values is left alone. A dry run gives the same report and stores nothing.
    Raises UnknownFormat, or ImportRefused where the file as a whole is at fault; then only the
    refusal is logged. `name` is what the log calls the file.
    """
    if format_name not in SOURCES:
        raise UnknownFormat(
            _("Unknown format %(name)s; there are: %(known)s.")
            % {"name": format_name, "known": ", ".join(sorted(SOURCES))}
        )
    run = ImportRun(
        organization=organization,
        format=format_name,
        file_name=name[:255],
        started_at=timezone.now(),
        by=by,
    )
    try:
        with transaction.atomic():
            return _import(run, stream, dry_run=dry_run, on_progress=on_progress)
    except BadFileError as exc:
        if not dry_run:
            _log_refusal(run, str(exc))
        raise ImportRefused(str(exc)) from exc


@dataclass
class _Quarantine:
    """Counts every fault and keeps the first ones."""

    count: int = 0
    first: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        self.count += 1
        if len(self.first) < MAX_LISTED:
            self.first.append(fault)


def _import(
    run: ImportRun, stream: BinaryIO, *, dry_run: bool, on_progress: OnProgress | None
) -> ImportReport:
    source, table = SOURCES[run.format], SIGNAL_TABLES[run.format]
    quarantine = _Quarantine()
    reader = CsvReader(
        source,
        stream,
        on_fault=quarantine.add,
        on_read=None if on_progress is None else lambda size: on_progress("reading", size),
    )
    with connection.cursor() as cursor:
        rows = _copy_in(cursor, source, table, reader)
        if on_progress is not None:
            on_progress("storing", rows)
        # Reading took its time without it: whoever else writes the record waits from here on.
        stamp = None if dry_run else record_lock(run.organization)
        accepted, updated = _find_changes(cursor, source, table, run.organization)
        if stamp is not None:
            _store_changes(cursor, source, table, run.organization, stamp)
        # The connection may have more to do before its transaction ends.
        cursor.execute(sql.SQL("DROP TABLE {}, {}").format(_INCOMING, _CHANGES))
    report = ImportReport(
        accepted=accepted,
        updated=updated,
        unchanged=rows - accepted - updated,
        quarantined=quarantine.count,
        errors=tuple(quarantine.first),
        ignored_columns=reader.ignored_columns,
        dry_run=dry_run,
    )
    if stamp is not None:
        _log_run(run, report, sha256=reader.sha256, stamp=stamp)
    return report


def _copy_in(cursor: Any, source: Source, table: type[SignalVersion], reader: CsvReader) -> int:
    """Stream the good rows into a temporary table with the target's own types."""
    cursor.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE {incoming} ON COMMIT DROP AS"
            " SELECT 0::bigint AS line, {columns} FROM {table} WITH NO DATA"
        ).format(incoming=_INCOMING, columns=_columns(source.names), table=_name(table))
    )
    rows = 0
    copy_in = sql.SQL("COPY {} FROM STDIN").format(_INCOMING)
    with cursor.copy(copy_in) as copy:
        for row in reader:
            copy.write_row(row)
            rows += 1
    cursor.execute(sql.SQL("ANALYZE {}").format(_INCOMING))
    return rows


def _find_changes(
    cursor: Any, source: Source, table: type[SignalVersion], organization: Organization
) -> tuple[int, int]:
    """Keep the last row of each identity that is new or differs; return how many of each."""
    cursor.execute(sql.SQL("SET LOCAL work_mem = {}").format(_MERGE_MEMORY))
    cursor.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE {changes} ON COMMIT DROP AS"
            " SELECT last.*, stored.id AS replaces FROM ("
            "  SELECT DISTINCT ON ({keys}) {columns} FROM {incoming} ORDER BY {keys}, line DESC"
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
        )
    )
    cursor.execute(
        sql.SQL("SELECT count(*) - count(replaces), count(replaces) FROM {}").format(_CHANGES)
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
    cursor.execute(
        sql.SQL(
            "UPDATE {table} AS stored SET replaced_at = {stamp} FROM {changes} AS changes"
            " WHERE stored.id = changes.replaces"
        ).format(table=_name(table), stamp=stamp, changes=_CHANGES)
    )
    cursor.execute(
        sql.SQL(
            "INSERT INTO {table} (organization_id, recorded_at, {columns})"
            " SELECT {organization}, {stamp}, {columns} FROM {changes}"
        ).format(
            table=_name(table),
            columns=_columns(source.names),
            organization=organization.pk,
            stamp=stamp,
            changes=_CHANGES,
        )
    )


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


def _log_run(run: ImportRun, report: ImportReport, *, sha256: str, stamp: datetime) -> None:
    run.status = ImportRun.Status.STORED
    run.sha256 = sha256
    run.recorded_at = stamp
    run.finished_at = timezone.now()
    run.accepted, run.updated = report.accepted, report.updated
    run.unchanged, run.quarantined = report.unchanged, report.quarantined
    run.ignored_columns = list(report.ignored_columns)
    run.save()
    QuarantinedRow.objects.bulk_create(
        QuarantinedRow(
            organization=run.organization,
            run=run,
            line=fault.line,
            column=fault.column,
            reason=fault.reason,
            raw=fault.raw,
        )
        for fault in report.errors
    )


def _log_refusal(run: ImportRun, reason: str) -> None:
    run.status = ImportRun.Status.REFUSED
    run.refusal = reason
    run.finished_at = timezone.now()
    run.save()
