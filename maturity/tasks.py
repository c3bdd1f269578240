"""Celery entry points: ids in, one service call, nothing else. The schedule is in settings."""

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from maturity.models import Organization
from maturity.services import (
    changes,
    deliveries,
    idempotency,
    import_jobs,
    initiatives,
    lifecycle,
    revisions,
    thresholds,
)
from maturity.services.confidence import organizations_aging, write_confidence
from maturity.services.findings import organizations_due, refresh_findings


@shared_task
def evaluate_due_organizations() -> None:
    """Fan out one small task per organisation, so that one failure stays one failure."""
    for pk in organizations_due():
        # Still due when this one expires in a full queue: then it is enqueued again.
        evaluate_organization.apply_async((pk,), expires=60)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def evaluate_organization(organization_id: int) -> None:
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None:
        return  # deleted since it was queued
    refresh_findings(organization)


@shared_task
def write_confidence_of_all() -> None:
    """Fan out to the organisations whose day has begun; what was missed is still due."""
    for pk in organizations_aging(at=timezone.now()):
        write_confidence_of.apply_async((pk,), expires=300)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def write_confidence_of(organization_id: int) -> None:
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None:
        return  # deleted since it was queued
    write_confidence(organization)


@shared_task(ignore_result=True, expires=10)
def stamp_changes() -> None:
    """Number what was committed since the last run; missed runs need no catching up."""
    changes.stamp_changes()


@shared_task
def merge_revisions() -> None:
    """Keep few rows to tell how a page stands; missed runs need no catching up."""
    revisions.merge_revisions()


@shared_task
def purge_answers() -> None:
    """Forget the answers to writes that are no longer repeated."""
    idempotency.purge_answers(at=timezone.now())


@shared_task
def purge_tombstones() -> None:
    """Forget deletions that every client has had 90 days to hear of."""
    changes.purge_tombstones(at=timezone.now())


@shared_task
def end_snoozes() -> None:
    """Bring back findings whose snooze is over; the rows are the queue."""
    lifecycle.end_snoozes(at=timezone.now())


@shared_task
def send_due_deliveries() -> None:
    """Send notifications that are due; the rows are the queue, so a doubled task does no harm."""
    deliveries.send_due_deliveries()


@shared_task
def run_due_trials() -> None:
    """Try changed thresholds on the history; the rows are the queue."""
    thresholds.run_due_trials()


@shared_task(ignore_result=True, expires=5)
def work_off_imports() -> None:
    """Fan out one task per upload that waits, so that a long one holds up no other."""
    for pk in import_jobs.jobs_due(at=timezone.now()).values_list("pk", flat=True)[:100]:
        work_off_import.apply_async((pk,), expires=60)


@shared_task
def work_off_import(job_id: int) -> None:
    """Check or store one upload, unless another worker has it."""
    import_jobs.work_off(job_id)


@shared_task
def forget_uploads() -> None:
    """Drop files that nobody confirmed."""
    import_jobs.forget_uploads(at=timezone.now())


@shared_task
def tell_overdue_initiatives() -> None:
    """Tell once of every initiative whose last day is over."""
    initiatives.tell_overdue()
