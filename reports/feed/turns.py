"""Exports on one machine take turns: together they never want more than one at a time does.

Who waits for a small page then finds the other cores free, however many exports run. Where
several run they also rest as long as they work: making a piece keeps PostgreSQL busy beside it.
"""

import fcntl
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

LOCK = Path(tempfile.gettempdir()) / "plumbline-exports.lock"


class Turn:
    """The right to work on an export. A thread holds it while it makes a piece, not longer.

    Whoever dies with it gives it back: the lock is the open file's. Locks of two threads of one
    process keep each other out, too.
    """

    def __enter__(self) -> Self:
        self._file = LOCK.open("a")
        self._held = False
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def take(self) -> None:
        """Wait until nobody else works."""
        if self._held:
            return
        self._is_crowded = not self._taken_at_once()
        if self._is_crowded:
            fcntl.flock(self._file, fcntl.LOCK_EX)
        self._held, self._since = True, time.monotonic()

    def give(self) -> None:
        """Let somebody else work: a piece is on its way to a client, who may be slow."""
        if not self._held:
            return
        if self._is_crowded:
            time.sleep(time.monotonic() - self._since)
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._held = False

    def _taken_at_once(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
