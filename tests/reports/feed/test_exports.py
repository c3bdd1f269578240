"""GET /api/v1/feed/scores.<suffix>: the same rows as a file.

An export has a connection of its own, which sees only what is committed.
"""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import orjson
import pyarrow as pa
import pyarrow.parquet
import pytest
from django.test import Client

from maturity.models import SyncHorizon
from reports.feed.exports import slots_in_use
from reports.feed.formats import FORMATS
from tests.clients import client_with_key
from tests.factories import OrganizationFactory, ScoreFactory
from tests.feed import URL, delete, positions

pytestmark = pytest.mark.django_db(transaction=True)


def _text_rows(names: list[str], rows: Any) -> list[dict]:
    """Rows of a format without types of its own."""
    return [
        {name: None if value in ("", None) else str(value).lower() for name, value in row}
        for row in (zip(names, values, strict=True) for values in rows)
    ]


def _read(suffix: str, content: bytes) -> list[dict]:
    if suffix == "ndjson":
        return [orjson.loads(line) for line in content.splitlines()]
    if suffix == "csv":
        names, *rows = csv.reader(io.StringIO(content.decode()))
        return _text_rows(names, rows)
    if suffix == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        names, *rows = sheet.iter_rows(values_only=True)
        return _text_rows(list(names), rows)
    source = io.BytesIO(content)
    if suffix == "parquet":
        return pyarrow.parquet.read_table(source).to_pylist()
    return pa.ipc.open_stream(source).read_all().to_pylist()


def _as_written(suffix: str, row: dict) -> dict:
    """A row of the JSON pages as this format should give it."""
    if suffix == "ndjson":
        return row
    if suffix in {"csv", "xlsx"}:
        return {name: None if value is None else str(value).lower() for name, value in row.items()}
    moments = {"recorded_at", "created_at", "synced_at"}
    dates = {"valid_from", "evidence_date"}
    return {
        name: value
        if value is None
        else datetime.fromisoformat(value)
        if name in moments
        else date.fromisoformat(value)
        if name in dates
        else value
        for name, value in row.items()
    }


def _export(client: Client, suffix: str, **query: Any) -> list[dict]:
    response = client.get(f"{URL}.{suffix}", query)
    assert response.status_code == 200
    rows = _read(suffix, response.getvalue())
    return sorted(rows, key=lambda row: int(row["seq"]))


def test_every_format_has_the_rows_of_the_pages(organization):
    reader = client_with_key(organization, scopes=["feed:read"])
    ScoreFactory(organization=OrganizationFactory())
    gone, *_rest = [ScoreFactory(organization=organization, level=level) for level in (3, 4, 5)]
    ScoreFactory(organization=organization, state="unknown", level=None, effective_level=None)
    first = positions(reader)[0][0]
    delete(gone)
    everything = reader.get(URL).json()["results"]
    changed = reader.get(URL, {"since_seq": first}).json()["results"]

    for suffix in FORMATS:
        assert _export(reader, suffix) == [_as_written(suffix, row) for row in everything]
        assert _export(reader, suffix, since_seq=first) == [
            _as_written(suffix, row) for row in changed
        ]
    assert (len(everything), len(changed)) == (3, 4)
    assert changed[-1]["is_deleted"]


def test_a_table_without_rows_is_a_file_with_a_heading(organization):
    reader = client_with_key(organization, scopes=["feed:read"])

    for suffix in FORMATS:
        response = reader.get(f"{URL}.{suffix}")

        assert response["Content-Disposition"] == f'attachment; filename="scores.{suffix}"'
        assert response["Content-Type"] == FORMATS[suffix].media_type
        assert _read(suffix, response.getvalue()) == []
    heading = reader.get(f"{URL}.csv").getvalue().decode().strip().replace('"', "").split(",")
    assert (heading[0], heading[-1]) == ("id", "is_deleted")


def test_only_so_many_run_at_once_and_a_client_who_hangs_up_frees_his_slot(organization, settings):
    settings.EXPORT_SLOTS = 1
    reader = client_with_key(organization, scopes=["feed:read"])
    ScoreFactory(organization=organization)

    running = reader.get(f"{URL}.csv")
    refused = reader.get(f"{URL}.ndjson")
    in_use = slots_in_use()
    running.close()
    after = reader.get(f"{URL}.ndjson")

    assert (refused.status_code, refused["Retry-After"], in_use) == (429, "10", 1)
    assert refused["Content-Type"] == "application/problem+json"
    assert len(after.getvalue().splitlines()) == 1
    after.close()
    assert slots_in_use() == 0


def test_a_position_before_purged_deletions_is_410(organization):
    reader = client_with_key(organization, scopes=["feed:read"])
    ScoreFactory(organization=organization)
    position = positions(reader)[0][0]
    SyncHorizon.objects.create(
        entity="scores",
        organization=organization,
        seq=position + 5,
        synced_at=datetime(2026, 1, 1, tzinfo=UTC),
    )

    response = reader.get(f"{URL}.csv", {"since_seq": position})

    assert response.status_code == 410
    assert slots_in_use() == 0


def test_what_asks_for_no_file_starts_no_export(organization, settings):
    settings.EXPORT_SLOTS = 0
    reader = client_with_key(organization, scopes=["feed:read"])
    etag = reader.head(f"{URL}.csv")["ETag"]

    assert reader.head(f"{URL}.csv").status_code == 200
    assert reader.get(f"{URL}.csv", headers={"if-none-match": etag}).status_code == 304
    assert reader.get(f"{URL}.parquet", headers={"if-none-match": etag}).status_code == 429
    assert reader.get(f"{URL}.pdf").status_code == 404
    assert reader.get(f"{URL}.csv", {"page_size": 5}).json()["errors"][0]["attr"] == "page_size"
    assert reader.get(f"{URL}.csv", headers={"accept": "text/csv"}).status_code == 429
    assert (
        client_with_key(organization, scopes=["findings:read"]).get(f"{URL}.csv").status_code == 403
    )
    assert Client().get(f"{URL}.csv").status_code == 401
