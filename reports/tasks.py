"""Celery entry points: ids in, one service call, nothing else. The schedule is in settings."""

from celery import shared_task
from django.utils import timezone

from reports.services import boards


@shared_task(ignore_result=True, expires=5)
def render_due_reports() -> None:
    """Fan out one task per report that waits; the rows are the queue."""
    for pk in boards.reports_due(at=timezone.now()):
        render_report.apply_async((pk,), expires=60)


@shared_task
def render_report(report_id: int) -> None:
    """Render one report, unless another worker has it."""
    boards.render_board_report(report_id)
