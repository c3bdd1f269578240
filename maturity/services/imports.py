"""Imports: the one door for files, whatever format they hold and whoever brings them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from maturity.errors import DomainError
from maturity.models import ImportRun, Organization, QuarantinedRow, User
from maturity.services.importers import Brought, importer_of
from maturity.services.sheets import store_sheet
from maturity.services.signals import store_signals
from maturity.services.stored import Stored
from maturity.sources import (
    FORMATS,
    SHEETS,
    BadFileError,
    Content,
    Fault,
    open_reader,
)
from maturity.sources.workbook import SIGNATURE

# A wholly wrong file of millions of rows must neither fill the memory nor the log. The counts
# are exact whatever is listed.
MAX_LISTED = 1_000

# Hears ("reading", bytes so far) and then once ("storing", rows to compare and store).
OnProgress = Callable[[str, int], None]


class UnknownFormat(DomainError):
    """There is no import format of that name."""

    code = "unknown_format"


class ImportRefused(DomainError):
    """The file as a whole cannot be trusted; none of it was stored."""

    code = "import_refused"


@dataclass(frozen=True)
class RowResult:
    """What became of one row: accepted, updated, unchanged or quarantined, and then why."""

    line: int
    status: str
    column: str = ""
    reason: str = ""


@dataclass(frozen=True)
class ImportReport:
    """What became of each data row; the four counts add up to the rows that were read.

    `errors` are the first quarantined rows in the order of their lines, at most MAX_LISTED.
    An earlier row of an identity that comes again in the file counts as unchanged. `rows` is
    empty unless each row was asked for.
    """

    accepted: int
    updated: int
    unchanged: int
    quarantined: int
    errors: tuple[Fault, ...]
    ignored_columns: tuple[str, ...]
    dry_run: bool
    notes: tuple[str, ...] = ()
    rows: tuple[RowResult, ...] = ()


def import_file(
    organization: Organization,
    format_name: str,
    stream: BinaryIO,
    *,
    name: str,
    dry_run: bool = False,
    by: User | None = None,
    on_progress: OnProgress | None = None,
    options: Mapping[str, Any] | None = None,
) -> ImportReport:
    """Store a file's rows, all in one transaction, and log the run.

    Rows that break a rule are quarantined, the rest is stored. Idempotent: a row that stands
    with the same values is left alone. A dry run gives the same report and stores nothing.
    Raises UnknownFormat, or ImportRefused where the file as a whole is at fault; then only the
    refusal is logged. `name` is what the log calls the file, CSV or an Excel workbook; `stream`
    must be seekable. `options` are the format's own.
    """
    run = _begin(organization, format_name, formats(), name=name, by=by)
    say = on_progress or _say_nothing
    with _whole_or_refused(run, dry_run=dry_run):
        return _take(run, stream, options or {}, dry_run=dry_run, say=say)


def import_rows(
    organization: Organization,
    format_name: str,
    rows: bytes | Sequence[object],
    *,
    name: str,
    by: User | None = None,
    options: Mapping[str, Any] | None = None,
) -> ImportReport:
    """Store a few rows, a CSV file or a list of objects, and tell what became of each.

    Takes all formats, and raises, as import_file does.
    """
    run = _begin(organization, format_name, formats(), name=name, by=by)
    content = BytesIO(rows) if isinstance(rows, bytes) else rows
    with _whole_or_refused(run, dry_run=False):
        if isinstance(rows, bytes) and rows.startswith(SIGNATURE):
            # However few its bytes, its rows may be many.
            raise BadFileError("is a workbook, not CSV")
        return _take(run, content, options or {}, dry_run=False, say=_say_nothing, each_row=True)


def formats() -> list[str]:
    """The names of all formats, those of the apps above included."""
    return sorted({*FORMATS, *settings.IMPORTERS})


def _begin(
    organization: Organization,
    format_name: str,
    known: Collection[str],
    *,
    name: str,
    by: User | None,
) -> ImportRun:
    if format_name not in known:
        raise UnknownFormat(
            _("Unknown format %(name)s; there are: %(known)s.")
            % {"name": format_name, "known": ", ".join(sorted(known))}
        )
    return ImportRun(
        organization=organization,
        format=format_name,
        file_name=name[:255],
        started_at=timezone.now(),
        by=by,
    )


@contextmanager
def _whole_or_refused(run: ImportRun, *, dry_run: bool) -> Iterator[None]:
    """One transaction; a file that is at fault as a whole leaves nothing but its refusal."""
    try:
        with transaction.atomic():
            yield
    except BadFileError as exc:
        if not dry_run:
            _log_refusal(run, str(exc))
        raise ImportRefused(str(exc)) from exc


def _say_nothing(stage: str, amount: int) -> None:
    """Progress that nobody listens to."""


@dataclass
class _Quarantine:
    """Counts every fault and keeps the first ones, or all of a few rows."""

    most: int | None
    count: int = 0
    first: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        self.count += 1
        if self.most is None or self.count <= self.most:
            self.first.append(fault)


def _take(
    run: ImportRun,
    content: Content,
    options: Mapping[str, Any],
    *,
    dry_run: bool,
    say: OnProgress,
    each_row: bool = False,
) -> ImportReport:
    """Store what the content holds, by whatever stores its format, and log the run."""
    quarantine = _Quarantine(most=None if each_row else MAX_LISTED)
    importer = importer_of(run.format)
    if importer is not None:
        brought = importer(
            run.organization,
            content,
            options=options,
            on_fault=quarantine.add,
            on_read=partial(say, "reading"),
            each_row=each_row,
        )
    else:
        if options:
            raise BadFileError(f"{run.format} takes no {', '.join(sorted(options))}")
        brought = _store(run, content, quarantine, dry_run=dry_run, say=say, each_row=each_row)
    stored = brought.stored
    report = _report(stored, quarantine, brought.ignored_columns, dry_run=dry_run)
    if dry_run:
        transaction.set_rollback(True)
    else:
        _log_run(run, report, sha256=brought.sha256, stamp=stored.stamp)
    if each_row:
        report = replace(report, rows=_row_results(stored, quarantine.first))
    return report


def _store(
    run: ImportRun,
    content: Content,
    quarantine: _Quarantine,
    *,
    dry_run: bool,
    say: OnProgress,
    each_row: bool,
) -> Brought:
    """Store rows of a format of our own."""
    reader = open_reader(
        FORMATS[run.format], content, on_fault=quarantine.add, on_read=partial(say, "reading")
    )
    stored = (store_sheet if run.format in SHEETS else store_signals)(
        run,
        reader,
        dry_run=dry_run,
        set_aside=quarantine.add,
        on_rows=partial(say, "storing"),
        each_row=each_row,
    )
    return Brought(stored, reader.sha256, reader.ignored_columns)


def _report(
    stored: Stored, quarantine: _Quarantine, ignored_columns: tuple[str, ...], *, dry_run: bool
) -> ImportReport:
    faults = sorted(quarantine.first, key=lambda fault: fault.line)
    return ImportReport(
        accepted=stored.accepted,
        updated=stored.updated,
        unchanged=stored.unchanged,
        quarantined=quarantine.count,
        errors=tuple(faults[:MAX_LISTED]),
        ignored_columns=ignored_columns,
        dry_run=dry_run,
        notes=stored.notes,
    )


def _row_results(stored: Stored, faults: Iterable[Fault]) -> tuple[RowResult, ...]:
    good = [RowResult(line, status) for line, status in stored.rows]
    bad = [RowResult(f.line, "quarantined", f.column, f.reason) for f in faults]
    return tuple(sorted([*good, *bad], key=lambda row: row.line))


def _log_run(run: ImportRun, report: ImportReport, *, sha256: str, stamp: datetime | None) -> None:
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
