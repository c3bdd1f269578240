"""Imports: the one door for files, whatever format they hold and whoever brings them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from maturity.errors import DomainError
from maturity.models import ImportRun, Organization, QuarantinedRow, User
from maturity.services.importers import Importer, importer_of
from maturity.services.sheets import store_sheet
from maturity.services.signals import store_signals
from maturity.services.stored import Stored
from maturity.sources import FORMATS, SHEETS, BadFileError, Fault, open_reader

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
    notes: tuple[str, ...] = ()


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
    importer = importer_of(format_name)
    if format_name not in FORMATS and importer is None:
        raise UnknownFormat(
            _("Unknown format %(name)s; there are: %(known)s.")
            % {"name": format_name, "known": ", ".join(formats())}
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
            if importer is not None:
                return _hand_over(
                    importer, run, stream, options or {}, dry_run=dry_run, on_progress=on_progress
                )
            if options:
                raise BadFileError(f"{format_name} takes no {', '.join(sorted(options))}")
            return _import(run, stream, dry_run=dry_run, on_progress=on_progress)
    except BadFileError as exc:
        if not dry_run:
            _log_refusal(run, str(exc))
        raise ImportRefused(str(exc)) from exc


def formats() -> list[str]:
    """The names of all formats, those of the apps above included."""
    return sorted({*FORMATS, *settings.IMPORTERS})


@dataclass
class _Quarantine:
    """Counts every fault and keeps the first ones."""

    count: int = 0
    first: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        self.count += 1
        if len(self.first) < MAX_LISTED:
            self.first.append(fault)


def _hand_over(
    importer: Importer,
    run: ImportRun,
    stream: BinaryIO,
    options: Mapping[str, Any],
    *,
    dry_run: bool,
    on_progress: OnProgress | None,
) -> ImportReport:
    """Let another app's importer store a file; what it did in a dry run is undone."""
    quarantine = _Quarantine()
    brought = importer(
        run.organization,
        stream,
        options=options,
        on_fault=quarantine.add,
        on_read=None if on_progress is None else lambda size: on_progress("reading", size),
    )
    stored, now = brought.stored, timezone.now()
    report = _report(stored, quarantine, brought.ignored_columns, dry_run=dry_run)
    if dry_run:
        transaction.set_rollback(True)
    else:
        _log_run(run, report, sha256=brought.sha256, stamp=now)
    return report


def _import(
    run: ImportRun, stream: BinaryIO, *, dry_run: bool, on_progress: OnProgress | None
) -> ImportReport:
    quarantine = _Quarantine()

    def say(stage: str, amount: int) -> None:
        if on_progress is not None:
            on_progress(stage, amount)

    reader = open_reader(
        FORMATS[run.format],
        stream,
        on_fault=quarantine.add,
        on_read=lambda size: say("reading", size),
    )
    store = store_sheet if run.format in SHEETS else store_signals
    stored = store(
        run,
        reader,
        dry_run=dry_run,
        set_aside=quarantine.add,
        on_rows=lambda rows: say("storing", rows),
    )
    report = _report(stored, quarantine, reader.ignored_columns, dry_run=dry_run)
    if not dry_run:
        _log_run(run, report, sha256=reader.sha256, stamp=stored.stamp)
    return report


def _report(
    stored: Stored, quarantine: _Quarantine, ignored_columns: tuple[str, ...], *, dry_run: bool
) -> ImportReport:
    return ImportReport(
        accepted=stored.accepted,
        updated=stored.updated,
        unchanged=stored.unchanged,
        quarantined=quarantine.count,
        errors=tuple(sorted(quarantine.first, key=lambda fault: fault.line)),
        ignored_columns=ignored_columns,
        dry_run=dry_run,
        notes=stored.notes,
    )


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
