"""Celery entry points: thin, safe to run twice, and nothing that is due depends on them once."""

import time
from datetime import timedelta

import psycopg
import pytest
import time_machine
from django.db import OperationalError, connection

from surveys import tasks
from surveys.models import Wave
from surveys.services.traces import remove_traces
from surveys.services.waves import close_wave
from tests.surveys.conftest import answer, clean_up, database_parameters, ratings


@pytest.fixture
def queued(monkeypatch) -> list[tuple]:
    """What was handed to the broker: the task's name and its arguments."""
    sent: list[tuple] = []
    for task in (tasks.close_wave, tasks.remove_traces):
        monkeypatch.setattr(task, "delay", lambda *ids, name=task.name: sent.append((name, *ids)))
    return sent


class TestClosing:
    def test_every_due_wave_gets_a_task_of_its_own(self, opened, queued):
        wave = opened()

        tasks.close_due_waves()
        assert queued == []
        with time_machine.travel(wave.accepts_until + timedelta(days=3), tick=False):
            tasks.close_due_waves()

        assert queued == [("surveys.tasks.close_wave", wave.pk)]

    def test_closing_twice_is_closing_once(
        self, opened, queued, django_capture_on_commit_callbacks
    ):
        wave = opened()
        answer(wave, [ratings(4)] * 6)

        with django_capture_on_commit_callbacks(execute=True):
            tasks.close_wave(wave.pk)
            tasks.close_wave(wave.pk)

        assert wave.releases.count() == 1
        assert queued == [("surveys.tasks.remove_traces",)]

    def test_a_wave_that_is_gone_is_no_fault(self, db, queued):
        tasks.close_wave(0)

        assert queued == []

    def test_traces_left_by_a_worker_that_died_are_found_again(self, opened, queued):
        close_wave(opened())

        tasks.close_due_waves()

        assert queued == [("surveys.tasks.remove_traces",)]


@pytest.mark.django_db(transaction=True)
class TestTraces:
    def test_the_task_cleans_up(self, opened):
        close_wave(opened())

        deadline = time.monotonic() + 20
        while Wave.objects.with_traces().exists() and time.monotonic() < deadline:
            tasks.remove_traces()

        assert not Wave.objects.with_traces().exists()

    def test_a_table_in_use_is_left_for_the_next_run(self, opened, monkeypatch):
        monkeypatch.setattr("surveys.services.traces.LOCK_TIMEOUT", "100ms")
        close_wave(opened())

        with psycopg.connect(**database_parameters()) as reader:
            reader.execute("LOCK TABLE surveys_intakeresponse IN SHARE MODE")
            with pytest.raises(OperationalError, match="lock timeout"):
                remove_traces()

        assert Wave.objects.with_traces().count() == 1
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("0",)
        assert clean_up() == 1
