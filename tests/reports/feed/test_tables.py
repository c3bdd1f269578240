"""Every feed table: what stands in it, whose rows, and what arrives when they change."""

import json
import re
from datetime import date, datetime

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from maturity.models import Organization, SyncChange
from maturity.services.changes import purge_tombstones, stamp_changes
from reports.api.feed_schema import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from reports.feed.formats import native
from reports.feed.query import FeedQuery, rows_statement
from reports.feed.tables import TABLES, Table
from tests.clients import client_with_key
from tests.factories import OrganizationFactory
from tests.reports.feed.sources import PERSON, SOURCES, fill, may_be_erased, run

EVERY = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
CHANGING = pytest.mark.parametrize(
    "table", [t for t in TABLES if SOURCES[t.name].change], ids=lambda table: table.name
)
LEAVING = pytest.mark.parametrize(
    "table", [t for t in TABLES if SOURCES[t.name].remove], ids=lambda table: table.name
)
TYPES = {
    "integer": int,
    "number": (int, float),
    "string": str,
    "boolean": bool,
    "date": str,
    "moment": str,
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
NAMES_SOMEBODY = re.compile(
    r"person|user_|email|requester|decider_key|owner$|owner_id|_by|note|comment|reason|evidence_ref"
)


class Scene:
    """Two organisations, each with rows in every table, and a reader of the first one."""

    def __init__(self) -> None:
        self.home = OrganizationFactory(slug="acme", name="Acme", timezone="Europe/Berlin")
        self.foreign = OrganizationFactory(slug="other")
        self.own = fill(self.home)
        self.theirs = fill(self.foreign)
        stamp_changes()
        self.reader = client_with_key(self.home, scopes=["feed:read"])


@pytest.fixture(scope="module")
def filled(django_db_setup, django_db_blocker):
    """Made once; every test rolls back to it."""
    with django_db_blocker.unblock():
        undone = transaction.atomic()
        undone.__enter__()
        yield Scene()
        transaction.set_rollback(True)
        undone.__exit__(None, None, None)


@pytest.fixture
def scene(filled: Scene, db: None) -> Scene:
    cache.clear()
    return filled


def read(client: Client, table: Table, **query: object) -> list[dict]:
    response = client.get(f"/api/v1/feed/{table.name}", query)
    assert response.status_code == 200, response.content
    return json.loads(response.content)["results"]


def replica(rows: list[dict], held: dict[int, dict] | None = None) -> dict[int, dict]:
    """What a client holds that keys on the id."""
    kept = dict(held or {})
    for row in rows:
        kept.pop(row["id"], None)
        if not row["is_deleted"]:
            kept[row["id"]] = row
    return kept


@EVERY
def test_keys_come_first_and_the_state_last(table):
    names = table.column_names

    assert names[:3] == ["id", "organization_id", "organization"]
    assert names[-4:] == ["created_at", "seq", "synced_at", "is_deleted"]
    assert len(names) == len(set(names))
    assert table.filters.keys() <= set(names)


@EVERY
def test_no_column_names_a_person_or_holds_what_somebody_wrote(table):
    named = [name for name in table.column_names if NAMES_SOMEBODY.search(name)]

    assert set(named) <= {"active_users", "eligible_users"}


@EVERY
def test_a_label_never_stands_alone(table):
    labels = {name for name in table.column_names if name.endswith(("_name", "_label"))}

    assert {re.sub(r"_(name|label)$", "", label) for label in labels} <= set(table.column_names)


@EVERY
def test_no_column_depends_on_the_clock(table):
    told = " ".join([table.row, table.joins, *(column.sql for column in table.columns)])

    assert not re.search(r"now\(|current_|clock_|localtime|statement_timestamp", told)


@EVERY
def test_no_address_ends_in_a_slash(table, db):
    client = Client()

    assert client.get(f"/api/v1/feed/{table.name}").status_code == 401
    assert client.get(f"/api/v1/feed/{table.name}/").status_code == 404


def test_the_tables_are_those_of_the_contract():
    assert [table.name for table in TABLES] == [
        *("organizations", "units", "areas", "capabilities", "scores", "area_levels", "targets"),
        *("org_facts", "headcounts", "signs", "benefits", "findings", "tools", "tool_usage"),
        *("gate_requests", "decisions", "survey_waves", "survey_results", "initiatives"),
    ]


def test_a_page_has_1000_rows_unless_asked_and_at_most_10000():
    assert (DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE) == (1_000, 10_000)


@EVERY
def test_files_are_not_sorted(table):
    sql, _parameters = rows_statement(FeedQuery(table, (1,), 1_000), native(table))

    assert "ORDER BY c.seq" not in sql
    assert "seq LIMIT" not in sql


@EVERY
def test_every_column_has_a_meaning_and_an_example_of_its_kind(table):
    for column in table.columns:
        assert column.meaning.endswith((".", ")")), column.name
        assert column.example is None or isinstance(column.example, TYPES[column.kind])
        if column.example is not None and column.kind == "moment":
            assert MOMENT.fullmatch(column.example), column.name
        if column.example is not None and column.kind == "date":
            date.fromisoformat(column.example)


@EVERY
def test_rows_have_every_column_in_order_and_of_its_kind(scene, table):
    rows = read(scene.reader, table)

    assert scene.own[table.name] in [row["id"] for row in rows]
    for row in rows:
        assert list(row) == table.column_names
        assert row["created_at"] is not None
        for column in table.columns:
            value = row[column.name]
            if value is None:
                assert column.nullable
                continue
            kind = TYPES[column.kind]
            assert isinstance(value, kind), column.name
            assert column.kind == "boolean" or not isinstance(value, bool), column.name
            if column.kind == "integer":
                assert abs(value) < 2**53
            if column.kind == "moment":
                assert MOMENT.fullmatch(value), column.name
            if column.kind == "date":
                date.fromisoformat(value)


@EVERY
def test_rows_of_others_never_appear(scene, table):
    rows = read(scene.reader, table)

    assert {row["organization"] for row in rows} == {"acme"}
    if table.name != "organizations":
        assert scene.theirs[table.name] not in [row["id"] for row in rows]


@EVERY
def test_no_value_names_anybody(scene, table):
    assert PERSON not in json.dumps(read(scene.reader, table))


@EVERY
def test_filters_choose_rows_by_the_column_of_their_name(scene, table):
    rows = read(scene.reader, table)

    for name in table.filters:
        value = next((row[name] for row in rows if row[name] is not None), None)
        if value is not None:
            wanted = [row["id"] for row in rows if row[name] == value]
            assert [row["id"] for row in read(scene.reader, table, **{name: value})] == wanted
        assert read(scene.reader, table, **{name: "no-such-thing"}) == []


@EVERY
def test_a_new_row_arrives(scene, table):
    if table.name == "organizations":
        pytest.skip("a key sees no organisation that is made later")
    held = read(scene.reader, table)

    made = SOURCES[table.name].make(scene.home)

    rows = read(scene.reader, table, since_seq=held[-1]["seq"])
    assert made in [row["id"] for row in rows]
    assert replica(rows, replica(held)) == replica(read(scene.reader, table))


@CHANGING
def test_a_change_by_raw_sql_arrives_with_its_new_state(scene, table):
    held, row_id = read(scene.reader, table), scene.own[table.name]
    may_be_erased(scene.home)

    run(SOURCES[table.name].change, row_id)

    rows = read(scene.reader, table, updated_since=held[-1]["synced_at"])
    before = replica(held)
    after = replica(rows, before)
    assert row_id in [row["id"] for row in rows]
    assert after == replica(read(scene.reader, table))
    assert {**after[row_id], "seq": 0, "synced_at": 0} != {
        **before[row_id],
        "seq": 0,
        "synced_at": 0,
    }
    assert after[row_id]["created_at"] == before[row_id]["created_at"]


@LEAVING
def test_a_row_that_goes_leaves_its_keys_and_nothing_else(scene, table):
    held, row_id = read(scene.reader, table), scene.own[table.name]
    may_be_erased(scene.home)

    run(SOURCES[table.name].remove, row_id)

    rows = read(scene.reader, table, since_seq=held[-1]["seq"])
    keys = {column.name for column in table.columns if column.is_key}
    assert [row["id"] for row in rows] == [row_id]
    assert rows[0]["is_deleted"] is True
    assert {name for name, value in rows[0].items() if value is not None} == keys
    assert replica(rows, replica(held)) == replica(read(scene.reader, table))
    assert SyncChange.objects.get(entity=table.name, entity_id=row_id).deleted


@LEAVING
def test_its_tombstone_is_purged_and_the_position_before_it_is_gone(scene, table):
    held = read(scene.reader, table)
    may_be_erased(scene.home)
    run(SOURCES[table.name].remove, scene.own[table.name])
    stamp_changes()

    purge_tombstones(at=datetime.fromisoformat("2199-01-01T00:00:00Z"))

    response = scene.reader.get(f"/api/v1/feed/{table.name}?since_seq={held[-1]['seq']}")
    assert response.status_code == 410


@EVERY
def test_a_renamed_organisation_shows_in_every_row(scene, table):
    held = read(scene.reader, table)

    Organization.objects.filter(pk=scene.home.pk).update(slug="acme-inc")

    rows = read(scene.reader, table, since_seq=held[-1]["seq"])
    assert {row["id"] for row in rows} == {row["id"] for row in held}
    assert {row["organization"] for row in rows} == {"acme-inc"}


@EVERY
def test_a_page_costs_three_statements(scene, table, django_assert_num_queries):
    read(scene.reader, table)

    # 1 the key with its organisations, 2 the stamp, 3 the page with its horizon
    with django_assert_num_queries(3):
        read(scene.reader, table)
