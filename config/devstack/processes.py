"""Child processes that end with the one that started them, whatever ends it."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from config.devstack.errors import StackError

PR_SET_PDEATHSIG = 1
TICK = 0.05  # seconds between two looks at a child
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Account:
    """The operating-system account a child runs as."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Program:
    """What to run and how it ends: the signal that asks it to, and the one an orphan gets."""

    name: str
    command: Sequence[str | Path]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGTERM
    restarts: bool = False


class Child:
    """A running program; its output goes to the end of its log."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.started = time.monotonic()
        account = program.account
        try:
            with program.log.open("ab") as log:
                # No thread runs here, so code between fork and exec is safe.
                self._process = subprocess.Popen(
                    program.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=program.cwd,
                    env=program.env,
                    user=account.uid if account else None,
                    group=account.gid if account else None,
                    extra_groups=[] if account else None,
                    # Ctrl-C in the terminal is for the supervisor, which stops them in order.
                    start_new_session=True,
                    preexec_fn=tether(program.orphan_signal),  # noqa: PLW1509
                )
        except OSError as error:
            raise StackError(f"{program.name} cannot be started: {error}.") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def complete(self, *, seconds: float) -> None:
        """Wait for a program that ends by itself; StackError unless it ends well and in time."""
        self.wait_until(lambda: self.ended, seconds=seconds)
        if self._process.returncode != 0:
            raise StackError(self.obituary())

    def obituary(self, *, lines: int = 12) -> str:
        """How it ended, and the last lines it wrote."""
        code = self._process.poll()
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        tail = last_lines(self.program.log, lines)
        head = f"{self.program.name} ended ({how})"
        return "\n    ".join([f"{head}; its last lines:" if tail else f"{head}.", *tail])

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until `ready` says so; StackError when the child ends or the time is up."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.ended:
                raise StackError(self.obituary())
            if time.monotonic() > deadline:
                raise StackError(f"{self.program.name} does not answer after {seconds:.0f} s.")
            time.sleep(TICK)

    def ask_to_end(self) -> None:
        if not self.ended:
            self._process.send_signal(self.program.stop_signal)

    def finish(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic seconds), then kill; never leave one of its group."""
        while not self.ended and time.monotonic() < deadline:
            time.sleep(TICK)
        with suppress(ProcessLookupError):  # the usual case: all of them went when asked
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self, *, patience: float = 10.0) -> None:
        self.ask_to_end()
        self.finish(time.monotonic() + patience)


def stop_all(children: Iterable[Child], *, patience: float = 10.0) -> None:
    """Ask all of them to end at once; kill what is left after `patience` seconds."""
    turn_deaf()
    asked = list(children)
    for child in asked:
        child.ask_to_end()
    deadline = time.monotonic() + patience
    for child in asked:
        child.finish(deadline)


def last_lines(log: Path, lines: int) -> list[str]:
    """The last lines of a text file, without the line ends."""
    with log.open(encoding="utf-8", errors="replace") as text:
        return [line.rstrip() for line in deque(text, maxlen=lines)]


def tether(signum: signal.Signals) -> Callable[[], None]:
    """What a child runs before exec so that the kernel signals it when we die.

    Linux alone can; elsewhere a supervisor that is killed with -9 leaves its children.
    """
    parent = os.getpid()

    def before_exec() -> None:
        set_parent_death_signal(signum)
        if os.getppid() != parent:  # we died in between: nobody will send the signal any more
            os._exit(1)

    return before_exec


def set_parent_death_signal(signum: signal.Signals) -> None:
    """Have the kernel send us `signum` when the process that started us ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signum))


class Stopped(BaseException):
    """Someone asked for the end: Ctrl-C, SIGTERM, or a terminal that was closed."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise Stopped at the first stop signal; later ones cannot interrupt the clean-up."""

    def stop(signum: int, frame: FrameType | None) -> None:
        turn_deaf()
        raise Stopped(signum)

    previous = {signum: signal.getsignal(signum) for signum in STOP_SIGNALS}
    for signum in STOP_SIGNALS:
        listen(signum, stop)
    try:
        yield
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)


def listen(signum: signal.Signals, handler: Callable[[int, FrameType | None], None]) -> None:
    """Install a handler, unless nohup has asked that a closed terminal be ignored."""
    if signum != signal.SIGHUP or signal.getsignal(signum) is not signal.SIG_IGN:
        signal.signal(signum, handler)


def turn_deaf() -> None:
    """Ignore further stop signals: what follows must not be left half done."""
    for signum in STOP_SIGNALS:
        signal.signal(signum, signal.SIG_IGN)
