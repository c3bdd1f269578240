"""GET /api/v1/feed/<table>.<suffix>: the same rows as a file.

An export has a connection of its own, which sees only what is committed.
"""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import openpyxl
import orjson
import pyarrow as pa
import pyarrow.parquet
import pytest
from django.db import transaction
from django.test import Client

from maturity.models import SyncHorizon
from reports.feed.exports import slots_in_use
from reports.feed.formats import FORMATS
from reports.feed.tables import SCORES, TABLES, Table
from tests.clients import client_with_key
from tests.factories import OrganizationFactory, ScoreFactory
from tests.feed import URL, positions
from tests.reports.feed.sources import SOURCES, fill, may_be_erased, run

pytestmark = pytest.mark.django_db(transaction=True)


def _text_rows(names: list[str], rows: Any) -> list[dict]:
    """Rows of a format without types of its own."""
    return [
        {name: None if value in ("", None) else value for name, value in row}
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


def _values(table: Table, row: dict) -> dict:
    """A row of any format as plain values; formats differ in how they write them."""
    return {
        column.name: None if row[column.name] is None else READ[column.kind](row[column.name])
        for column in table.columns
    }


READ = {
    "integer": int,
    "number": float,
    "string": str,
    "boolean": lambda value: str(value).lower() == "true",
    "date": str,
    "moment": lambda value: (
        value if isinstance(value, datetime) else datetime.fromisoformat(value.upper())
    ),
}
NATIVE = {
    "integer": "int64",
    "number": "double",
    "string": "string",
    "boolean": "bool",
    "date": "date32[day]",
    "moment": "timestamp[us, tz=UTC]",
}


def _export(client: Client, table: Table, suffix: str, **query: Any) -> list[dict]:
    response = client.get(f"/api/v1/feed/{table.name}.{suffix}", query)
    assert response.status_code == 200
    rows = [_values(table, row) for row in _read(suffix, response.getvalue())]
    return sorted(rows, key=lambda row: row["seq"])


def _pages(client: Client, table: Table, **query: Any) -> list[dict]:
    rows = client.get(f"/api/v1/feed/{table.name}", query).json()["results"]
    return [_values(table, row) for row in rows]


def test_every_format_of_every_table_has_the_rows_of_its_pages(organization):
    """Tombstones included; in a full pull there are none."""
    reader = client_with_key(organization, scopes=["feed:read"])
    fill(OrganizationFactory())
    SOURCES["scores"].make(organization)
    for source in SOURCES.values():
        gone = source.make(organization)
        if source.make(organization) != gone and source.remove:
            with transaction.atomic():
                may_be_erased(organization)
                run(source.remove, gone)

    for table in TABLES:
        changed, everything = _pages(reader, table, since_seq=0), _pages(reader, table)
        assert len(changed) >= len(everything) > 0, table.name
        for suffix in FORMATS:
            assert _export(reader, table, suffix, since_seq=0) == changed, (table.name, suffix)
        assert _export(reader, table, "ndjson") == everything
    assert any(row["is_deleted"] for row in _pages(reader, SCORES, since_seq=0))
    area = _pages(reader, SCORES)[0]["area"]
    chosen = _export(reader, SCORES, "csv", area=area)
    assert chosen == _pages(reader, SCORES, area=area) != _pages(reader, SCORES)


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_columnar_formats_carry_types_of_their_own(organization, suffix):
    reader = client_with_key(organization, scopes=["feed:read"])
    for table in TABLES:
        content = reader.get(f"/api/v1/feed/{table.name}.{suffix}").getvalue()
        source = io.BytesIO(content)
        schema = (
            pyarrow.parquet.read_schema(source)
            if suffix == "parquet"
            else pa.ipc.open_stream(source).schema
        )

        types = {field.name: str(field.type) for field in schema}

        assert types == {column.name: NATIVE[column.kind] for column in table.columns}


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
