"""`make bench`: each figure as a ratio against a floor that is measured in the same run."""

import io
import os
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ["LOG_LEVEL"] = "WARNING"

import django

django.setup()

from django.core.management import call_command
from django.db import connection

from maturity.models import Organization
from maturity.services.imports import import_file
from maturity.services.tenancy import create_organization
from tests.bench.dashboards import bench_dashboards
from tests.bench.evaluations import bench_evaluations
from tests.bench.feed import bench_feed
from tests.bench.invitations import bench_invitations
from tests.bench.submissions import bench_submissions

USAGE_ROWS = 200_000


def main(*parts: str) -> None:
    """Run every part, or those that are named."""
    call_command("migrate", verbosity=0)
    organization = create_organization("bench", name="Bench")
    benches: dict[str, Callable[[], None]] = {
        "import": lambda: bench_import(organization),
        "submissions": bench_submissions,
        "invitations": lambda: bench_invitations(organization),
        "evaluations": bench_evaluations,
        "dashboards": bench_dashboards,
        "feed": bench_feed,
    }
    if unknown := set(parts) - set(benches):
        sys.exit(f"no part {', '.join(unknown)}; there are: {', '.join(benches)}")
    for name, bench in benches.items():
        if not parts or name in parts:
            bench()


def bench_import(organization: Organization) -> None:
    """import_data of tool_usage against a bare COPY of the same bytes into a table of text."""
    file = _usage_file()
    floor = _seconds(lambda: _bare_copy(file))
    first = _seconds(lambda: _import(organization, file))
    again = _seconds(lambda: _import(organization, file))
    print(f"import of {USAGE_ROWS:,} usage rows; floor is a bare COPY of the file")
    for name, seconds in (("bare COPY", floor), ("import", first), ("unchanged again", again)):
        rate = USAGE_ROWS / seconds
        print(
            f"  {name:16} {seconds:6.2f} s {rate:12,.0f} rows/s   {floor / seconds:5.2f} of floor"
        )


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _usage_file() -> bytes:
    monday = date(2010, 1, 4)
    lines = ["tool_key,period_start,period,active_users,eligible_users"]
    lines += [
        f"tool_{number % 400:03},{monday + timedelta(weeks=number // 400)},week,{number % 50},60"
        for number in range(USAGE_ROWS)
    ]
    return "\n".join(lines).encode() + b"\n"


def _bare_copy(file: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE floor (a text, b text, c text, d text, e text)")
        with cursor.copy("COPY floor FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write(file)
        cursor.execute("DROP TABLE floor")


def _import(organization: Organization, file: bytes) -> None:
    import_file(organization, "tool_usage", io.BytesIO(file), name="bench.csv")


main(*sys.argv[1:])
