"""import_data ORG FORMAT FILE: store a file of facts about an organisation."""

import json
import os
import shutil
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from maturity.models import Organization
from maturity.services.imports import (
    ImportRefused,
    ImportReport,
    UnknownFormat,
    formats,
    import_file,
)

STANDARD_INPUT = "-"
REFUSED, QUARANTINED = 2, 3
# Long enough to be read, short enough to show that something happens.
PROGRESS_SECONDS = 1.0


class Command(BaseCommand):
    """Exit 0: all stored. 3: some rows quarantined, the rest stored. 2: refused, nothing stored."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organization", metavar="ORG", help=_("the organisation's slug"))
        parser.add_argument("format", metavar="FORMAT", help=", ".join(formats()))
        parser.add_argument(
            "file", metavar="FILE", help=_("CSV or an Excel workbook, or - for standard input")
        )
        parser.add_argument(
            "--dry-run", action="store_true", help=_("say what would happen, store nothing")
        )
        parser.add_argument(
            "--groups",
            choices=["tree", "tags"],
            help=_("survey_responses: a row's groups lie within one another, or overlap"),
        )
        for name, what in (
            ("eligible", _("survey_responses: a CSV file of how many people each group had")),
            ("mapping", _("survey_responses: a YAML file that says what wide columns mean")),
        ):
            parser.add_argument(f"--{name}", metavar="FILE", help=what)
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self._import(options)
        except ImportRefused as exc:
            if options["json"]:
                self.stdout.write(json.dumps(_refusal(exc, dry_run=options["dry_run"])))
            raise CommandError(
                _("Refused, nothing stored: %(reason)s.") % {"reason": exc}, returncode=REFUSED
            ) from exc
        except UnknownFormat as exc:
            raise CommandError(str(exc), returncode=REFUSED) from exc
        except OSError as exc:
            raise CommandError(
                _("Cannot read %(file)s: %(reason)s.")
                % {"file": exc.filename or options["file"], "reason": exc.strerror},
                returncode=REFUSED,
            ) from exc
        self.stdout.write(json.dumps(_report(report)) if options["json"] else _text(report))
        if report.quarantined:
            sys.exit(QUARANTINED)

    def _import(self, options: dict[str, Any]) -> ImportReport:
        slug, file = options["organization"], Path(options["file"])
        organization = Organization.objects.filter(slug=slug).first()
        if organization is None:
            raise CommandError(
                _("Unknown organisation %(slug)s.") % {"slug": slug}, returncode=REFUSED
            )
        with ExitStack() as files:
            given: dict[str, Any] = {"groups": options["groups"]} if options["groups"] else {}
            for option in ("eligible", "mapping"):
                if options[option]:
                    given[option] = files.enter_context(_opened(Path(options[option])))
            stream = files.enter_context(_opened(file))
            return import_file(
                organization,
                options["format"],
                stream,
                # A name need not be text; the log of imports is.
                name=os.fsencode(file.name).decode(errors="replace"),
                dry_run=options["dry_run"],
                on_progress=_Progress(file, self.stderr.write),
                options=given,
            )


def _opened(file: Path) -> AbstractContextManager[BinaryIO]:
    if str(file) != STANDARD_INPUT:
        return file.open("rb")
    return nullcontext(sys.stdin.buffer) if sys.stdin.buffer.seekable() else _spooled()


@contextmanager
def _spooled() -> Iterator[BinaryIO]:
    """A pipe cannot be read from its end, which a workbook must be."""
    with TemporaryFile() as spool:
        shutil.copyfileobj(sys.stdin.buffer, spool)
        spool.seek(0)
        yield spool


class _Progress:
    """Says on standard error how far an import is, as soon as it takes a while."""

    def __init__(self, file: Path, write: Callable[[str], object]) -> None:
        self._write = write
        self._size = file.stat().st_size if file.is_file() else 0
        self._said_at = time.monotonic()
        self._said_something = False

    def __call__(self, stage: str, amount: int) -> None:
        now = time.monotonic()
        is_due = now - self._said_at >= PROGRESS_SECONDS
        if is_due or (stage == "storing" and self._said_something):
            self._said_at, self._said_something = now, True
            self._write(self._line(stage, amount))

    def _line(self, stage: str, amount: int) -> str:
        if stage == "storing":
            return _("Comparing and storing %(rows)s rows") % {"rows": f"{amount:,}"}
        megabytes = f"{amount / 1e6:,.0f}"
        if not self._size:
            return _("Read %(megabytes)s MB") % {"megabytes": megabytes}
        share = f"{amount / self._size:.0%}"
        return _("Read %(megabytes)s MB, %(share)s") % {"megabytes": megabytes, "share": share}


def _report(report: ImportReport) -> dict[str, Any]:
    return {
        "accepted": report.accepted,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "quarantined": report.quarantined,
        "errors": [
            {"line": fault.line, "column": fault.column, "reason": fault.reason}
            for fault in report.errors
        ],
        "errors_not_listed": report.quarantined - len(report.errors),
        "ignored_columns": list(report.ignored_columns),
        "dry_run": report.dry_run,
        **({"notes": list(report.notes)} if report.notes else {}),
    }


def _refusal(refused: ImportRefused, *, dry_run: bool) -> dict[str, Any]:
    nothing = ImportReport(
        accepted=0,
        updated=0,
        unchanged=0,
        quarantined=0,
        errors=(),
        ignored_columns=(),
        dry_run=dry_run,
    )
    return _report(nothing) | {"refused": str(refused)}


def _text(report: ImportReport) -> str:
    lines = [
        _(
            "%(accepted)s accepted, %(updated)s updated, %(unchanged)s unchanged,"
            " %(quarantined)s quarantined"
        )
        % {
            "accepted": f"{report.accepted:,}",
            "updated": f"{report.updated:,}",
            "unchanged": f"{report.unchanged:,}",
            "quarantined": f"{report.quarantined:,}",
        }
    ]
    if report.dry_run:
        lines.append(_("Dry run: nothing was stored."))
    lines.extend(report.notes)
    if report.ignored_columns:
        names = ", ".join(map(repr, report.ignored_columns))
        lines.append(_("Ignored columns: %(names)s") % {"names": names})
    lines.extend(
        _("line %(line)s, %(column)s: %(reason)s")
        % {"line": fault.line, "column": fault.column or _("row"), "reason": fault.reason}
        for fault in report.errors
    )
    if more := report.quarantined - len(report.errors):
        lines.append(_("… and %(count)s more quarantined rows") % {"count": f"{more:,}"})
    return "\n".join(lines)
