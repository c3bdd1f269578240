"""What the drills play on: a PostgreSQL that can be restarted, an organisation, workers, counts."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from config.devstack import postgres
from config.devstack.places import server_account, socket_folder, temporary_folder
from config.devstack.processes import Child, stop_all

LEASE_SECONDS = 2


class Database:
    """A PostgreSQL of the drill's own, durable, so that a restart means something."""

    def __init__(self, folder: Path, sockets: Path) -> None:
        account = server_account()
        self._cluster = postgres.Cluster(
            binaries=postgres.find_binaries(account),
            data=folder / "postgres",
            sockets=sockets,
            log=folder / "postgres.log",
            account=account,
            durable=True,
        )
        self._server = self._start()
        self._spare_the_disk(sockets)

    @property
    def url(self) -> str:
        return self._cluster.url

    def restart(self) -> None:
        """Stop the server under its clients' feet, as an upgrade does, and start it again."""
        self.stop()
        self._server = self._start()

    def stop(self) -> None:
        stop_all([self._server])

    def _spare_the_disk(self, sockets: Path) -> None:
        """Commits still reach the operating system, which outlives every restart played here."""
        with psycopg.connect(
            host=str(sockets),
            port=postgres.PORT,
            user=postgres.SUPERUSER,
            dbname="postgres",
            autocommit=True,
        ) as superuser:
            superuser.execute("ALTER SYSTEM SET fsync = off")
            superuser.execute("SELECT pg_reload_conf()")

    def _start(self) -> Child:
        server = self._cluster.start()
        self._cluster.make_ready(server)
        return server


@contextmanager
def own_database() -> Iterator[Database]:
    account = server_account()
    folder = temporary_folder("plumbline-drill-", account)
    try:
        with socket_folder(folder / "run", account) as sockets:
            database = Database(folder, sockets)
            os.environ["DATABASE_URL"] = database.url
            try:
                yield database
            finally:
                database.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
