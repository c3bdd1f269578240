"""GET /api/v1/feed/scores: what changed since, and never less."""

from datetime import UTC, datetime, timedelta

import pytest

from maturity.models import Organization, SyncChange
from maturity.services.changes import purge_tombstones, stamp_changes
from reports.feed.tables import SCORES
from tests.clients import client_with_key
from tests.factories import (
    AssessmentFactory,
    OrganizationFactory,
    ScoreFactory,
)
from tests.feed import URL, delete, edit, ids, positions


def test_a_row_that_changes_while_somebody_pages_comes_again(reader, three):
    first = reader.get(URL, {"page_size": 2}).json()
    edit(three[0], level=1, effective_level=1)

    rows = reader.get(first["next"]).json()["results"]

    assert [(row["id"], row["level"]) for row in rows] == [(three[2].pk, 5), (three[0].pk, 1)]


def test_anedited_row_that_waits_for_its_stamp_is_still_where_it_was(reader, three, busy):
    stamp_changes()
    edit(three[0], level=1, effective_level=1)

    rows = reader.get(URL).json()["results"]

    assert [(row["id"], row["level"]) for row in rows] == [
        (three[0].pk, 1),
        (three[1].pk, 4),
        (three[2].pk, 5),
    ]


def test_a_row_that_is_deleted_while_somebody_pages_is_reported(reader, three):
    first = reader.get(URL, {"page_size": 2}).json()
    delete(three[0])

    rows = reader.get(first["next"]).json()["results"]

    assert [(row["id"], row["is_deleted"]) for row in rows] == [
        (three[2].pk, False),
        (three[0].pk, True),
    ]


def test_it_is_reported_however_many_pages_later(reader, three):
    first = reader.get(URL, {"page_size": 1}).json()
    delete(three[0])

    rows, following = [], first["next"]
    while following:
        page = reader.get(following).json()
        rows, following = rows + page["results"], page["next"]

    assert [(row["id"], row["is_deleted"]) for row in rows] == [
        (three[1].pk, False),
        (three[2].pk, False),
        (three[0].pk, True),
    ]


def test_since_seq_is_exclusive(reader, three):
    first, _second, _third = positions(reader)

    response = reader.get(URL, {"since_seq": first[0]})

    assert ids(response) == [three[1].pk, three[2].pk]


def test_updated_since_is_inclusive(reader, three):
    _first, second, _third = positions(reader)

    response = reader.get(URL, {"updated_since": second[1]})

    assert ids(response) == [three[1].pk, three[2].pk]


@pytest.mark.parametrize(
    "parameters",
    [{"since_seq": 2**63 - 1}, {"updated_since": "9999-12-31T23:59:59.999999Z"}],
    ids=lambda parameters: next(iter(parameters)),
)
def test_a_position_in_the_future_gives_nothing(reader, three, parameters):
    assert ids(reader.get(URL, parameters)) == []


def test_pages_of_an_incremental_pull_go_on_where_they_were(reader, three):
    seq = positions(reader)[0][0]
    first = reader.get(URL, {"since_seq": seq, "page_size": 1})

    second = reader.get(first.json()["next"])

    assert (ids(first), ids(second)) == ([three[1].pk], [three[2].pk])


def test_a_tombstone_has_its_keys_and_nothing_else(reader, organization, three):
    seq = positions(reader)[-1][0]
    delete(three[1])

    rows = reader.get(URL, {"since_seq": seq}).json()["results"]

    change = SyncChange.objects.get(entity="scores", entity_id=three[1].pk)
    keys = {
        "id": three[1].pk,
        "organization_id": organization.pk,
        "organization": "acme",
        "seq": change.seq,
        "synced_at": f"{change.synced_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "is_deleted": True,
    }
    assert rows == [dict.fromkeys(SCORES.column_names) | keys]


def test_a_full_pull_has_no_tombstones(reader, three):
    delete(three[1])

    assert ids(reader.get(URL)) == [three[0].pk, three[2].pk]


def test_a_row_is_invisible_until_it_is_stamped(reader, three, busy):
    assert ids(reader.get(URL)) == []


def test_a_tombstone_passes_every_filter_on_a_column_it_no_longer_has(reader, three):
    seq = positions(reader)[-1][0]
    delete(three[0])

    response = reader.get(
        URL, {"since_seq": seq, "area": "discovery", "created_from": "2030-01-01T00:00:00Z"}
    )

    assert ids(response) == [three[0].pk]


