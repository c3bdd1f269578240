"""Celery entry points: ids in, one service call, nothing else. The schedule is in settings."""

from celery import shared_task
from django.db import OperationalError, transaction

from surveys.errors import WaveNotOpen
from surveys.models import Wave
from surveys.services import cohorts, messages, openings, retention, series, traces, waves


@shared_task
def send_due_messages() -> None:
    """Send what is due; the rows are the queue, so a lost or doubled task does no harm."""
    messages.send_due_messages()


@shared_task
def close_due_waves() -> None:
    """Fan out one small task per wave, so that one failure stays one failure."""
    for pk in waves.due_waves():
        close_wave.delay(pk)
    if Wave.objects.with_traces().exists():
        remove_traces.delay()


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def close_wave(wave_id: int) -> None:
    wave = Wave.objects.filter(pk=wave_id).first()
    if wave is None:
        return  # deleted since it was queued
    try:
        waves.close_wave(wave)
    except WaveNotOpen:
        return  # closed since it was queued
    transaction.on_commit(remove_traces.delay, robust=True)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def remove_traces() -> None:
    """Clean up after closings; a table in use is tried again, at the latest by the next beat."""
    traces.remove_traces()


@shared_task
def plan_waves() -> None:
    """Write down the waves that the series' rules ask for; each once, however often this runs."""
    series.plan_all()


@shared_task
def open_due_waves() -> None:
    """Fan out one small task per planned wave that is due; let joiners into their cohorts."""
    for pk in openings.due_openings():
        open_wave.delay(pk)
    cohorts.enrol_due()


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def open_wave(wave_id: int) -> None:
    openings.open_if_due(wave_id)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def delete_due_answers() -> None:
    """Delete raw answers whose time is over, and what the rows leave behind."""
    if retention.delete_due_answers():
        remove_traces.delay()
