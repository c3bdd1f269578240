"""`up`: the whole product on this machine, until someone stops it."""

import hashlib
import os
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from urllib.parse import quote, urlsplit

from config.devstack.errors import StackError
from config.devstack.places import home_for_servers, server_account
from config.devstack.processes import Child, Program, Stopped, stop_all, stoppable
from config.devstack.services import Home, Services
from config.devstack.state import CHECKOUT, DemoState
from config.probe import status_of

LABELS = ("Login", "Password", "API key", "Survey link")
OWN_DATABASE = "here"
HOST = "127.0.0.1"
STDIN = 0
# A program that starts and dies this often in a row will not get better.
MOST_RESTARTS = 5
STABLE_SECONDS = 30.0


def up(state: DemoState, environ: Mapping[str, str]) -> int:
    """Run the demo until SIGINT, SIGTERM or SIGHUP; return the exit code.

    StackError when it cannot start, or when a part that cannot be started again has ended.
    """
    try:
        with stoppable(), state.owned():
            port = free_port(environ.get("PORT") or "8000")
            home = _home(state)
            if not home.data.exists():
                state.forget_shown(OWN_DATABASE)
            say("Starting PostgreSQL and Valkey")
            with Services(home, environ) as services:
                Demo(state, environ, services, port).run()
    except Stopped:
        say("Stopped.")
    return 0