def test_a_renamed_organisation_shows_in_every_client(reader, organization, three):
    seq = positions(reader)[-1][0]

    Organization.objects.filter(pk=organization.pk).update(slug="acme-inc")

    rows = reader.get(URL, {"since_seq": seq}).json()["results"]
    assert [row["organization"] for row in rows] == ["acme-inc"] * 3


def test_a_poll_costs_three_statements_however_many_rows(
    reader, organization, three, django_assert_num_queries
):
    ScoreFactory.create_batch(5, assessment=AssessmentFactory(organization=organization))

    # 1 the key with its organisations, 2 the stamp, 3 the page with its horizon
    with django_assert_num_queries(3):
        assert len(ids(reader.get(URL))) == 8


def test_an_idle_poll_with_its_etag_costs_two(reader, three, django_assert_num_queries):
    etag = reader.get(URL)["ETag"]

    with django_assert_num_queries(2):
        response = reader.get(URL, headers={"if-none-match": etag})

    assert response.status_code == 304
    assert response.content == b""
    assert response["ETag"] == etag


def test_the_etag_moves_with_every_change_and_every_query(reader, organization, three):
    etags = {reader.get(URL)["ETag"], reader.get(URL, {"page_size": 2})["ETag"]}
    etags.add(reader.get(URL, {"area": "x"})["ETag"])
    etags.add(client_with_key(OrganizationFactory(), scopes=["feed:read"]).get(URL)["ETag"])
    etags.add(reader.get(reader.get(URL, {"page_size": 2}).json()["next"])["ETag"])
    known = reader.get(URL)["ETag"]
    edit(three[0], level=5)

    response = reader.get(URL, headers={"if-none-match": known})

    assert len(etags) == 5
    assert len(ids(response)) == 3
    assert response["ETag"] != known


@pytest.mark.parametrize("header", ['"other"', "nonsense", 'W/"a", "b"'])
def test_an_unknown_etag_is_answered_in_full(reader, three, header):
    assert len(ids(reader.get(URL, headers={"if-none-match": header}))) == 3


class TestHorizon:
    """Deletions are kept for 90 days; who comes later than that starts afresh."""

    @pytest.fixture
    def long_ago(self, reader, three) -> list[tuple[int, str]]:
        """The positions of three rows before the second was deleted, 91 days ago."""
        before = positions(reader)
        delete(three[1])
        stamp_changes()
        purge_tombstones(at=datetime.now(UTC) + timedelta(days=91))
        return before

    def test_a_position_from_before_it_is_gone(self, reader, long_ago):
        by_seq = reader.get(URL, {"since_seq": long_ago[2][0]})
        by_time = reader.get(URL, {"updated_since": long_ago[2][1]})

        assert (by_seq.status_code, by_time.status_code) == (410, 410)
        assert by_seq.json()["code"] == "resync"
        assert by_seq["Content-Type"] == "application/problem+json"

    def test_a_cursor_from_before_it_is_gone(self, reader, three):
        cursor = reader.get(URL, {"page_size": 1}).json()["next_cursor"]
        delete(three[0])
        stamp_changes()
        purge_tombstones(at=datetime.now(UTC) + timedelta(days=91))

        response = reader.get(URL, {"cursor": cursor})

        assert response.status_code == 410

    def test_after_a_full_pull_its_greatest_position_is_good_again(self, reader, three, long_ago):
        pulled = reader.get(URL).json()["results"]

        by_seq = reader.get(URL, {"since_seq": pulled[-1]["seq"]})
        by_time = reader.get(URL, {"updated_since": pulled[-1]["synced_at"]})

        assert [row["id"] for row in pulled] == [three[0].pk, three[2].pk]
        assert (ids(by_seq), ids(by_time)) == ([], [three[2].pk])

    @pytest.mark.parametrize(
        "nothing", [{"since_seq": 0}, {"updated_since": "1970-01-01T00:00:00Z"}], ids=str
    )
    def test_who_starts_from_nothing_has_missed_nothing(self, reader, three, long_ago, nothing):
        assert ids(reader.get(URL, nothing)) == [three[0].pk, three[2].pk]

    def test_another_organisation_is_not_concerned(self, three, long_ago):
        other = ScoreFactory()
        client = client_with_key(other.organization, scopes=["feed:read"])

        assert ids(client.get(URL, {"since_seq": 1})) == [other.pk]
