"""One database with every migration, made while the workers collect; theirs are copies of it.

Migrating takes longer than most tests together, copying a fraction of a second. Only a run over
several workers (`-n`) makes one: a single process migrates its own and may keep it (--reuse-db).
"""

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
NAME = "plumbline_migrated"
READY, FAILED = "ready", "failed"
PATIENCE = 180


def make() -> None:
    """Start making it, beside whatever this process does next."""
    with closing(_connect()) as connection:
        for statement in ("DROP DATABASE IF EXISTS {}", "CREATE DATABASE {}"):
            connection.execute(sql.SQL(statement).format(sql.Identifier(NAME)))
    Thread(target=_migrate, daemon=True).start()


def template() -> str | None:
    """Its name once it is complete; None where nobody makes one or it failed."""
    deadline = time.monotonic() + PATIENCE
    with closing(_connect()) as connection:
        while time.monotonic() < deadline:
            state = connection.execute(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
                [NAME],
            ).fetchone()
            if state is None or state[0] == FAILED:
                return None
            if state[0] == READY:
                return NAME
            time.sleep(0.1)
    return None


def address() -> str:
    """Where it is, as a DATABASE_URL."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{NAME}").geturl()


def _migrate() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": address(), "DJANGO_SETTINGS_MODULE": "tests.settings"},
        check=False,
    )
    state = READY if done.returncode == 0 else FAILED
    with closing(_connect()) as connection:
        statement = sql.SQL("COMMENT ON DATABASE {} IS {}")
        connection.execute(statement.format(sql.Identifier(NAME), sql.Literal(state)))


def _connect() -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
