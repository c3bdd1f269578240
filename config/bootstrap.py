"""Make `.venv` and fill it from the locked requirements; standard library only.

`python3 config/bootstrap.py demo` is all a machine with Python and make needs. The sets grow:
production < demo < test < dev, each a superset of the one before. A digest of the lock file,
kept inside `.venv`, makes the next run instant.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

OLDEST = (3, 11)
SETS = ("production", "demo", "test", "dev")
CHECKOUT = Path(__file__).resolve().parent.parent
# No interpreter is ever fetched: the one that runs this file is the one to use. And wherever this
# user lets pip and uv install by default, here it is the environment.
DEFAULTS = {
    "UV_PYTHON_DOWNLOADS": "never",
    "UV_SYSTEM_PYTHON": "0",
    "PIP_USER": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}
CAN_RUN = f"import sys; sys.exit(sys.version_info[:2] < {OLDEST})"


class SetUpError(Exception):
    """Why the set-up cannot go on, in one line that says what to do."""


class Environment:
    """The virtual environment at `venv`, filled from `requirements/<set>.txt`."""

    def __init__(self, venv: Path, requirements: Path) -> None:
        self.venv = venv
        self.requirements = requirements
        self.python = venv / "bin" / "python"

    def lock_file(self, chosen: str) -> Path:
        return self.requirements / f"{chosen}.txt"

    def satisfies(self, chosen: str) -> bool:
        """Whether `chosen` or a superset of it is installed as locked now."""
        supersets = SETS[SETS.index(chosen) :]
        return any(self._stamp(one).exists() for one in supersets) and runs(self.python)

    def provide(self, chosen: str) -> None:
        """Install `chosen` unless it is there; never remove what a larger set brought."""
        if self.satisfies(chosen):
            return
        with self.lock_file(chosen).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a second `make` beside this one waits
            if self.satisfies(chosen):
                return
            if not runs(self.python):
                self._create()
            say(f"Installing requirements/{chosen}.txt into {self.venv.name}")
            self._forget_old_stamps()
            self._install(self.lock_file(chosen))
            self._stamp(chosen).touch()

    def _forget_old_stamps(self) -> None:
        """Drop the stamps of other lock files: what they promise is about to be overwritten."""
        current = {self._stamp(one) for one in SETS}
        for stamp in set(self.venv.glob("installed-*")) - current:
            stamp.unlink()

    def _stamp(self, chosen: str) -> Path:
        digest = hashlib.sha256(self.lock_file(chosen).read_bytes()).hexdigest()
        return self.venv / f"installed-{chosen}-{digest[:16]}"

    def _create(self) -> None:
        """Make the environment by uv, else by venv, else by venv without a pip of its own."""
        # realpath: inside an activated environment the interpreter's own home may be replaced.
        base = os.path.realpath(sys.executable)
        say(f"Creating {self.venv.name}")
        ways: list[list[str | Path]] = [
            [base, "-m", "venv", self.venv],
            [base, "-m", "venv", "--without-pip", self.venv],
        ]
        if uv := shutil.which("uv"):
            ways.insert(0, [uv, "venv", "--quiet", "--no-project", "--python", base, self.venv])
        for way in ways:
            shutil.rmtree(self.venv, ignore_errors=True)
            if self.venv.exists():
                raise SetUpError(f"{self.venv} does not work and cannot be replaced: remove it.")
            if succeeds(way) and runs(self.python):
                return
        raise SetUpError(
            f"{base} cannot make a virtual environment: install its venv module "
            "(Debian: apt-get install python3-venv) or uv, then try again."
        )

    def _install(self, lock_file: Path) -> None:
        """Install by the first way that works; only when none does, say what the last one said."""
        complaint: str | None = None
        for command, settings in self._ways(lock_file):
            complaint = attempt(command, settings)
            if complaint is None:
                return
        if complaint is None:
            raise SetUpError(
                "There is neither uv nor pip: install pip for this Python "
                "(Debian: apt-get install python3-venv) or uv, then try again."
            )
        say(complaint)
        raise SetUpError(f"Could not install requirements/{lock_file.name}; see above.")

    def _ways(self, lock_file: Path) -> Iterator[tuple[list[str], dict[str, str]]]:
        """Commands and their settings: uv, which takes seconds; pip where that fails."""
        target = ["--require-hashes", "--quiet", "-r", str(lock_file)]
        if uv := self._uv(lock_file):
            by_uv = [uv, "pip", "install", "--python", str(self.python), *target]
            yield by_uv, {}
            # Some networks are only trusted by the machine's own certificates.
            yield by_uv, {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
        if pip := self._pip():
            yield [*pip, "install", *target], {}

    def _uv(self, lock_file: Path) -> str | None:
        """uv: the environment's own, the machine's, or the locked one installed by pip."""
        own = str(self.venv / "bin" / "uv")
        for candidate in (own, shutil.which("uv")):
            if candidate and succeeds([candidate, "--version"]):
                return candidate
        pip = self._pip()
        pinned = pinned_requirement(lock_file.read_text(encoding="utf-8"), "uv")
        if pip is None or pinned is None:
            return None
        with tempfile.TemporaryDirectory() as folder:
            only_uv = Path(folder) / "uv.txt"
            only_uv.write_text(pinned, encoding="utf-8")
            wheel_only = ["--require-hashes", "--only-binary", ":all:", "-r", str(only_uv)]
            installed = succeeds([*pip, "install", "--quiet", *wheel_only])
        return own if installed else None

    def _pip(self) -> list[str] | None:
        """The command of a pip that installs into the environment, or None."""
        inside = [str(self.python), "-m", "pip"]
        outside = [os.path.realpath(sys.executable), "-m", "pip", "--python", str(self.python)]
        if succeeds([*inside, "--version"]):
            return inside
        if succeeds([self.python, "-m", "ensurepip"]):
            return inside
        return outside if succeeds([*outside, "--version"]) else None


def runs(python: Path) -> bool:
    """Whether this interpreter really starts and is new enough: a shim on PATH may do neither."""
    return succeeds([python, "-c", CAN_RUN])


def succeeds(command: Sequence[str | Path]) -> bool:
    """Run a command, unseen, and tell whether it exits 0."""
    return attempt(command, {}) is None


def attempt(command: Sequence[str | Path], settings: Mapping[str, str]) -> str | None:
    """Run a command; None when it exits 0, else what it said or why it did not start."""
    env = {**os.environ, **DEFAULTS, **settings}
    try:
        done = subprocess.run(
            command, env=env, capture_output=True, encoding="utf-8", errors="replace", check=False
        )
    except OSError as error:
        return str(error)
    return None if done.returncode == 0 else (done.stderr or done.stdout).rstrip()


def pinned_requirement(lock: str, name: str) -> str | None:
    """Cut one package's pin, with its hashes, out of the text of a lock file."""
    found = re.search(rf"^{re.escape(name)}==.*(?:\n +--hash=.*)*", lock, re.MULTILINE)
    return found.group() + "\n" if found else None


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """Provide one set. 0 when it is there, 2 for a wrong call, 1 for anything else."""
    if len(arguments) != 1 or arguments[0] not in SETS:
        say(f"usage: bootstrap.py {'|'.join(SETS)}")
        return 2
    if tuple(sys.version_info[:2]) < OLDEST:
        say(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; this is {sys.version.split()[0]}.")
        return 1
    try:
        Environment(CHECKOUT / ".venv", CHECKOUT / "requirements").provide(arguments[0])
    except SetUpError as error:
        say(str(error))
    except OSError as error:
        say(f"Cannot set up {error.filename or CHECKOUT}: {error.strerror}.")
    except KeyboardInterrupt:
        say("Stopped; the next run goes on from here.")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
