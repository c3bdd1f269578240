"""POST …/signals/<format> for what is no signal: the record, the roster, units and surveys."""

import json

import pytest
import time_machine

from maturity.models import Placement, Score, Target, Unit
from maturity.services.imports import formats
from maturity.services.rubrics import publish_pack
from surveys.models import OutsideWave, ReleasedCell
from tests.clients import client_with_key
from tests.packs import guild_pack

HALF = ("accepted", "quarantined")
ANSWER = {
    "round_key": "r1",
    "item_key": "fit",
    "value": 4,
    "is_na": False,
    "group_keys": "",
    "scale_min": 1,
    "scale_max": 5,
}
# One row that is good, and one that is not, with the column at fault.
ROWS = {
    "units": (
        {"unit_key": "growth", "name": "Growth", "parent_key": None, "valid_from": "2026-01-01"},
        {"unit_key": "web", "name": "Web", "parent_key": "nobody", "valid_from": "2026-01-01"},
        "parent_key",
    ),
    "roster": (
        {"email": "bo@acme.example", "role": "pm", "valid_from": "2026-01-01"},
        {"email": "cy@acme.example", "role": "pm", "valid_from": "2026-01-01", "unit_key": "x"},
        "unit_key",
    ),
    "assessments": (
        {"round_key": "2026-Q2", "capability_key": "specs", "level": 2},
        {"round_key": "2026-Q2", "capability_key": "flying", "level": 2},
        "capability_key",
    ),
    "targets": (
        {"capability_key": "specs", "level": 3, "due_on": "2026-12-31", "reason": "Fewer slips"},
        {"capability_key": "flying", "level": 3, "due_on": "2026-12-31", "reason": "Because"},
        "capability_key",
    ),
    "survey_responses": (
        ANSWER | {"respondent_key": "p1"},
        ANSWER | {"respondent_key": "p2", "value": 9},
        "value",
    ),
}
STORED = {
    "units": Unit,
    "roster": Placement,
    "assessments": Score,
    "targets": Target,
    "survey_responses": OutsideWave,
}
SCOPES = {
    "assessments": "assessments:write",
    "roster": "people:write",
    "survey_responses": "surveys:write",
    "targets": "targets:write",
    "units": "units:write",
}


@pytest.fixture
def lead(organization, ana, login):
    organization.rubric_key = "guild"
    organization.save()
    with time_machine.travel("2026-01-01T00:00:00Z", tick=False):
        publish_pack(guild_pack())
    return login(ana)


def send(client, name, rows, *, query="", kind="application/json"):
    body = rows if isinstance(rows, bytes) else json.dumps(rows)
    address = f"/api/v1/orgs/acme/signals/{name}{query}"
    return client.generic("POST", address, body, content_type=kind)


def outcomes(response):
    assert response.status_code == 200, response.content
    return [(row["status"], row["column"]) for row in response.json()["results"]]


@pytest.mark.parametrize("name", ROWS)
def test_each_row_is_answered_for_stored_once_and_left_alone_when_it_comes_again(lead, name):
    good, bad, column = ROWS[name]

    first, again = (outcomes(send(lead, name, [good, bad])) for _ in range(2))

    assert first == [("accepted", None), ("quarantined", column)]
    assert again == [("unchanged", None), ("quarantined", column)]
    assert STORED[name].objects.count() == 1


@pytest.mark.parametrize("name", ["assessments", "targets", "survey_responses"])
def test_the_later_of_two_rows_wins_and_changed_values_are_an_update(lead, name):
    good, _bad, _column = ROWS[name]
    value = "value" if name == "survey_responses" else "level"
    lower = good | {value: 1}

    assert outcomes(send(lead, name, [lower, good])) == [("unchanged", None), ("accepted", None)]
    assert outcomes(send(lead, name, [lower])) == [("updated", None)]


def test_a_csv_body_is_answered_by_its_lines(lead):
    body = b"email,valid_from,role,unit_key\nbo@acme.example,2026-01-01,pm,\n,2026-01-01,pm,\n"

    results = send(lead, "roster", body, kind="text/csv").json()["results"]

    assert [(row["line"], row["status"]) for row in results] == [
        (2, "accepted"),
        (3, "quarantined"),
    ]


def test_a_survey_goes_through_the_gate_and_its_groups_may_overlap(lead):
    rows = [
        ANSWER | {"respondent_key": f"p{n}", "group_keys": "emea|new" if n < 6 else "emea"}
        for n in range(12)
    ]

    body = send(lead, "survey_responses", rows, query="?groups=tags").json()

    assert body["accepted"] == 12
    assert OutsideWave.objects.get().shape == "tags"
    cell = ReleasedCell.objects.get(kind="item", key="fit", group_key="organization")
    assert cell.n == 12


@pytest.mark.parametrize(
    ("name", "query"), [("survey_responses", "?groups=web"), ("units", "?groups=tree")]
)
def test_groups_that_mean_nothing_are_400(lead, name, query):
    response = send(lead, name, [], query=query)

    assert (response.status_code, response.json()["errors"][0]["attr"]) == (400, "groups")


def test_a_workbook_is_no_csv(lead):
    response = send(lead, "units", b"PK\x03\x04", kind="text/csv")

    assert response.status_code == 400
    assert "is a workbook" in response.json()["detail"]


@pytest.mark.parametrize("name", SCOPES)
def test_what_is_no_signal_needs_a_scope_of_its_own(organization, name):
    client = client_with_key(organization, scopes=["signals:write"])

    response = send(client, name, [])

    assert (response.status_code, response.json()["code"]) == (403, "missing_scope")
    assert SCOPES[name] in response.json()["detail"]
    assert not ROWS.keys() - set(formats())
