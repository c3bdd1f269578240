"""Exports on one machine take turns: together they never want more than one at a time does.

Who waits for a small page then finds the other cores free, however many exports run.
"""

import fcntl
import tempfile
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
        if not self._held:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._held = True

    def give(self) -> None:
        """Let somebody else work: a piece is on its way to a client, who may be slow."""
        if self._held:
            fcntl.flock(self._file, fcntl.LOCK_UN)
            self._held = False
