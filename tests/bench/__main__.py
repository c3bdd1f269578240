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
from django.test import Client

from maturity.models import Organization, Score
from maturity.rubrics import SHIPPED, load_pack
from maturity.services.assessments import NewScore, record_assessment
from maturity.services.changes import stamp_changes
from maturity.services.imports import import_file
from maturity.services.keys import create_key
from maturity.services.rubrics import publish_pack
from maturity.services.tenancy import create_organization
from tests.bench.evaluations import bench_evaluations
from tests.bench.invitations import bench_invitations
from tests.bench.submissions import bench_submissions

USAGE_ROWS = 200_000
ASSESSMENTS = 300


def main(*parts: str) -> None:
    """Run every part, or those that are named."""
    call_command("migrate", verbosity=0)
    organization = create_organization("bench", name="Bench")
    benches: dict[str, Callable[[], None]] = {
        "import": lambda: bench_import(organization),
        "feed": lambda: bench_feed(organization),
        "submissions": bench_submissions,
        "invitations": lambda: bench_invitations(organization),
        "evaluations": bench_evaluations,
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


def bench_feed(organization: Organization) -> None:
    """The feed's JSON pages against COPY of the same rows."""
    rubric = publish_pack(load_pack(SHIPPED[0]))
    scores = [NewScore(c, "assessed", 1 + c.position % 2) for c in rubric.capabilities.all()]
    day = date(2020, 1, 1)
    for number in range(ASSESSMENTS):
        record_assessment(
            organization,
            rubric=rubric,
            valid_from=day + timedelta(days=number),
            scores=scores,
            by=None,
        )
    stamp_changes()
    _analyze()
    rows = Score.objects.count()
    _, secret = create_key([organization], scopes=["feed:read"])
    client = Client(headers={"authorization": f"Bearer {secret}"})
    floor = _seconds(_copy_scores)
    pull = _seconds(lambda: _pull(client))
    etag = client.get("/api/v1/feed/scores").headers["ETag"]
    idle = min(_seconds(lambda: _poll(client, etag)) for _ in range(20))
    print(f"feed of {rows:,} scores in pages of 1,000; floor is COPY of the same table")
    print(f"  COPY             {floor:6.3f} s {rows / floor:12,.0f} rows/s")
    print(
        f"  JSON pages       {pull:6.3f} s {rows / pull:12,.0f} rows/s  {floor / pull:5.2f} of COPY"
    )
    print(f"  idle poll (304)  {idle * 1000:6.1f} ms")


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


def _analyze() -> None:
    """As autovacuum would have done by the time somebody pulls."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _copy_scores() -> None:
    with connection.cursor() as cursor, cursor.copy("COPY maturity_score TO STDOUT") as copy:
        for _ in copy:
            pass


def _pull(client: Client) -> int:
    url: str | None = "/api/v1/feed/scores?page_size=1000"
    count = 0
    while url:
        page = client.get(url).json()
        count += len(page["results"])
        url = page["next"]
    return count


def _poll(client: Client, etag: str) -> None:
    response = client.get("/api/v1/feed/scores", headers={"if-none-match": etag})
    if response.status_code != 304:
        raise RuntimeError(f"an idle poll answered {response.status_code}")


main(*sys.argv[1:])
