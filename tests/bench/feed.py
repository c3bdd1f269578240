"""The feed against PostgreSQL's own COPY of the same rows, and what exports do to everybody else.

Rows are built by SQL. Sizes by environment: BENCH_FEED_ROWS.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

from django.db import connection
from django.test import Client
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from maturity.models import Organization, Score
from maturity.rubrics import SHIPPED, load_pack
from maturity.services.keys import create_key
from maturity.services.rubrics import publish_pack
from maturity.services.tenancy import create_organization
from reports.feed.query import FeedQuery, rows_statement
from reports.feed.tables import SCORES
from tests.bench.crowd import bench_crowd

ROWS = int(os.environ.get("BENCH_FEED_ROWS", "1000000"))
URL = "/api/v1/feed/scores"
PAGE_SIZES = (100, 1_000, 10_000)
# So many rows are read in pages; the rate does not depend on how many there are.
PAGED_ROWS = 100_000
SERIALIZED_ROWS = 20_000
POLLS = 100
# Of COPY's rows per second.
TARGETS = {"arrow": 0.6, "parquet": 0.6, "csv": 0.5, "ndjson": 0.2}
GROWTH_MB = {"arrow": 20, "parquet": 150, "csv": 20, "ndjson": 20}


def bench_feed() -> None:
    organization = create_organization(f"bench-feed-{os.getpid()}", name="Bench of the feed")
    began = time.perf_counter()
    rows = _build(organization)
    print(f"feed of {rows:,} scores (built in {time.perf_counter() - began:.0f} s)")
    _key, secret = create_key([organization], scopes=["feed:read"])
    client = Client(headers={"authorization": f"Bearer {secret}"})
    floor = rows / min(_seconds(lambda: _copy(organization)) for _ in range(2))
    print(f"  COPY of the same rows    {floor:10,.0f} rows/s")
    _bench_files(client, rows, floor)
    _bench_memory(secret, rows)
    _bench_pages(client, organization, floor)
    _bench_latency(client)
    bench_crowd(secret)


def _build(organization: Organization) -> int:
    """Assessments of the whole rubric, one after the other, until there are as many scores."""
    rubric = publish_pack(load_pack(SHIPPED[0]))
    count = max(1, ROWS // rubric.capabilities.count())
    with connection.cursor() as cursor:
        cursor.execute(_ASSESSMENTS, [organization.pk, rubric.pk, count])
        cursor.execute(_SCORES, [organization.pk])
        cursor.execute("SELECT stamped FROM sync_stamp(%s)", [2 * ROWS + 1_000])
        # As autovacuum would have done by the time somebody pulls.
        cursor.execute("VACUUM (ANALYZE) maturity_syncchange, maturity_score")
        cursor.execute("ANALYZE")
    return Score.objects.filter(organization=organization).count()


_ASSESSMENTS = """
INSERT INTO maturity_assessment (organization_id, rubric_id, valid_from, round_key, kind,
    assessor, status, note, created_at, submitted_at)
SELECT %s, %s, date '2000-01-01' + n %% 9000, '', 'judgement', '', 'submitted', '',
    now() - n * interval '1 minute', now() - n * interval '1 minute'
FROM generate_series(1, %s) n
"""
_SCORES = """
INSERT INTO maturity_score (organization_id, assessment_id, capability_id, state, level,
    effective_level, basis, checks, claim_reason, evidence_kind, evidence_ref, evidence_date,
    evidence_count, note, reason, valid_from, recorded_at)
SELECT a.organization_id, a.id, k.id, 'assessed', 1 + (a.id + k.id) %% 5,
    least(2, 1 + (a.id + k.id) %% 5), 'judgement', '{}', '',
    CASE a.id %% 3 WHEN 0 THEN 'metric' ELSE '' END,
    '', CASE a.id %% 3 WHEN 0 THEN a.valid_from END, 0, '', '', a.valid_from, a.submitted_at
