"""A worker in a process of its own, killed in the middle of a wave; a real server counts."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from surveys.models import Message
from surveys.tasks import send_due_messages
from tests.surveys.conftest import database_parameters
from tests.surveys.smtp_sink import SmtpSink
from tests.worker import Worker, running_worker

PEOPLE = 30
INSIDE_SMTP, BETWEEN_MAILS = 8, 19

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def queue() -> str:
    return f"test-{uuid.uuid4().hex}"


@pytest.fixture
def start(sink: SmtpSink, queue: str, tmp_path: Path) -> Iterator[Callable[[], Worker]]:
    """Start workers on the test's database, queue and mail server; none outlives the test."""
    with ExitStack() as started:

        def _start() -> Worker:
            return started.enter_context(
                running_worker(
                    tmp_path / "worker.log",
                    queue=queue,
                    EMAIL_URL=f"smtp://127.0.0.1:{sink.port}",
                    MESSAGE_LEASE_SECONDS="2",
                )
            )

        yield _start
    _until(lambda: _others_on_database() == 0)


def test_a_worker_killed_in_mid_wave_leaves_nobody_out(sink, queue, start, opened):
    opened(PEOPLE)
    worker = start()
    holder = psycopg.connect(**database_parameters())
    between = threading.Event()

    def interrupt(count: int) -> None:
        if count == INSIDE_SMTP:
            worker.kill()  # the server has the mail, its answer never arrives
        elif count == BETWEEN_MAILS:
            # All but the mail under way are held: the worker stops before the next one.
            under_way = sink.recipients[-1]
            holder.execute(
                "SELECT 1 FROM surveys_message m JOIN maturity_person p ON p.id = m.person_id"
                " WHERE m.state = 'waiting' AND m.kind = 'invitation' AND p.email <> %s"
                " FOR UPDATE OF m",
                [under_way],
            )
            between.set()

    sink.on_mail = interrupt
    with _beating(queue):
        _until(lambda: not worker.is_running)
        worker = start()
        _until(between.is_set)
        _until(_someone_waits_for_a_lock)
        worker.kill()
        holder.rollback()
        holder.close()
        worker = start()
        invited = Message.objects.filter(kind="invitation")
        _until(lambda: not invited.exclude(state="sent").exists())

    assert set(sink.recipients) == set(Message.objects.values_list("person__email", flat=True))
    assert len(set(sink.recipients)) == PEOPLE
    twice = [message_id for message_id, copies in sink.copies.items() if copies > 1]
    assert twice == [sink.mails[INSIDE_SMTP - 1]["Message-ID"]]
    assert len(sink.mails) == PEOPLE + 1
    again = [mail for mail in sink.mails if mail["Message-ID"] == twice[0]]
    assert again[0].get_content() == again[1].get_content()


class _beating:  # noqa: N801  # reads as what it does
    """Wake the claimers a few times a second, as beat does."""

    def __init__(self, queue: str) -> None:
        self._queue = queue
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exc_info: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.3):
            send_due_messages.apply_async(queue=self._queue, expires=5)


def _until(happened: Callable[[], bool], *, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def _someone_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone() != (0,)


def _others_on_database() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        (count,) = cursor.fetchone()
        return count
