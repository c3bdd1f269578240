"""PostgreSQL and the broker together: the environment's, or servers started here."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from config.devstack import broker, postgres
from config.devstack.places import socket_folder
from config.devstack.processes import Account, Child, stop_all


@dataclass(frozen=True)
class Home:
    """Where servers live: their data, sockets and logs, and the account that runs them."""

    data: Path
    sockets: Path
    logs: Path
    account: Account | None
    durable: bool


class Services:
    """What DATABASE_URL and REDIS_URL name; servers are started only where they are not set.

    A context manager: leaving it stops what it started and removes the sockets.
    """

    def __init__(self, home: Home, environ: Mapping[str, str]) -> None:
        self.home = home
        self.environ = environ
        self.children: list[Child] = []
        self.settings: dict[str, str] = {}
        self.sockets = home.sockets
        self._undo = ExitStack()

    def __enter__(self) -> "Services":
        with self._undo as undo:
            self.sockets = undo.enter_context(socket_folder(self.home.sockets, self.home.account))
            undo.callback(self._stop)
            self._start_broker()
            self._start_postgres()
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._undo.close()

    @property
    def owns_database(self) -> bool:
        return not self.environ.get("DATABASE_URL")

    def _start_broker(self) -> None:
        if url := self.environ.get("REDIS_URL"):
            self.settings["REDIS_URL"] = url
            return
        account = self.home.account
        log = self.home.logs / "valkey.log"
        valkey = broker.Broker(broker.find_binary(account), self.sockets, log, account)
        self.children.append(valkey.start())
        valkey.make_ready(self.children[-1])
        self.settings["REDIS_URL"] = valkey.url

    def _start_postgres(self) -> None:
        if url := self.environ.get("DATABASE_URL"):
            self.settings["DATABASE_URL"] = url
            return
        account = self.home.account
        cluster = postgres.Cluster(
            binaries=postgres.find_binaries(account),
            data=self.home.data,
            sockets=self.sockets,
            log=self.home.logs / "postgres.log",
            account=account,
            durable=self.home.durable,
        )
        self.children.append(cluster.start())
        cluster.make_ready(self.children[-1])
        self.settings["DATABASE_URL"] = cluster.url

    def _stop(self) -> None:
        stop_all(self.children)