class Demo:
    """The product's processes on top of running services."""

    def __init__(
        self, state: DemoState, environ: Mapping[str, str], services: Services, port: int
    ) -> None:
        self.state = state
        self.services = services
        self.port = port
        self.base_url = (environ.get("BASE_URL") or f"http://{HOST}:{port}").rstrip("/")
        self.settings = self._settings(environ)
        ours = {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONUNBUFFERED": "1"}
        self._env = {**environ, **self.settings, **ours}
        self._children: list[Child] = []
        self._quick_deaths: Counter[str] = Counter()

    def run(self) -> None:
        """Prepare, start, print how to use it, then watch; ends by an exception alone."""
        self.state.publish(self.settings)
        try:
            shown = self._prepare()
            say("Starting web, worker and beat")
            self._children += [Child(program) for program in self._programs()]
            web = self._children[0]
            web.wait_until(self._answers, seconds=120)
            self._print(shown)
            say("Ctrl-C stops all of it; the data stays.")
            self._watch()
        finally:
            stop_all(self._children)

    def _settings(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Every setting the demo decides; what the environment says goes first."""
        host = urlsplit(self.base_url).hostname or HOST
        mail = "filemail:///" + quote(str(self.state.mail.resolve()), safe="/")
        defaults = {
            "SECRET_KEY": self.state.secret_key(),
            "DEBUG": "0",
            "BASE_URL": self.base_url,
            "ALLOWED_HOSTS": ",".join(dict.fromkeys([host, HOST, "localhost"])),
            "EMAIL_URL": mail,
            # Files are served from where they lie: no collectstatic between an edit and a look.
            "STATICFILES_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage",
        }
        chosen = {name: environ.get(name) or default for name, default in defaults.items()}
        return chosen | self.services.settings

    def _prepare(self) -> dict[str, str]:
        """Bring the database up to date; return the values to show, older ones included."""
        say("Preparing the database")
        preparation = Child(self._program("prepare", ["-m", "config.devstack.prepare"]))
        self._children.append(preparation)
        preparation.complete(seconds=600)
        self._children.remove(preparation)
        log = preparation.program.log
        fresh = shown_values(log.read_text(encoding="utf-8"))
        log.unlink()  # a password is in it
        database = self._database_name()
        earlier = self.state.shown(database)
        moved = earlier.get("URL", self.base_url)
        values = {name: value.replace(moved, self.base_url) for name, value in earlier.items()}
        values |= fresh | {"URL": self.base_url}
        self.state.remember_shown(database, values)
        return values

    def _database_name(self) -> str:
        if self.services.owns_database:
            return OWN_DATABASE
        return hashlib.sha256(self.settings["DATABASE_URL"].encode()).hexdigest()[:16]

    def _programs(self) -> list[Program]:
        control = self.services.sockets / "gunicorn.ctl"
        serve = ["config.wsgi:application", "--bind", f"{HOST}:{self.port}", "--workers", "2"]
        serve += ["--threads", "12", "--graceful-timeout", "5", "--control-socket", str(control)]
        # Not beside the sockets: root's servers own that folder, and beat runs as root.
        schedule = self.state.folder / "beat-schedule"
        celery = ["-m", "celery", "-A", "config"]
        work = [*celery, "worker", "--concurrency", "2", "--without-gossip", "--without-mingle"]
        beat = [*celery, "beat", "--schedule", str(schedule)]
        return [
            self._program("web", ["-m", "gunicorn", *serve]),
            _restarting(self._program("worker", work)),
            _restarting(self._program("beat", beat)),
        ]

    def _program(self, name: str, arguments: Sequence[str]) -> Program:
        return Program(
            name=name,
            command=[sys.executable, *arguments],
            env=self._env,
            cwd=CHECKOUT,
            log=self.state.logs / f"{name}.log",
        )

    def _answers(self) -> bool:
        host = urlsplit(self.base_url).hostname
        return status_of(f"http://{HOST}:{self.port}/readyz", host=host) == 200

    def _print(self, shown: Mapping[str, str]) -> None:
        unknown = "shown by an earlier start and not kept; delete .demo for a fresh demo"
        print(f"URL: {self.base_url}")
        for label in LABELS:
            print(f"{label}: {shown.get(label, unknown)}")
        print(f"Mail: {self._mail_place()}", flush=True)

    def _mail_place(self) -> str:
        """Where mail goes, without what EMAIL_URL may say about passwords."""
        if not self.settings["EMAIL_URL"].startswith("filemail:"):
            return f"sent by {urlsplit(self.settings['EMAIL_URL']).hostname}"
        folder = self.state.mail
        return str(folder.relative_to(CHECKOUT) if folder.is_relative_to(CHECKOUT) else folder)

    def _watch(self) -> None:
        terminal = os.isatty(STDIN) and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
        while True:
            time.sleep(0.2)
            # Where make leads the session, it alone hears of a closed terminal, and waits for us.
            if terminal and not os.isatty(STDIN):
                raise Stopped(signal.SIGHUP)
            for child in [*self.services.children, *self._children]:
                if child.ended:
                    self._replace(child)

    def _replace(self, dead: Child) -> None:
        """Start a program again that ended by itself, unless it does so again and again."""
        program = dead.program
        if not program.restarts:
            raise StackError(dead.obituary())
        quick = time.monotonic() - dead.started < STABLE_SECONDS
        self._quick_deaths[program.name] = self._quick_deaths[program.name] + 1 if quick else 0
        if self._quick_deaths[program.name] > MOST_RESTARTS:
            raise StackError(dead.obituary())
        say(f"{dead.obituary()}\nStarting {program.name} again")
        dead.finish(time.monotonic())
        self._children[self._children.index(dead)] = Child(program)


def _restarting(program: Program) -> Program:
    """Celery holds no state. As an orphan it is killed: asked, it would finish its task first."""
    return replace(program, restarts=True, orphan_signal=signal.SIGKILL)


def shown_values(output: str) -> dict[str, str]:
    """The labelled lines among what `create_demo` printed."""
    found = (line.partition(": ") for line in output.splitlines())
    return {label: value.strip() for label, _, value in found if label in LABELS}


def free_port(wanted: str) -> int:
    """The port to serve on; StackError if the value is no port or something listens there."""
    if not wanted.isdecimal() or not 0 < int(wanted) < 65536:
        raise StackError(f"PORT is {wanted!r}; it must be a number from 1 to 65535.")
    with socket.socket() as probe:
        # As the web server does: a connection that lingers from before is no owner.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(wanted)))
        except OSError as error:
            raise StackError(
                f"Port {wanted} on {HOST} cannot be used ({error.strerror}); "
                "choose another: PORT=8001 make demo."
            ) from error
    return int(wanted)


def _home(state: DemoState) -> Home:
    account = server_account(state.folder / "postgres")
    folder = home_for_servers(state.folder, account)
    return Home(folder / "postgres", folder / "run", state.logs, account, durable=True)


def say(line: str) -> None:
    """Tell the person at the terminal, who may have left; standard output is for what they use."""
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)
