"""Celery entry points: ids in, one service call, nothing else. The schedule is in settings."""

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from reports.services import boards, schedules


@shared_task(ignore_result=True, expires=5)
def render_due_reports() -> None:
    """Fan out one task per report that waits; the rows are the queue."""
    for pk in boards.reports_due(at=timezone.now()):
        render_report.apply_async((pk,), expires=60)


@shared_task
def render_report(report_id: int) -> None:
    """Render one report, unless another worker has it."""
    boards.render_board_report(report_id)


@shared_task
def plan_reports() -> None:
    """Write down the next report of each schedule; each once, however often this runs."""
    schedules.plan_all()


@shared_task(ignore_result=True, expires=10)
def work_off_schedules() -> None:
    """Fan out one task per scheduled report that can go on, so that one failure stays one."""
    for pk in schedules.reports_waiting(at=timezone.now()):
        advance_report.apply_async((pk,), expires=60)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def advance_report(scheduled_id: int) -> None:
    """Freeze one report or tell of it, unless another worker does."""
    schedules.advance(scheduled_id)
