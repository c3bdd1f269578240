"""`run -- COMMAND`: servers for one command, gone with it."""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from types import FrameType

from config.devstack.places import ROOTS_OWN, server_account, temporary_folder
from config.devstack.processes import Stopped, listen, stoppable, tether, turn_deaf
from config.devstack.services import Home, Services

PREFIX = "plumbline-run-"
# Between making its folder and locking it, a start needs far less than this.
SETTLED_SECONDS = 60


def run(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command with DATABASE_URL, REDIS_URL and a SECRET_KEY; return its exit code.

    128 + n when signal n ended it or us, 127 when it cannot be started.
    """
    try:
        with stoppable(), _folder() as folder, _services(folder, environ) as services:
            settings = {"SECRET_KEY": secrets.token_urlsafe(50)} | dict(environ)
            return _wait_for(command, settings | services.settings)
    except Stopped as stopped:
        return 128 + stopped.signum


def _services(folder: Path, environ: Mapping[str, str]) -> Services:
    home = Home(folder / "postgres", folder / "run", folder, server_account(), durable=False)
    return Services(home, environ)


def _wait_for(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Run the command in our own terminal and process group, so that it can ask and be stopped."""
    try:
        # No thread runs here, so code between fork and exec is safe.
        process = subprocess.Popen(command, env=env, preexec_fn=tether(signal.SIGTERM))  # noqa: PLW1509
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be started: {error.strerror}.\n")
        return 127

    def pass_on(signum: int, frame: FrameType | None) -> None:
        os.kill(process.pid, signum)

    # Ctrl-C reaches the command without us; it decides what that means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    listen(signal.SIGTERM, pass_on)
    listen(signal.SIGHUP, pass_on)
    code = process.wait()
    turn_deaf()
    return code if code >= 0 else 128 - code


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for one run, removed at the end; those of killed runs are removed first."""
    sweep()
    folder = temporary_folder(PREFIX, server_account())
    try:
        with locked(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Remove what runs that were killed left behind."""
    parents = (Path(tempfile.gettempdir()), ROOTS_OWN)
    for folder in chain.from_iterable(parent.glob(f"{PREFIX}*") for parent in parents):
        try:
            found = folder.stat()
            if found.st_uid == os.geteuid() and time.time() - found.st_mtime > SETTLED_SECONDS:
                with locked(folder):
                    shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # another run's, alive, or gone in the meantime


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder as ours; BlockingIOError when a living run holds it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
