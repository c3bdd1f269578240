"""GET /api/v1/feed/scores: filters, cursors, and every refusal by name."""

from datetime import UTC, datetime

import pytest

from reports.api import feed
from tests.clients import client_with_key
from tests.factories import (
    AreaFactory,
    AssessmentFactory,
    CapabilityFactory,
    OrganizationFactory,
    ScoreFactory,
)
from tests.feed import URL, ids


def test_created_from_and_created_to_are_half_open(reader, organization):
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)]
    scores = [ScoreFactory(organization=organization, recorded_at=day) for day in days]

    response = reader.get(
        URL, {"created_from": "2026-01-02T00:00:00Z", "created_to": "2026-01-03T00:00:00Z"}
    )

    assert ids(response) == [scores[1].pk]


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T00:00:00.000000Z",
        "2026-01-02T01:00:00+01:00",
        "2026-01-02T01:00:00 01:00",  # the blank is an unescaped plus
        "2026-01-01 19:00:00-0500",
        "2026-01-02 00:00:00 00:00",
        "2026-01-02t00:00z",
    ],
)
def test_timestamps_are_understood_with_any_offset(reader, organization, text):
    score = ScoreFactory(organization=organization, recorded_at=datetime(2026, 1, 2, tzinfo=UTC))

    response = reader.get(URL, {"created_from": text})

    assert ids(response) == [score.pk]
    after = reader.get(URL, {"created_to": text})
    assert ids(after) == []


def test_filters_by_area_and_capability(reader, organization):
    assessment = AssessmentFactory(organization=organization)
    area = AreaFactory(rubric=assessment.rubric, key="discovery")
    capability = CapabilityFactory(area=area, key="interviews")
    wanted = ScoreFactory(assessment=assessment, capability=capability)
    ScoreFactory(assessment=assessment)

    assert ids(reader.get(URL, {"area": "discovery"})) == [wanted.pk]
    assert ids(reader.get(URL, {"capability": "interviews"})) == [wanted.pk]
    assert ids(reader.get(URL, {"capability": "interviews", "area": "other"})) == []


def test_a_key_of_two_organisations_reads_both_and_can_choose(organization, three):
    second, third = OrganizationFactory(slug="beta"), OrganizationFactory(slug="gamma")
    other, _foreign = ScoreFactory(organization=second), ScoreFactory(organization=third)
    both = client_with_key(organization, second, scopes=["feed:read"])

    assert ids(both.get(URL)) == [*(score.pk for score in three), other.pk]
    assert ids(both.get(URL, {"organization": "beta"})) == [other.pk]
    assert ids(both.get(URL, {"organization": "gamma"})) == []
    assert ids(both.get(URL, {"organization": "nowhere"})) == []


@pytest.mark.parametrize(
    "changed", [{"area": "x"}, {"since_seq": 0}, {"created_to": "2027-01-01T00:00:00Z"}], ids=str
)
def test_a_cursor_belongs_to_its_filters(reader, three, changed):
    cursor = reader.get(URL, {"page_size": 1}).json()["next_cursor"]

    response = reader.get(URL, {"cursor": cursor} | changed)

    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == "cursor"


def test_a_cursor_belongs_to_the_organisations_of_its_key(reader, organization, three):
    cursor = reader.get(URL, {"page_size": 1}).json()["next_cursor"]
    wider = client_with_key(organization, OrganizationFactory(), scopes=["feed:read"])

    assert wider.get(URL, {"cursor": cursor}).status_code == 400


@pytest.mark.parametrize("position", [0, 5, -1])
def test_a_tampered_cursor_is_refused(reader, three, position):
    cursor = reader.get(URL, {"page_size": 1}).json()["next_cursor"]
    letters = list(cursor)
    letters[position] = "A" if letters[position] != "A" else "B"

    response = reader.get(URL, {"cursor": "".join(letters)})

    assert response.status_code == 400
    assert response.json()["code"] == "bad_cursor"


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("page_size", "0"),
        ("page_size", "-1"),
        ("page_size", "-99999999999999999999999"),
        ("page_size", "ten"),
        ("page_size", "1_0"),
        ("page_size", "١"),
        ("page_size", ""),
        ("since_seq", ""),
        ("since_seq", "-1"),
        ("since_seq", "1.5"),
        ("since_seq", str(2**63)),
        ("since_seq", "9" * 5000),
        ("updated_since", ""),
        ("updated_since", "yesterday"),
        ("updated_since", "2026-01-01"),
        ("updated_since", "2026-01-01T00:00:00"),
        ("updated_since", "2026-02-30T00:00:00Z"),
        ("updated_since", "0001-01-01T00:00:00+14:00"),
        ("updated_since", "9999-12-31T23:59:59-14:00"),
        ("updated_since", "2026-01-01T00:00:00+99:99"),
        ("created_from", ""),
        ("created_to", "1767225600"),
        ("cursor", ""),
        ("cursor", "nonsense"),
        ("cursor", "\x00"),
        ("area", "\x00"),
        ("organization", "a\x00"),
        ("updated_sinze", "2026-01-01T00:00:00Z"),
        ("format", "csv"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(reader, three, parameter, value):
    response = reader.get(URL, {parameter: value})

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert [error["attr"] for error in response.json()["errors"]] == [parameter]


def test_a_parameter_is_given_once(reader):
    response = reader.get(f"{URL}?since_seq=1&since_seq=2")

    assert response.status_code == 400
    assert response.json()["errors"] == [
        {
            "attr": "since_seq",
            "code": "repeated_parameter",
            "detail": "Give this parameter once.",
        }
    ]


def test_only_one_kind_of_position_is_given(reader):
    response = reader.get(URL, {"since_seq": 1, "updated_since": "2026-01-01T00:00:00Z"})

    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == "updated_since"


@pytest.mark.parametrize("asked", ["3", "10001", "9" * 40])
def test_a_larger_page_than_there_is_becomes_the_largest(reader, three, monkeypatch, asked):
    monkeypatch.setattr(feed, "MAX_PAGE_SIZE", 2)

    assert len(ids(reader.get(URL, {"page_size": asked}))) == 2


@pytest.mark.parametrize("raw", ["area=%ff%fe", "area=%ed%a0%80", "cursor=%f0%9f%92%a9", "%ff=1"])
def test_bytes_that_are_no_text_are_no_server_error(reader, raw):
    assert reader.get(f"{URL}?{raw}").status_code in {200, 400}
