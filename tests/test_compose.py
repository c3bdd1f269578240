"""docker-compose.yml: what it promises, and its own commands run for real on the test services."""

import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import yaml
from django.core.management import call_command
from psycopg import sql

from config.devstack import postgres
from config.devstack.places import server_account
from config.probe import status_of
from tests import migrated

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
DEPLOYMENT = {
    "SECRET_KEY": "k" * 60 + "0123456789abc",
    "POSTGRES_PASSWORD": "Correct8horse",
    "BASE_URL": "https://plumbline.example",
    "EMAIL_URL": "smtp://mail.example:25",
}
VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")


class MissingVariableError(Exception):
    """What Compose refuses to start without."""


def interpolate(text: str, variables: Mapping[str, str]) -> str:
    """Replace `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `$$` as Compose does."""

    def value(match: re.Match[str]) -> str:
        if match.group() == "$$":
            return "$"
        found = variables.get(match["name"], "")
        if not found and match["kind"] == "?":
            raise MissingVariableError(match["name"])
        return found or (match["rest"] or "")

    return VARIABLE.sub(value, text)


def environment_of(service: str, variables: Mapping[str, str]) -> dict[str, str]:
    """What the container's processes see; a name without a value is passed on where it is set."""
    wanted: dict[str, str | None] = SERVICES[service]["environment"]
    passed_on = {name: variables.get(name) for name, value in wanted.items() if value is None}
    given = {
        name: interpolate(value, variables) for name, value in wanted.items() if value is not None
    }
    return given | {name: value for name, value in passed_on.items() if value is not None}


def command_of(words: str | list[str]) -> list[str]:
    """A command or health check as Compose hands it to the container."""
    listed = [words] if isinstance(words, str) else words
    plain = [interpolate(word, {}) for word in listed]
    if plain[0] == "CMD-SHELL":
        return ["sh", "-c", *plain[1:]]
    return plain[1:] if plain[0] == "CMD" else plain


def test_services_are_those_of_the_product():
    assert set(SERVICES) == {"db", "broker", "migrate", "web", "worker", "beat"}
    assert SERVICES["db"]["image"] == "postgres:18"
    assert SERVICES["broker"]["image"].startswith("redis:")
    assert set(COMPOSE["volumes"]) == {"db", "broker"}


@pytest.mark.parametrize("service", sorted(set(SERVICES) - {"migrate"}))
def test_lasting_services_are_watched_and_started_again(service):
    assert SERVICES[service]["restart"] == "unless-stopped"
    assert SERVICES[service]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


@pytest.mark.parametrize("service", ["web", "worker", "beat"])
def test_product_starts_after_the_migration(service):
    assert SERVICES[service]["depends_on"]["migrate"] == {
        "condition": "service_completed_successfully"
    }


@pytest.mark.parametrize("name", sorted(DEPLOYMENT))
def test_nothing_starts_without_what_a_deployment_must_decide(name):
    without = {key: value for key, value in DEPLOYMENT.items() if key != name}

    with pytest.raises(MissingVariableError, match=f"^{name}$"):
        interpolate(TEXT, without)


def test_secrets_are_asked_for_and_never_written_down():
    secret = [m for m in VARIABLE.finditer(TEXT) if re.search("SECRET|PASSWORD", m["name"] or "")]
    database = environment_of("web", DEPLOYMENT | {"POSTGRES_PASSWORD": "p"})["DATABASE_URL"]

    assert {(match["name"], match["kind"]) for match in secret} == {
        ("SECRET_KEY", "?"),
        ("POSTGRES_PASSWORD", "?"),
    }
    assert database == "postgresql://plumbline:p@db/plumbline"


def test_image_runs_as_an_ordinary_user():
    last_stage = (ROOT / "Dockerfile").read_text(encoding="utf-8").rpartition("\nFROM ")[2]

    assert re.findall(r"^USER (.*)$", last_stage, re.MULTILINE) == ["plumbline"]
    assert "useradd --system --uid 10001 --no-create-home plumbline" in last_stage


def test_page_assets_can_be_collected_for_production(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    # The production storage compresses too; what can break is a reference to a file that is not
    # there, and this one refuses it as well.
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }

    call_command("collectstatic", interactive=False, verbosity=0)

    assert (tmp_path / "staticfiles.json").is_file()
    assert list(tmp_path.glob("maturity/app.*.css"))


