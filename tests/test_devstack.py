"""The demo's supervisor and the throw-away services, on real processes where that is the point."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import manage
from config.devstack import places, throwaway
from config.devstack.demo import free_port, shown_values
from config.devstack.errors import StackError
from config.devstack.places import can_hold_sockets, home_for_servers, socket_folder
from config.devstack.processes import last_lines
from config.devstack.state import CHECKOUT, DemoState, running_settings

DEVSTACK = [sys.executable, "-m", "config.devstack"]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another user")


@pytest.fixture
def state(tmp_path: Path) -> DemoState:
    return DemoState(tmp_path / "demo")


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that every user can enter, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="plumbline-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


class TestOwner:
    def test_second_owner_of_a_demo_is_refused_in_one_line(self, state):
        with state.owned(), pytest.raises(StackError) as refusal, DemoState(state.folder).owned():
            pass

        assert str(refusal.value) == (
            "A demo already runs in this checkout; stop it first (Ctrl-C there)."
        )

    def test_demo_can_be_owned_again_after_its_end(self, state):
        with state.owned():
            pass

        with state.owned():
            assert (state.folder / "lock").exists()

    def test_settings_of_a_running_demo_are_found_with_all_their_characters(self, state):
        settings = {"DATABASE_URL": "postgresql://u@/d?host=/a b", "SECRET_KEY": "it's $HOME=x"}

        with state.owned():
            state.publish(settings)

            assert running_settings(state.folder) == settings

    def test_settings_file_of_a_killed_demo_is_not_believed(self, state):
        with state.owned():
            state.publish({"DATABASE_URL": "postgresql:///gone"})
            left_over = (state.folder / "env").read_bytes()
        (state.folder / "env").write_bytes(left_over)

        assert running_settings(state.folder) == {}

    def test_settings_end_with_the_demo(self, state):
        with state.owned():
            state.publish({"SECRET_KEY": "x"})

        assert not (state.folder / "env").exists()


class TestSecrets:
    def test_secret_key_is_random_once_and_private(self, state, tmp_path):
        with state.owned():
            first = state.secret_key()
            state.publish({"SECRET_KEY": first})
            state.remember_shown("here", {"Password": "p"})
            modes = {
                stat.S_IMODE((state.folder / name).stat().st_mode)
                for name in ("secret", "env", "shown.json")
            }
        other = DemoState(tmp_path / "other")
        with other.owned():
            second = other.secret_key()

        assert state.secret_key() == first
        assert first != second
        assert len(first) >= 50
        assert modes == {0o600}

    def test_shown_values_are_kept_for_each_database_apart(self, state):
        with state.owned():
            state.remember_shown("here", {"Password": "one"})
            state.remember_shown("there", {"Password": "two"})
            state.forget_shown("here")

            assert state.shown("here") == {}
            assert state.shown("there") == {"Password": "two"}

    def test_only_labelled_lines_are_values(self):
        output = '{"event": "Login: no"}\nLogin: ana@example.org\nPassword: a: b \nMigrated: yes\n'

        assert shown_values(output) == {"Login": "ana@example.org", "Password": "a: b"}


class TestPlaces:
    @pytest.mark.parametrize(
        ("folder", "fits"),
        [
            ("/srv/plumbline/run", True),
            ("/" + "a" * 89, True),
            ("/" + "a" * 90, False),
            ("/" + "ä" * 45, False),
            ("/srv/with space", False),
            ("/srv/with,comma", False),
            ("/srv/100%", False),
        ],
    )
    def test_sockets_need_a_short_and_plain_path(self, folder, fits):
        assert can_hold_sockets(Path(folder)) is fits

    def test_sockets_move_to_the_temporary_folder_when_the_path_is_too_long(self, tmp_path):
        wanted = tmp_path / ("x" * 80) / "run"

        with socket_folder(wanted, None) as chosen:
            made = chosen
            mode = stat.S_IMODE(chosen.stat().st_mode)

        assert made.parent.parent == Path(tempfile.gettempdir())
        assert mode == 0o700
        assert not made.parent.exists()
        assert not wanted.exists()

    def test_servers_live_in_the_demo_folder_where_they_can_reach_it(self, public_folder):
        account = places.server_account()

        assert home_for_servers(public_folder, account) == public_folder

    @as_root
    def test_servers_of_root_move_out_of_a_private_folder(self, public_folder, monkeypatch):
        monkeypatch.setattr(places, "ROOTS_OWN", public_folder / "own")
        private = public_folder / "private"
        private.mkdir(mode=0o700)

        first = home_for_servers(private, places.server_account())
        (first / "postgres").mkdir()
        again = home_for_servers(private, places.server_account())
        kept = (again / "postgres").exists()
        (private / "home").unlink()  # as deleting .demo does
        afresh = home_for_servers(private, places.server_account())

        assert first == again == afresh
        assert first.parent == public_folder / "own"
        assert kept
        assert not (afresh / "postgres").exists()

    @as_root
    def test_root_copies_programs_that_nobody_can_reach(self, public_folder, monkeypatch):
        monkeypatch.setattr(places, "ROOTS_OWN", public_folder / "own")
        private = public_folder / "private"
        (private / "tool").mkdir(parents=True)
        (private / "tool" / "hello").write_text("#!/bin/sh\nexit 0\n")
        (private / "tool" / "hello").chmod(0o700)
        private.chmod(0o700)
        nobody = places.server_account()

        copy = places.public_copy([private / "tool"], "tool-1") / "tool" / "hello"

        assert not places.can_run(private / "tool" / "hello", nobody)
        assert places.can_run(copy, nobody)

    def test_folder_of_a_killed_run_is_removed_and_that_of_a_living_one_stays(
        self, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        dead, alive, new = (tmp_path / f"{throwaway.PREFIX}{n}" for n in ("dead", "alive", "new"))
        for folder in (dead, alive, new):
            folder.mkdir()
        for folder in (dead, alive):
            os.utime(folder, (0, 0))

        with throwaway.locked(alive):
            throwaway.sweep()

        assert [folder.exists() for folder in (dead, alive, new)] == [False, True, True]


class TestPort:
    def test_port_in_use_is_refused_in_one_line(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]

            with pytest.raises(StackError) as refusal:
                free_port(str(port))

        assert str(refusal.value) == (
            f"Port {port} on 127.0.0.1 cannot be used (Address already in use); "
            "choose another: PORT=8001 make demo."
        )

    @pytest.mark.parametrize("wanted", ["0", "65536", "http", "-1", "8000.0"])
    def test_port_must_be_a_port(self, wanted):
        with pytest.raises(StackError, match="must be a number from 1 to 65535"):
            free_port(wanted)


class TestManage:
    @pytest.fixture(autouse=True)
    def nothing_runs(self, monkeypatch):
        monkeypatch.setattr(manage, "running_settings", dict)
        for name in manage.REQUIRED:
            monkeypatch.setenv(name, "")

    def test_without_services_it_says_so_in_one_line(self, capsys):
        code = manage.main(["migrate"])

        assert code == 2
        assert capsys.readouterr().err == (
            "Not set: DATABASE_URL, REDIS_URL, SECRET_KEY; and no demo runs in this checkout. "
            "Set them, start `make demo`, or put "
            "`.venv/bin/python -m config.devstack run --` before the command.\n"
        )

    def test_environment_goes_before_the_running_demo(self, monkeypatch):
        seen = {}
        monkeypatch.setenv("DATABASE_URL", "postgresql:///mine")
        monkeypatch.setattr(
            manage,
            "running_settings",
            lambda: {"DATABASE_URL": "demo", "REDIS_URL": "demo", "SECRET_KEY": "demo"},
        )
        monkeypatch.setattr(manage, "execute_from_command_line", lambda _: seen.update(os.environ))

        assert manage.main(["migrate"]) == 0
        assert [seen[name] for name in manage.REQUIRED] == ["postgresql:///mine", "demo", "demo"]

    @pytest.mark.parametrize(
        ("line", "needs"),
        [
            ("", False),
            ("help", False),
            ("--version", False),
            ("import_data --help", False),
            ("check --deploy", False),
            ("makemigrations --check", True),
            ("import_data kubernetes headcount.csv", True),
        ],
    )
    def test_only_commands_that_open_a_service_need_one(self, line, needs):
        assert manage.needs_services(line.split()) is needs


def test_last_lines_of_a_log(tmp_path):
    log = tmp_path / "a.log"
    log.write_bytes(b"one\ntwo \xff\nthree\n")

    assert last_lines(log, 2) == ["two \N{REPLACEMENT CHARACTER}", "three"]


@pytest.mark.processes
class TestRun:
    SHOW = "import os; print(os.environ['DATABASE_URL'], len(os.environ['SECRET_KEY']), flush=True)"

    def test_command_gets_services_and_its_exit_code_comes_back(self):
        use = (
            "import os, psycopg, redis; "
            "row = psycopg.connect(os.environ['DATABASE_URL']).execute("
            "\"SELECT rolsuper, rolcreatedb, current_setting('fsync'), datlocprovider::text, "
            "datlocale FROM pg_roles, pg_database "
            'WHERE rolname = current_user AND datname = current_database()").fetchone(); '
            "print(*row, redis.Redis.from_url(os.environ['REDIS_URL']).ping()); "
            "raise SystemExit(7)"
        )

        done = subprocess.run(
            [*DEVSTACK, "run", "--", sys.executable, "-c", use],
            env=bare_environment(),
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 7, done.stderr
        assert done.stdout.split() == ["False", "True", "off", "b", "C.UTF-8", "True"]

    def test_nothing_is_started_for_services_that_are_given(self):
        given = {"DATABASE_URL": "postgresql:///mine", "REDIS_URL": "unix:///mine"}

        done = subprocess.run(
            [*DEVSTACK, "run", "--", "env"],
            env=bare_environment() | given,
            capture_output=True,
            text=True,
            check=True,
        )

        lines = done.stdout.splitlines()
        assert "DATABASE_URL=postgresql:///mine" in lines
        assert "REDIS_URL=unix:///mine" in lines

    def test_missing_command_is_127_and_one_line(self):
        done = subprocess.run(
            [*DEVSTACK, "run", "--", "no-such-command"],
            env=bare_environment(),
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 127
        assert done.stderr == "no-such-command cannot be started: No such file or directory.\n"

    @pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 5), (signal.SIGKILL, -9)])
    def test_command_hears_of_the_end_and_no_process_outlives_it(self, signum, code):
        sleeper = (
            "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(5)); "
            f"{self.SHOW}; time.sleep(60)"
        )
        with subprocess.Popen(
            [*DEVSTACK, "run", "--", sys.executable, "-c", sleeper],
            env=bare_environment(),
            stdout=subprocess.PIPE,
            text=True,
        ) as run:
            url, key_length = run.stdout.readline().split()
            family = descendants(run.pid)
            run.send_signal(signum)
            ended = run.wait(timeout=15)

        folder = Path(url.partition("host=")[2]).parent
        assert len(family) >= 8  # the command, Valkey, PostgreSQL and its own
        assert int(key_length) >= 50
        assert ended == code
        assert alive_after(family, seconds=10) == []
        if signum != signal.SIGKILL:
            assert not folder.exists()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.processes
def test_demo_prints_how_to_use_it_survives_a_killed_worker_and_leaves_no_process(
    public_folder, demos
):
    port = unused_port()
    demo = demos(public_folder, port)
    first = demo.printed()
    beside = demo.start_another()
    worker = demo.process_of("worker")
    os.kill(worker, signal.SIGKILL)
    replaced = demo.wait_for_another("worker", worker)
    family = descendants(demo.process.pid)
    demo.kill()
    left_by_kill = alive_after(family, seconds=15)

    again = demos(public_folder, port)
    second = again.printed()
    family_of_second = descendants(again.process.pid)
    again.process.send_signal(signal.SIGINT)
    code = again.process.wait(timeout=30)

    labels = ["URL", "Login", "Password", "API key", "Survey link", "Mail"]
    assert [line.partition(": ")[0] for line in first] == labels
    assert first[0] == f"URL: http://127.0.0.1:{port}"
    assert beside.returncode == 1
    assert beside.stderr == "A demo already runs in this checkout; stop it first (Ctrl-C there).\n"
    assert replaced != worker
    assert len(family) >= 12
    assert left_by_kill == []
    assert second == first
    assert code == 0
    assert alive_after(family_of_second, seconds=1) == []
    assert not (public_folder / "env").exists()
    assert list((public_folder / "run").glob("*")) == []


class Demo:
    """`up` in a process of its own, on a folder of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.command = [*DEVSTACK, "up", "--state", str(folder)]
        self.env = bare_environment() | {"PORT": str(port)}
        self.said, self.told = folder / "stdout.txt", folder / "stderr.txt"
        with self.said.open("w") as stdout, self.told.open("w") as stderr:
            self.process = subprocess.Popen(
                self.command, env=self.env, stdout=stdout, stderr=stderr
            )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def printed(self) -> list[str]:
        """What it prints on standard output, once the web answers."""
        while "Mail: " not in self.said.read_text():
            assert self.process.poll() is None, self.told.read_text()
            time.sleep(0.05)
        return self.said.read_text().splitlines()

    def start_another(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command, env=self.env, capture_output=True, text=True, timeout=20, check=False
        )

    def process_of(self, word: str) -> int | None:
        """The direct child whose command line has `word`."""
        for pid, _ in descendants(self.process.pid):
            stat_line = process_stat(pid)
            if stat_line and stat_line[1] == self.process.pid:
                arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if word.encode() in arguments:
                    return pid
        return None

    def wait_for_another(self, word: str, former: int) -> int | None:
        deadline = time.monotonic() + 10
        while self.process_of(word) in {None, former} and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.process_of(word)


