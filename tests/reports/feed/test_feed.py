"""GET /api/v1/feed/scores: rows and pages."""

from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from maturity.models import SyncChange
from maturity.services.changes import stamp_changes
from maturity.services.keys import create_key
from tests.factories import (
    AssessmentFactory,
    OrganizationFactory,
    ScoreFactory,
    UnitFactory,
    UserFactory,
)
from tests.feed import URL, edit, ids


@pytest.fixture
def secretive(organization, rubric):
    """A score with everything on it, of which the feed tells a part."""
    return ScoreFactory(
        assessment=AssessmentFactory(organization=organization, rubric=rubric),
        capability=rubric.capabilities.select_related("area").get(key="event_taxonomy"),
        unit=UnitFactory(organization=organization, key="payments"),
        level=4,
        effective_level=2,
        evidence_kind="link",
        evidence_ref="https://wiki.example/secret",
        evidence_date=date(2025, 12, 1),
        note="Maria says so.",
        recorded_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
    )


def test_a_row_is_flat_and_complete(reader, organization, secretive):
    capability = secretive.capability

    response = reader.get(URL)

    change = SyncChange.objects.get(entity="scores")
    assert response.json() == {
        "next": None,
        "next_cursor": None,
        "results": [
            {
                "id": secretive.pk,
                "organization_id": organization.pk,
                "organization": "acme",
                "assessment_id": secretive.assessment_id,
                "unit_id": secretive.unit_id,
                "unit": "payments",
                "area_id": capability.area_id,
                "area": capability.area.key,
                "area_name": capability.area.name,
                "capability_id": capability.pk,
                "capability": "event_taxonomy",
                "capability_name": "Event taxonomy",
                "rubric": "product-ops-core",
                "rubric_version": "1.0.0",
                "state": "assessed",
                "level": 4,
                "effective_level": 2,
                "level_label": "Measured",
                "evidence_kind": "link",
                "evidence_date": "2025-12-01",
                "has_evidence_link": True,
                "replaces_id": None,
                "valid_from": "2026-01-01",
                "recorded_at": "2026-01-01T12:00:00.000000Z",
                "created_at": "2026-01-01T12:00:00.000000Z",
                "seq": change.seq,
                "synced_at": f"{change.synced_at:%Y-%m-%dT%H:%M:%S.%fZ}",
                "is_deleted": False,
            }
        ],
    }
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "private, no-cache"


def test_a_row_without_a_level_says_why(reader, organization):
    ScoreFactory(organization=organization, state="unknown", level=None, effective_level=None)

    row = reader.get(URL).json()["results"][0]

    assert (row["state"], row["level"], row["effective_level"], row["level_label"]) == (
        "unknown",
        None,
        None,
        None,
    )
    assert (row["evidence_kind"], row["has_evidence_link"]) == (None, False)
    assert (row["unit_id"], row["unit"]) == (None, None)


def test_a_whole_number_of_seconds_has_six_digits_all_the_same(reader, three):
    SyncChange.objects.filter(entity="scores").update(synced_at=None, seq=None)
    stamp_changes()
    SyncChange.objects.filter(entity="scores", entity_id=three[0].pk).update(
        synced_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    )

    row = reader.get(URL).json()["results"][0]

    assert row["synced_at"] == "2026-01-02T03:04:05.000000Z"


def test_changes_of_other_tables_are_not_in_it(reader, organization, three):
    SyncChange.objects.create(
        entity="tools", entity_id=three[0].pk, organization=organization, dirty_since=timezone.now()
    )

    assert len(ids(reader.get(URL))) == 3


def test_who_belongs_nowhere_reads_nothing(three, login):
    key, secret = create_key([OrganizationFactory()], scopes=["feed:read"])
    key.organizations.clear()

    by_key = Client().get(URL, headers={"x-api-key": secret})
    by_session = login(UserFactory()).get(URL)

    assert (ids(by_key), ids(by_session)) == ([], [])


def test_rows_come_ascending_by_their_number(reader, three):
    first = reader.get(URL).json()["results"]
    edit(three[0], level=5)

    again = reader.get(URL).json()["results"]

    assert [row["id"] for row in first] == [score.pk for score in three]
    assert [row["id"] for row in again] == [three[1].pk, three[2].pk, three[0].pk]


def test_pages_end_with_the_last_row(reader, three):
    first = reader.get(URL, {"page_size": 2})
    body = first.json()

    second = reader.get(body["next"])

    assert ids(first) == [three[0].pk, three[1].pk]
    assert first["Link"] == f'<{body["next"]}>; rel="next"'
    assert parse_qs(urlsplit(body["next"]).query)["cursor"] == [body["next_cursor"]]
    assert ids(second) == [three[2].pk]
    assert (second.json()["next"], second.json()["next_cursor"]) == (None, None)
    assert "Link" not in second


def test_a_page_that_is_exactly_full_is_the_last(reader, three):
    body = reader.get(URL, {"page_size": 3}).json()

    assert len(body["results"]) == 3
    assert body["next"] is None


def test_the_page_size_may_change_between_pages(reader, three):
    cursor = reader.get(URL, {"page_size": 1}).json()["next_cursor"]

    response = reader.get(URL, {"page_size": 2, "cursor": cursor})

    assert ids(response) == [three[1].pk, three[2].pk]


def test_a_key_that_came_in_the_address_stays_in_the_next_address(organization, three):
    _key, secret = create_key([organization], scopes=["feed:read"])

    following = Client().get(URL, {"page_size": 2, "api_key": secret}).json()["next"]

    assert ids(Client().get(following)) == [three[2].pk]