@pytest.mark.processes
def test_database_owner_is_no_superuser():
    script = interpolate(COMPOSE["configs"]["owner"]["content"], {})

    with fresh_cluster() as sockets:
        done = subprocess.run(
            ["sh", "-e", "-c", script],
            env={
                "PATH": f"{postgres.find_binaries(server_account())}:{os.environ['PATH']}",
                "PGHOST": sockets,
                "POSTGRES_PASSWORD": "it's; $1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        with psycopg.connect(host=sockets, user="plumbline", dbname="plumbline") as connection:
            row = connection.execute(
                "SELECT rolname, rolsuper, rolcreatedb, pg_get_userbyid(datdba) "
                "FROM pg_roles, pg_database "
                "WHERE rolname = current_user AND datname = current_database()"
            ).fetchone()

    assert done.returncode == 0, done.stderr
    assert row == ("plumbline", False, True, "plumbline")


@contextmanager
def fresh_cluster() -> Iterator[str]:
    """Sockets of a server as the image starts it: without an owner or a database yet."""
    wait = "import os; print(os.environ['DATABASE_URL'], flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-m", "config.devstack", "run", "--", sys.executable, "-c", wait],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        url = urlsplit(run.stdout.readline().strip())
        sockets = parse_qs(url.query)["host"][0]
        with psycopg.connect(
            host=sockets, user=postgres.SUPERUSER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute("DROP DATABASE plumbline")
            connection.execute("DROP ROLE plumbline")
        yield sockets
        run.stdin.write("\n")


@pytest.mark.processes
def test_commands_of_the_product_start_it_and_health_checks_see_it(stage):
    migrated = stage.run(SERVICES["migrate"]["command"])
    for service in ("web", "worker", "beat"):
        stage.start(service)

    assert migrated.returncode == 0, migrated.stderr
    for service in ("web", "worker", "beat"):
        assert stage.becomes_healthy(service), stage.log_of(service)
    assert stage.status("/livez") == 200


class Stage:
    """The product's containers as processes: Compose's commands and environment, our services."""

    def __init__(self, folder: Path, services: Mapping[str, str]) -> None:
        self.folder = folder
        self.services = services
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = str(probe.getsockname()[1])

    def environment(self, service: str = "web") -> dict[str, str]:
        outside = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOSTNAME": socket.gethostname(),
            "TMPDIR": str(self.folder),
            "PORT": self.port,
        }
        return environment_of(service, DEPLOYMENT) | self.services | outside

    def run(self, command: str | list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command_of(command),
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def start(self, service: str) -> None:
        with (self.folder / f"{service}.log").open("wb") as log:
            self.running[service] = subprocess.Popen(
                command_of(SERVICES[service]["command"]),
                cwd=ROOT,
                env=self.environment(service),
                stdout=log,
                stderr=log,
            )

    def becomes_healthy(self, service: str) -> bool:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.running[service].poll() is None:
            if self.run(SERVICES[service]["healthcheck"]["test"]).returncode == 0:
                return True
            time.sleep(0.2)
        return False

    def log_of(self, service: str) -> str:
        return (self.folder / f"{service}.log").read_text(errors="replace")

    def status(self, path: str) -> int | None:
        return status_of(f"http://127.0.0.1:{self.port}{path}", host="plumbline.example")

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait(timeout=30)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A stage with a database of its own; what the test started is stopped before it goes."""
    name = f"compose_{secrets.token_hex(4)}"
    given = os.environ["DATABASE_URL"]
    database = urlsplit(given)._replace(path=f"/{name}").geturl()
    # The highest of the broker's sixteen: the test workers count from 0.
    broker = os.environ["REDIS_URL"].partition("?")[0]
    last = f"{broker}?db=15" if broker.startswith("unix:") else f"{broker.rpartition('/')[0]}/15"
    with ExitStack() as undo:
        connection = undo.enter_context(psycopg.connect(given, autocommit=True))
        template = sql.Identifier(migrated.template() or "template0")
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(create.format(sql.Identifier(name), template))
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
        undo.callback(connection.execute, drop)
        stage = Stage(tmp_path, {"DATABASE_URL": database, "REDIS_URL": last})
        undo.callback(stage.stop)
        yield stage