@pytest.fixture
def demos() -> Iterator[Callable[[Path, int], Demo]]:
    """Start demos; whatever the test finds, none of them stays."""
    started: list[Demo] = []

    def start(folder: Path, port: int) -> Demo:
        started.append(Demo(folder, port))
        return started[-1]

    yield start
    for demo in started:
        demo.kill()


def bare_environment() -> dict[str, str]:
    """What a new terminal has: none of the settings this test run lives on."""
    keep = ("PATH", "HOME", "LANG", "TMPDIR")
    return {name: os.environ[name] for name in keep if name in os.environ}


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def process_stat(pid: int) -> tuple[str, int, str] | None:
    """State, parent and start time of a process, or None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[1]), fields[19]


def descendants(root: int) -> list[tuple[int, str]]:
    """(pid, start time) of every process below `root`, by walking /proc."""
    found = {
        int(entry.name): process_stat(int(entry.name)) for entry in Path("/proc").glob("[0-9]*")
    }
    family = {root}
    while True:
        more = {pid for pid, seen in found.items() if seen and seen[1] in family} - family
        if not more:
            break
        family |= more
    return [(pid, found[pid][2]) for pid in sorted(family - {root})]


def alive_after(family: list[tuple[int, str]], *, seconds: float) -> list[int]:
    """Those of a family that are still there when the time is up; a zombie is not."""
    deadline = time.monotonic() + seconds
    while True:
        now = {pid: process_stat(pid) for pid, _ in family}
        alive = [p for p, born in family if now[p] and now[p][2] == born and now[p][0] != "Z"]
        if not alive or time.monotonic() > deadline:
            return alive
        time.sleep(0.1)


def test_checkout_is_where_manage_lies():
    assert (CHECKOUT / "manage.py").is_file()