FROM maturity_assessment a JOIN maturity_capability k ON k.rubric_id = a.rubric_id
WHERE a.organization_id = %s
"""


def _query(organization: Organization) -> FeedQuery:
    return FeedQuery(table=SCORES, organization_ids=(organization.pk,), page_size=1_000)


def _copy(organization: Organization) -> int:
    """The limit of one connection: the same rows and columns, thrown away as they come."""
    sql, parameters = rows_statement(
        _query(organization), [column.as_native for column in SCORES.columns]
    )
    size = 0
    with connection.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT", parameters) as copy:
        for piece in copy:
            size += len(piece)
    return size


def _bench_files(client: Client, rows: int, floor: float) -> None:
    for suffix, target in TARGETS.items():
        seconds, size = min(_timed(lambda name=suffix: _download(client, name)) for _ in range(2))
        _tell(f".{suffix}", rows / seconds, floor, target, f"{size / 1e6:6.0f} MB")


def _download(client: Client, suffix: str) -> int:
    response = client.get(f"{URL}.{suffix}")
    if response.status_code != 200:
        raise RuntimeError(response.content)
    size = sum(len(piece) for piece in response.streaming_content)
    response.close()
    return size


def _bench_memory(secret: str, rows: int) -> None:
    """How far a worker's resident memory rises while it streams; one process per format."""
    for suffix, allowed in GROWTH_MB.items():
        command = [sys.executable, "-m", "tests.bench.memory", suffix]
        environment = os.environ | {"BENCH_KEY": secret}
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        growth = float(done.stdout)
        print(f"  .{suffix:8} {rows:,} rows: +{growth:.0f} MB (at most {allowed})")


def _bench_pages(client: Client, organization: Organization, floor: float) -> None:
    serializer = SERIALIZED_ROWS / _seconds(lambda: _serialize(organization))
    for size in PAGE_SIZES:
        rate = PAGED_ROWS / _seconds(partial(_pull, client, size, PAGED_ROWS // size))
        _tell(
            f"JSON pages of {size:,}",
            rate,
            floor,
            0.15 if size == 1_000 else None,
            f"{rate / serializer:5.1f} times the serializer"
            + (" (at least 5)" if size == 1_000 else ""),
        )
    _tell("DRF ModelSerializer", serializer, floor, None, "pages of 1,000")


def _pull(client: Client, size: int, pages: int) -> None:
    """Page after page by the Link header: nobody parses the body, nor what COPY sends."""
    url = f"{URL}?page_size={size}"
    for _ in range(pages):
        response = client.get(url)
        if response.status_code != 200:
            raise RuntimeError(response.content)
        link = response.headers.get("Link")
        if link is None:
            return
        url = link.partition("<")[2].partition(">")[0]


class _ScoreSerializer(serializers.ModelSerializer[Score]):
    """The same columns the usual way."""

    organization = serializers.CharField(source="organization.slug")
    unit = serializers.CharField(source="unit.key", default=None)
    area_id = serializers.IntegerField(source="capability.area_id")
    area = serializers.CharField(source="capability.area.key")
    area_name = serializers.CharField(source="capability.area.name")
    capability = serializers.CharField(source="capability.key")
    capability_name = serializers.CharField(source="capability.name")
    rubric = serializers.CharField(source="capability.rubric.key")
    rubric_version = serializers.CharField(source="capability.rubric.version")
    has_evidence_link = serializers.BooleanField(source="evidence_ref")
    created_at = serializers.DateTimeField(source="recorded_at")

    class Meta:
        model = Score
        fields = [
            *("id", "organization_id", "organization", "assessment_id", "unit_id", "unit"),
            *("area_id", "area", "area_name", "capability_id", "capability", "capability_name"),
            *("rubric", "rubric_version", "state", "level", "effective_level", "evidence_kind"),
            *("evidence_date", "has_evidence_link", "replaces_id", "valid_from", "recorded_at"),
            "created_at",
        ]


def _serialize(organization: Organization) -> None:
    rows = (
        Score.objects.filter(organization=organization)
        .select_related("organization", "unit", "capability__area", "capability__rubric")
        .order_by("pk")
    )
    last = 0
    for _ in range(SERIALIZED_ROWS // 1_000):
        page = list(rows.filter(pk__gt=last)[:1_000])
        JSONRenderer().render(_ScoreSerializer(page, many=True).data)
        last = page[-1].pk


def _bench_latency(client: Client) -> None:
    etag = client.get(URL).headers["ETag"]
    idle = [
        _seconds(lambda: client.get(URL, headers={"if-none-match": etag})) for _ in range(POLLS)
    ]
    page = [_seconds(lambda: client.get(URL)) for _ in range(POLLS)]
    for name, each in (("idle poll (304)", idle), ("page of 1,000", page)):
        p95 = statistics.quantiles(each, n=20)[18]
        print(f"  {name:24} p50 {statistics.median(each) * 1000:6.1f} ms, p95 {p95 * 1000:6.1f} ms")


def _tell(name: str, rate: float, floor: float, target: float | None, more: str) -> None:
    wanted = "" if target is None else f" (at least {target})"
    print(f"  {name:24} {rate:10,.0f} rows/s {rate / floor:6.2f} of COPY{wanted}  {more}")


def _timed(action: Callable[[], int]) -> tuple[float, int]:
    start = time.perf_counter()
    size = action()
    return time.perf_counter() - start, size


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
