"""Units, people, members, evidence, exemptions and standing by script."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from maturity.models import Membership, Person, Placement, Unit
from maturity.services.keys import create_key
from tests.factories import MembershipFactory, PlacementFactory, UserFactory
from tests.operations import PLACED, partial_assessment, shipped_rubric

URL = "/api/v1/orgs/acme"
SCOPES = [
    "assessments:read",
    "assessments:write",
    "targets:write",
    "units:read",
    "units:write",
    "people:read",
    "people:write",
]


@pytest.fixture
def owner(organization):
    return MembershipFactory(organization=organization, role="owner").user


def client_of(organization, by, *scopes):
    _key, secret = create_key([organization], scopes=list(scopes), by=by)
    client = Client(headers={"authorization": f"Bearer {secret}"})
    client.get(f"{URL}/settings")  # notes the key's use, once a minute
    return client


@pytest.fixture
def api(organization, ana):
    return client_of(organization, ana, *SCOPES)


def send(api, method, path, body, **headers):
    return api.generic(
        method,
        f"{URL}/{path}",
        body if isinstance(body, bytes) else json.dumps(body),
        content_type="application/json",
        headers=headers,
    )


def problem(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    return response.json()


def grow(api, *keys, parent=None):
    for key in keys:
        body = {"key": key, "name": key.title(), "parent": parent, "valid_from": "2026-01-01"}
        assert send(api, "POST", "units", body).status_code == 201


def test_the_tree_has_two_time_axes(api, organization):
    grow(api, "commerce", "growth")
    grow(api, "payments", parent="commerce")
    known = api.get(f"{URL}/units/payments").json()["versions"][0]["recorded_at"]
    on = {"on": "2026-06-01", "reason": "New strategy"}

    moved = send(api, "POST", "units/payments/move", {"parent": "growth", **on})

    assert moved.status_code == 200, moved.content

    def above(**query):
        rows = api.get(f"{URL}/units", query).json()["results"]
        return {row["key"]: row["parent"] for row in rows}["payments"]

    assert above(as_of="2026-05-31") == "commerce"
    assert above(as_of="2026-06-01") == "growth"
    assert above(as_of="2026-06-01", known_at=known) == "commerce"
    [change] = api.get(f"{URL}/units/payments/changes").json()["results"]
    assert (change["kind"], change["reason"], change["by"]) == ("moved", "New strategy", "Ana")


def test_a_unit_is_merged_split_and_closed(api, organization):
    grow(api, "a", "b", "c", "d")
    on = {"on": "2026-06-01", "reason": "Fewer teams"}
    parts = [{"key": "c-one", "name": "One"}, {"key": "c-two", "name": "Two"}]

    answers = [
        send(api, "POST", "units/a/merge", {"into": "b", **on}),
        send(api, "POST", "units/c/split", {"parts": parts, "heir": "c-one", **on}),
        send(api, "POST", "units/d/close", on),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    rows = api.get(f"{URL}/units", {"as_of": "2026-06-01"}).json()["results"]
    assert sorted(row["key"] for row in rows) == ["b", "c-one", "c-two"]


def test_a_change_of_a_unit_that_was_changed_meanwhile_is_412(api, organization):
    grow(api, "payments")
    seen = api.get(f"{URL}/units/payments")["ETag"]
    body = {"name": "Pay", "valid_from": "2026-02-01"}

    first = send(api, "PUT", "units/payments", body, **{"If-Match": seen})
    second = send(api, "PUT", "units/payments", {**body, "name": "P"}, **{"If-Match": seen})

    assert first.status_code == 200, first.content
    assert problem(second, 412)["code"] == "stale"
    names = [row["name"] for row in api.get(f"{URL}/units/payments").json()["versions"]]
    assert names == ["Payments", "Pay"]


def test_units_below_themselves_are_409_and_a_taken_key_is_400(api, organization):
    grow(api, "top")
    grow(api, "low", parent="top")
    on = {"on": "2026-06-01", "reason": "Why"}

    below_itself = send(api, "POST", "units/top/move", {"parent": "low", **on})
    taken = send(
        api, "POST", "units/bulk", {"units": [{"key": "new", **PLACED}, {"key": "top", **PLACED}]}
    )

    assert problem(below_itself, 409)["code"] == "cyclic_tree"
    assert problem(taken, 400)["errors"][0]["attr"] == "units.1.key"
    assert not Unit.objects.filter(key="new").exists()


def test_people_come_move_and_leave(api, organization):
    grow(api, "payments")
    body = {"email": "pat@acme.example", "name": "Pat", "role": "pm", "valid_from": "2026-01-01"}
    made = send(api, "POST", "people", body).json()
    path = f"people/{made['id']}"

    send(
        api, "POST", f"{path}/place", {"role": "pm", "unit": "payments", "valid_from": "2026-03-01"}
    )
    left = send(api, "POST", f"{path}/leave", {"on": "2026-06-01"})

    assert left.json()["placements"] == [
        {"role": "pm", "unit": None, "valid_from": "2026-01-01", "valid_until": "2026-03-01"},
        {"role": "pm", "unit": "payments", "valid_from": "2026-03-01", "valid_until": "2026-06-01"},
    ]

    def there(day):
        rows = api.get(f"{URL}/people", {"as_of": day, "role": "pm"}).json()["results"]
        return [row["unit"] for row in rows]

    assert [there(day) for day in ("2025-12-31", "2026-02-01", "2026-05-31", "2026-06-01")] == [
        [],
        [None],
        ["payments"],
        [],
    ]


def test_people_are_added_together_or_not_at_all(api, organization):
    row = {"role": "pm", "valid_from": "2026-01-01"}
    people = [{"email": f"p{n}@acme.example", **row} for n in range(3)]

    refused = send(
        api,
        "POST",
        "people/bulk",
        {"people": [*people, {"email": "x@y.example", **row, "unit": "lost"}]},
    )

    assert problem(refused, 400)["errors"][0]["attr"] == "people.3.unit"
    assert not Person.objects.exists()
    assert send(api, "POST", "people/bulk", {"people": people}).status_code == 201
    assert Placement.objects.count() == 3


def test_an_address_is_on_the_roster_once(api, organization):
    known = PlacementFactory(person__organization=organization).person
    other = PlacementFactory(person__organization=organization).person
    body = {"email": known.email.upper(), "role": "pm", "valid_from": "2026-01-01"}

    again = send(api, "POST", "people", body)
    changed = send(api, "PATCH", f"people/{other.pk}", {"email": known.email})

    assert problem(again, 400)["errors"][0]["attr"] == "email"
    assert problem(changed, 400)["errors"][0]["attr"] == "email"
    zone = send(api, "PATCH", f"people/{other.pk}", {"timezone": "Mars/Olympus"})
    assert problem(zone, 400)["errors"][0]["attr"] == "timezone"


def test_an_organisation_keeps_an_owner(organization, owner):
    api = client_of(organization, owner, "members:read", "members:write")
    [row] = api.get(f"{URL}/members").json()["results"]

    demoted = send(api, "PATCH", f"members/{row['id']}", {"role": "viewer"})
    gone = send(api, "DELETE", f"members/{row['id']}", {})
    UserFactory(email="known@acme.example")
    let_in = send(api, "POST", "members", {"email": "Known@acme.example", "role": "owner"})
    twice = send(api, "POST", "members", {"email": "known@acme.example", "role": "viewer"})

    assert [problem(each, 409)["code"] for each in (demoted, gone)] == ["last_owner"] * 2
    assert let_in.status_code == 201, let_in.content
    assert problem(twice, 400)["errors"][0]["attr"] == "email"
    assert send(api, "DELETE", f"members/{row['id']}", {}).status_code == 204
    assert [each.role for each in Membership.objects.all()] == ["owner"]


def test_an_exemption_is_approved_by_another_person(api, organization, ana, owner, rubric):
    key = rubric.capabilities.first().key
    asked = {"capability": key, "reason": "None", "ends_on": "2199-01-01"}
    pk = send(api, "POST", "exemptions", asked).json()["id"]
    of_owner = client_of(organization, owner, "assessments:read", "assessments:write")

    own = send(api, "POST", f"exemptions/{pk}/approve", {})
    others = send(of_owner, "POST", f"exemptions/{pk}/approve", {})

    assert problem(own, 409)["code"] == "not_independent"
    assert others.json()["verdict"] == "approved"
    before = api.get(f"{URL}/exemptions/{pk}", {"known_at": others.json()["recorded_at"]})
    assert before.json()["verdict"] is None
    standing = {row["capability"]: row for row in api.get(f"{URL}/standing").json()["results"]}
    assert standing[key]["exemption_id"] == pk
    assert standing[key]["state"] == "not_applicable"


def test_standing_tells_level_target_and_gap_on_both_axes(api, organization):
    partial_assessment(organization)
    new = {"capability": "event_taxonomy", "level": 5, "due_on": "2199-01-01", "reason": "Why"}
    target = send(api, "POST", "targets", new).json()

    def stands(**query):
        rows = api.get(f"{URL}/standing", query).json()["results"]
        row = next(row for row in rows if row["capability"] == "event_taxonomy")
        return row["level"], row["target"], row["levels_missing"]

    assert stands() == (2, 5, 3)
    assert stands(as_of="2025-12-31") == (None, 3, None)
    areas = {row["area"]: row for row in api.get(f"{URL}/areas").json()["results"]}
    assert areas["analytics_infrastructure"]["assessed"] == 1
    assert target["level"] == 5


def test_a_file_is_kept_and_handed_out_as_an_attachment(api, organization):
    with_file = {"kind": "dataset", "observed_on": "2026-01-01", "title": "Viewers"}
    sent = {**with_file, "file": SimpleUploadedFile("viewers.csv", b"a,b\n1,2\n")}
    false = {**with_file, "file": SimpleUploadedFile("viewers.pdf", b"a,b\n1,2\n")}

    made = api.post(f"{URL}/evidence/upload", sent, headers={"Idempotency-Key": "a"})
    refused = api.post(f"{URL}/evidence/upload", false)

    assert made.status_code == 201, made.content
    assert problem(refused, 409)["code"] == "unsafe_upload"
    file = api.get(f"{URL}/evidence/{made.json()['id']}/file")
    assert file.content == b"a,b\n1,2\n"
    assert file["Content-Disposition"] == 'attachment; filename="viewers.csv"'


def test_the_rubric_in_use_has_its_checks(api, organization, rubric):
    used = api.get(f"{URL}/rubrics/used").json()

    assert (used["key"], used["version"]) == (rubric.key, rubric.version)
    parts = [part for area in used["areas"] for part in area["capabilities"]]
    assert len(parts) == 18
    assert [level["level"] for level in parts[0]["levels"]] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("noun", "queries"),
    [
        ("units", 3),
        ("people", 5),
        ("evidence", 4),
        ("exemptions", 4),
        ("standing", 8),
        ("areas", 9),
        ("rubrics", 4),
    ],
)
def test_lists_are_flat_in_queries(api, organization, noun, queries, django_assert_num_queries):
    shipped_rubric()
    partial_assessment(organization)
    for number in range(3):
        grow(api, f"unit-{number}")
        person = {"email": f"p{number}@acme.example", "role": "pm", "unit": f"unit-{number}"}
        send(api, "POST", "people", {**person, "valid_from": "2026-01-01"})
        link = {"kind": "link", "observed_on": "2026-01-01", "link": "https://wiki.example"}
        send(api, "POST", "evidence", link)
        asked = {"capability": "event_taxonomy", "reason": "None", "ends_on": "2199-01-01"}
        send(api, "POST", "exemptions", {**asked, "unit": f"unit-{number}"})

    with django_assert_num_queries(queries):
        response = api.get(f"{URL}/{noun}")

    assert response.status_code == 200


HOSTILE = [b"", b"{", b"[]", b"null", b'{"name": {"a": 1}}', b'{"key": "a\\u0000b"}', b"[" * 50_000]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_body_is_400(api, organization, body):
    for path in ("units", "units/bulk", "people", "people/bulk", "exemptions", "evidence"):
        problem(send(api, "POST", path, body), 400)
