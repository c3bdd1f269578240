"""Which account the servers run as, and folders and programs that this account can reach.

PostgreSQL refuses to run as root. Root's servers therefore run as `nobody`, who can see neither
a checkout nor an environment that lies in a private folder; those get a place that root owns.
"""

import hashlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config.devstack.errors import StackError
from config.devstack.processes import Account

ROOTS_OWN = Path("/var/lib/plumbline")
# A socket's whole path has at most 107 bytes; "/.s.PGSQL.5432.lock" wants its share of them.
LONGEST_SOCKET_FOLDER = 90
# Commas and quotes mean something to PostgreSQL here, and % and ? to an address.
PLAIN = re.compile(r"[A-Za-z0-9_./+-]+")


def server_account(data: Path | None = None) -> Account | None:
    """Who the servers run as: None for ourselves; for root, who owns the data, or nobody."""
    if os.geteuid() != 0:
        return None
    if data and data.exists() and (found := data.stat()).st_uid != 0:
        return Account(found.st_uid, found.st_gid)
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def make_private(folder: Path, account: Account | None) -> None:
    """Make a folder that only the servers' account (and root) can enter."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)


def can_use(folder: Path, account: Account | None) -> bool:
    """Whether the account can write in a folder, tried by a real process of that account."""
    return _succeeds(["sh", "-c", 'cd "$1" && test -w .', "sh", str(folder)], account)


def can_run(binary: Path, account: Account | None) -> bool:
    """Whether the account can start a program, tried by starting it."""
    return _succeeds([str(binary), "--version"], account)


def _succeeds(command: list[str], account: Account | None) -> bool:
    try:
        done = subprocess.run(
            command,
            cwd="/",
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            capture_output=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def home_for_servers(state: Path, account: Account | None) -> Path:
    """The folder for data and sockets: `state`, or root's own place where that is out of reach.

    A link in `state` says that the other place belongs to it: who deletes `state` to start
    afresh gets a fresh database too.
    """
    link = state / "home"
    if not link.is_symlink():
        make_private(state / "run", account)
        if can_use(state / "run", account):
            return state
    name = hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:16]
    outside = ROOTS_OWN / f"demo-{name}"
    if not link.is_symlink() or link.readlink() != outside:
        shutil.rmtree(outside, ignore_errors=True)
        link.unlink(missing_ok=True)
        link.symlink_to(outside)
    _make_roots_own()
    outside.mkdir(exist_ok=True)
    outside.chmod(0o711)
    return outside


def temporary_folder(prefix: str, account: Account | None) -> Path:
    """A new folder in the temporary one that the account can pass through, else in root's place."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o711)
    make_private(folder / "run", account)
    if account and not can_use(folder / "run", account):
        shutil.rmtree(folder)
        _make_roots_own()
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=ROOTS_OWN))
        folder.chmod(0o711)
    return folder


@contextmanager
def socket_folder(wanted: Path, account: Account | None) -> Iterator[Path]:
    """An empty private folder for sockets: `wanted`, or a temporary one if none can lie there."""
    with ExitStack() as undo:
        chosen = wanted
        if not can_hold_sockets(wanted):
            parent = temporary_folder("plumbline-", account)
            undo.callback(shutil.rmtree, parent, ignore_errors=True)
            chosen = parent / "run"
        if not can_hold_sockets(chosen):
            raise StackError(f"{chosen} cannot hold sockets: set TMPDIR to a short, plain path.")
        undo.callback(shutil.rmtree, chosen, ignore_errors=True)
        shutil.rmtree(chosen, ignore_errors=True)  # of one that was killed
        make_private(chosen, account)
        yield chosen


def can_hold_sockets(folder: Path) -> bool:
    """Whether the path is short and plain enough for sockets and the addresses that name them."""
    short = len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER
    return short and PLAIN.fullmatch(str(folder)) is not None


def public_copy(sources: list[Path], name: str) -> Path:
    """Copy folders, side by side and readable for all, to a place that root owns; once per name."""
    target = ROOTS_OWN / name
    if target.exists():
        return target
    _make_roots_own()
    with tempfile.TemporaryDirectory(dir=ROOTS_OWN) as folder:
        fresh = Path(folder) / name
        for source in sources:
            shutil.copytree(source, fresh / source.name, symlinks=True)
        _open_for_all(fresh)
        try:
            fresh.rename(target)
        except OSError:
            if not target.exists():  # else another start was first, with the same content
                raise
    return target


def _make_roots_own() -> None:
    ROOTS_OWN.mkdir(parents=True, exist_ok=True)
    ROOTS_OWN.chmod(0o755)  # whatever the umask


def _open_for_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & 0o100 else 0o444))
