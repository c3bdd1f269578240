"""Uploads: checked first, stored once confirmed, by whichever worker claims them."""

import io
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from maturity.errors import Conflict
from maturity.models import ImportJob, ImportRun, Organization, User
from maturity.services.imports import ImportRefused, ImportReport, formats, import_file

MAX_BYTES = 50 * 1024 * 1024
MAX_OPTION_BYTES = 1_000_000
# As many faults as a page shows; the import's own log keeps more.
MAX_SHOWN = 200
# Longer than the largest file takes; a worker that dies is replaced after this.
LEASE = timedelta(minutes=15)
# A file that nobody confirms is forgotten, with whomever it names.
KEPT_UNCONFIRMED = timedelta(days=1)
PROGRESS_EVERY = timedelta(seconds=1)
# Options that the import reads as files of their own.
FILES = frozenset({"eligible", "mapping"})


def queue_import(
    organization: Organization,
    format_name: str,
    *,
    name: str,
    content: bytes,
    by: User | None,
    options: Mapping[str, str] | None = None,
) -> ImportJob:
    """Keep an uploaded file to be checked. Raises ValidationError naming the field.

    `options` are the format's own; the text stands for a file where the import wants one.
    """
    if format_name not in formats():
        raise ValidationError({"format": _("There is no such format.")})
    if len(content) > MAX_BYTES:
        raise ValidationError(
            {"file": _("The file is larger than %(size)s MB.") % {"size": MAX_BYTES // 1024**2}}
        )
    job: ImportJob = ImportJob.objects.create(
        organization=organization,
        format=format_name,
        file_name=name[:255],
        content=content,
        size=len(content),
        options=dict(options or {}),
        by=by,
    )
    return job


def options_of(given: Mapping[str, Any]) -> dict[str, str]:
    """What was sent beside a file: `groups`, and small files for the format's own options.

    Raises ValidationError naming the field.
    """
    texts = {name: _text(name, given[name]) for name in FILES if given.get(name)}
    return {**texts, **({"groups": given["groups"]} if given.get("groups") else {})}


def _text(field: str, file: Any) -> str:
    if file.size > MAX_OPTION_BYTES:
        raise ValidationError({field: _("The file is larger than 1 MB.")})
    try:
        text: str = file.read().decode()
    except UnicodeDecodeError as error:
        raise ValidationError({field: _("The file is not UTF-8.")}) from error
    if "\0" in text:
        raise ValidationError({field: _("The file holds a NUL character.")})
    return text


@transaction.atomic
def confirm_import(job: ImportJob, *, by: User | None) -> ImportJob:
    """Let a checked file be stored by the next worker. Raises Conflict when it is not that far."""
    job = ImportJob.objects.select_for_update().get(pk=job.pk)
    if job.state != ImportJob.State.CHECKED:
        raise Conflict(_("This upload does not wait to be confirmed."))
    job.state, job.stores, job.by = ImportJob.State.QUEUED, True, by
    job.bytes_read = job.rows_read = 0
    job.save()
    return job


def jobs_due(*, at: datetime) -> QuerySet[ImportJob]:
    """What waits for a worker, the oldest first."""
    due: QuerySet[ImportJob] = ImportJob.objects.due(at=at)
    return due


def work_off(job_id: int) -> bool:
    """Check or store one upload. Return False where another worker has it, or it is gone.

    The result and the mark that it is done are committed together; a worker that dies before
    leaves the job to the next one, and nothing is stored twice. What is refused is stored in
    English, whoever's request this runs in.
    """
    now = timezone.now()
    if not ImportJob.objects.claim(job_id, at=now, until=now + LEASE):
        return False
    with translation.override(settings.LANGUAGE_CODE), transaction.atomic():
        job = ImportJob.objects.select_related("organization", "by").get(pk=job_id)
        try:
            report = _run(job)
        except ImportRefused as refused:
            _finish(job, ImportJob.State.REFUSED, refusal=str(refused))
        else:
            job.report = _told(report)
            state = ImportJob.State.STORED if job.stores else ImportJob.State.CHECKED
            _finish(job, state)
    return True


def forget_uploads(*, at: datetime) -> int:
    """Drop files that were checked and never confirmed; return how many."""
    stale = ImportJob.objects.filter(
        state=ImportJob.State.CHECKED, created_at__lt=at - KEPT_UNCONFIRMED
    )
    forgotten: int = stale.update(
        state=ImportJob.State.REFUSED,
        content=None,
        options={},
        finished_at=at,
        refusal=_("Nobody confirmed it within a day."),
    )
    return forgotten


def _run(job: ImportJob) -> ImportReport:
    report = import_file(
        job.organization,
        job.format,
        io.BytesIO(bytes(job.content or b"")),
        name=job.file_name,
        dry_run=not job.stores,
        by=job.by,
        on_progress=_progress(job.pk),
        options={
            name: io.BytesIO(text.encode()) if name in FILES else text
            for name, text in job.options.items()
        },
    )
    if job.stores:
        job.run = ImportRun.objects.for_organization(job.organization).latest("pk")
    return report


def _finish(job: ImportJob, state: ImportJob.State, *, refusal: str = "") -> None:
    job.state, job.refusal, job.claimed_until = state, refusal, None
    if state != ImportJob.State.CHECKED:
        job.content, job.options, job.finished_at = None, {}, timezone.now()
    job.save()


def _told(report: ImportReport) -> dict[str, Any]:
    return {
        "accepted": report.accepted,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "quarantined": report.quarantined,
        "ignored_columns": list(report.ignored_columns),
        "errors": [
            {"line": fault.line, "column": fault.column, "reason": fault.reason}
            for fault in report.errors[:MAX_SHOWN]
        ],
    }


def _progress(job_id: int) -> Callable[[str, int], None]:
    """Say how far a long import is, beside its transaction: nobody could see it otherwise."""
    said_at = timezone.now()

    def say(stage: str, amount: int) -> None:
        nonlocal said_at
        now = timezone.now()
        if now - said_at < PROGRESS_EVERY:
            return
        said_at = now
        column = "bytes_read" if stage == "reading" else "rows_read"
        _write_apart(job_id, column, amount, now + LEASE)

    return say


def _write_apart(job_id: int, column: str, amount: int, until: datetime) -> None:
    apart = connection.copy()
    try:
        with apart.cursor() as cursor:
            cursor.execute(
                f"UPDATE maturity_importjob SET {column} = %s, claimed_until = %s"  # noqa: S608
                " WHERE id = %s AND state = 'running'",
                [amount, until, job_id],
            )
    except DatabaseError:
        # What is only told must never stop what is done.
        return
    finally:
        apart.close()
