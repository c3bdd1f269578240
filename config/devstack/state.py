"""`.demo/`: what a demo keeps between two starts, who owns it, and how to reach the running one."""

import fcntl
import json
import os
import secrets
import shlex
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from config.devstack.errors import StackError

CHECKOUT = Path(__file__).resolve().parents[2]
DEMO = CHECKOUT / ".demo"


class DemoState:
    """The folder of one demo. Its secrets are readable for its owner alone."""

    def __init__(self, folder: Path = DEMO) -> None:
        self.folder = folder
        self.logs = folder / "log"
        self.mail = folder / "mail"
        self._env = folder / "env"
        self._shown = folder / "shown.json"

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Be the only demo on this folder, until the process ends in whatever way."""
        try:
            self.folder.mkdir(exist_ok=True)
            self.folder.chmod(0o711)  # root's servers run as nobody and pass through here
            lock = (self.folder / "lock").open("a+")
        except PermissionError as error:
            raise StackError(f"{self.folder} belongs to another user: {error.strerror}.") from error
        with lock:
            self._take(lock)
            self._env.unlink(missing_ok=True)  # of one that was killed
            for folder in (self.logs, self.mail):
                folder.mkdir(mode=0o700, exist_ok=True)
            for log in self.logs.glob("*.log"):
                log.replace(log.with_suffix(".old"))
            try:
                yield
            finally:
                self._env.unlink(missing_ok=True)

    def _take(self, lock: IO[str]) -> None:
        # running_settings() holds the lock for an instant; a demo holds it for good.
        for patience in (0.1, 0.2, 0.0):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(patience)
            else:
                return
        raise StackError("A demo already runs in this checkout; stop it first (Ctrl-C there).")

    def secret_key(self) -> str:
        """The demo's own SECRET_KEY: random, made at the first start."""
        path = self.folder / "secret"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(50))
        return path.read_text(encoding="ascii")

    def publish(self, settings: Mapping[str, str]) -> None:
        """Tell manage.py how to reach the services, until the demo ends."""
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in settings.items()]
        write_private(self._env, "".join(lines))

    def shown(self, database: str) -> dict[str, str]:
        """What was printed for `database` before: the product shows a password and a key once."""
        return self._all_shown().get(database, {})

    def remember_shown(self, database: str, values: Mapping[str, str]) -> None:
        known = self._all_shown() | {database: dict(values)}
        write_private(self._shown, json.dumps(known, indent=1))

    def forget_shown(self, database: str) -> None:
        """The database is gone, and with it what these values opened."""
        known = self._all_shown()
        known.pop(database, None)
        write_private(self._shown, json.dumps(known, indent=1))

    def _all_shown(self) -> dict[str, dict[str, str]]:
        if not self._shown.exists():
            return {}
        known: dict[str, dict[str, str]] = json.loads(self._shown.read_text(encoding="utf-8"))
        return known


def running_settings(folder: Path = DEMO) -> dict[str, str]:
    """Settings of the demo that runs on `folder`; empty when none does, or not for this user."""
    try:
        with (folder / "lock").open() as lock:
            if not _is_held(lock):
                return {}
        text = (folder / "env").read_text(encoding="utf-8")
    except OSError:
        return {}
    return dict(word.split("=", 1) for word in shlex.split(text))


def _is_held(lock: IO[str]) -> bool:
    """Whether a living process owns the demo; the mere file says nothing."""
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def write_private(path: Path, text: str) -> None:
    """Write a file that only we can read, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
