"""The product's Celery worker in a process of its own, on the test's database and broker."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]
STARTS_WITHIN_SECONDS = 40


class Worker:
    """A worker that consumes; `kill` is -9, as a machine that dies would do it."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self.log = log

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """Kill the worker and its children at once; nothing is finished or handed back."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self.is_running:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()


@contextmanager
def running_worker(
    log: Path,
    *,
    beat: bool = False,
    queue: str = "",
    patience: float = STARTS_WITHIN_SECONDS,
    **environment: str,
) -> Iterator[Worker]:
    """Start a worker (with beat inside, if asked) and wait until it consumes."""
    command = [sys.executable, "-m", "celery", "--app", "config", "worker", "--concurrency", "1"]
    command += ["--loglevel", "INFO", "--without-mingle", "--without-gossip"]
    if queue:
        command += ["--queues", queue]
    if beat:
        command += ["--beat", "--schedule", str(log.with_suffix(".schedule"))]
    with log.open("ab") as out:
        start = log.stat().st_size
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **_services(), **environment},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    worker = Worker(process, log)
    try:
        _wait_until_ready(process, log, start, patience)
        yield worker
    finally:
        worker.stop()


def _services() -> dict[str, str]:
    """The services of this test, for a process that reads the environment."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = str(connection.settings_dict["NAME"])
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}")),
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "STATICFILES_STORAGE": settings.STORAGES["staticfiles"]["BACKEND"],
    }


def _wait_until_ready(
    process: subprocess.Popen[bytes], log: Path, start: int, patience: float
) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        text = log.read_bytes()[start:].decode(errors="replace")
        if "ready." in text:
            return
        if process.poll() is not None:
            raise RuntimeError(f"the worker ended:\n{text[-2000:]}")
        time.sleep(0.1)
    raise RuntimeError(f"the worker is not ready:\n{log.read_text()[-2000:]}")
