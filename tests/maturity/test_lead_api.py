"""A lead's own work by script: the work list, erasing for good, trying thresholds, being told."""

import json
from datetime import date, timedelta

import pytest
from django.test import Client

from maturity.models import Erasure, NotificationChoice, Organization, Person, ThresholdsVersion
from maturity.services.keys import create_key
from maturity.services.lifecycle import assign_finding
from maturity.services.thresholds import run_due_trials
from tests.clients import client_with_key
from tests.factories import (
    FindingFactory,
    InitiativeFactory,
    MembershipFactory,
    PersonFactory,
    PlacementFactory,
)
from tests.operations.rows import draft, exemption

URL = "/api/v1/orgs/acme"
OWN = "Small teams are our model."


@pytest.fixture
def owner(organization):
    return MembershipFactory(organization=organization, role="owner", user__name="Olga").user


def key_of(organization, by, *scopes):
    _key, secret = create_key([organization], scopes=list(scopes), by=by)
    return Client(headers={"authorization": f"Bearer {secret}"})


def send(api, method, path, body, status=200, **headers):
    address = f"{URL}/{path}"
    sent = json.dumps(body)
    response = api.generic(method, address, sent, content_type="application/json", headers=headers)
    assert response.status_code == status, response.content
    return response.json()


def test_what_waits_for_a_lead(organization, ana, login, django_assert_num_queries):
    sheet, asked = draft(organization), exemption(organization)
    unowned = FindingFactory(organization=organization, key="gatekeeper")
    assign_finding(FindingFactory(organization=organization, key="too_early"), owner=ana, by=ana)
    late = InitiativeFactory(organization=organization, due_on=date(2026, 1, 31))
    whole = client_with_key(organization, scopes=["assessments:read", "findings:read"])
    record = client_with_key(organization, scopes=["assessments:read"])
    whole.get(f"{URL}/work")

    def told(client, **query):
        rows = client.get(f"{URL}/work", query).json()["results"]
        return [(row["kind"], row["id"]) for row in rows]

    of_record = [("pending_exemption", asked.pk), ("draft", sheet.pk)]
    of_findings = [("overdue_initiative", late.pk), ("unowned_finding", unowned.pk)]
    # 1 the key, 2 the organisation, 3 to 9 the work, 10 the units
    with django_assert_num_queries(10):
        assert told(whole) == of_record + of_findings
    assert told(login(ana)) == of_record + of_findings
    assert told(record) == of_record
    assert told(whole, kind="unowned_finding") == of_findings[1:]
    before = asked.recorded_at - timedelta(days=1)
    assert told(record, kind="pending_exemption", known_at=before.isoformat()) == []
    assert whole.get(f"{URL}/work", {"kind": "magic"}).status_code == 400


def test_what_is_erased_is_named_twice(organization, ana, owner):
    person = PlacementFactory(person__organization=organization).person
    api = key_of(organization, owner, "erasures:write", "settings:read")
    body = {"kind": "person", "person_id": person.pk, "reason": "Asked for it"}
    elsewhere = PersonFactory()

    slip = send(api, "POST", "erasures", {**body, "confirm": "acme"}, 400)
    foreign = send(
        api,
        "POST",
        "erasures",
        {**body, "person_id": elsewhere.pk, "confirm": elsewhere.email},
        400,
    )
    nobody = send(api, "POST", "erasures", {**body, "person_id": None, "confirm": "acme"}, 400)
    line = send(api, "POST", "erasures", {**body, "confirm": person.email.upper()}, 201)
    again = send(api, "POST", "erasures", {**body, "confirm": f"erased-{person.pk}"}, 400)

    assert [problem["errors"][0]["attr"] for problem in (slip, foreign, nobody, again)] == [
        "confirm",
        "person_id",
        "person_id",
        "confirm",
    ]
    assert (line["subject_id"], line["erased_by"]) == (person.pk, "Olga")
    person.refresh_from_db()
    assert person.name == ""
    assert Person.objects.get(pk=elsewhere.pk).email == elsewhere.email
    assert [row["id"] for row in api.get(f"{URL}/erasures").json()["results"]] == [line["id"]]

    gone = {"kind": "organization", "confirm": "acme", "reason": "Over"}
    owner.memberships.update(role="ops_lead")
    assert send(api, "POST", "erasures", gone, 403)["code"] == "owners_only"
    owner.memberships.update(role="owner")
    send(api, "POST", "erasures", {**gone, "confirm": "acne"}, 400)
    whole = send(api, "POST", "erasures", gone, 201, **{"Idempotency-Key": "1"})

    assert whole["subject_id"] == organization.pk
    assert not Organization.objects.filter(pk=organization.pk).exists()
    assert Erasure.objects.count() == 2
    assert api.get(f"{URL}/erasures").status_code == 401  # its key opened nothing else


def test_thresholds_are_tried_and_switched_on(organization, ana):
    api = key_of(organization, ana, "findings:read", "settings:write")
    name = "unused_tools.amber_exit"

    def try_out(value, status=201):
        changes = [{"name": name, "value": value, "source": OWN}]
        return send(api, "POST", "trials", {"changes": changes}, status)

    fault = try_out(0.41, 400)
    tried = try_out(0.55)
    path = f"trials/{tried['id']}"
    early = send(api, "POST", f"{path}/switch-on", {"reason": OWN}, 409)
    run_due_trials()
    done = api.get(f"{URL}/{path}").json()
    stale = send(api, "POST", f"{path}/switch-on", {"reason": OWN, "seen": 7}, 412)
    version = send(api, "POST", f"{path}/switch-on", {"reason": OWN, "seen": 0})
    numbers = api.get(f"{URL}/thresholds/numbers", {"page_size": 1_000}).json()["results"]

    assert "amber" in fault["errors"][0]["attr"]
    assert (tried["state"], tried["comparison"], tried["tried_by"]) == ("waiting", None, "Ana")
    assert early["code"] == "refused"
    assert (done["state"], done["comparison"]["differing"]) == ("done", [])
    assert done["changes"] == [{"name": name, "value": 0.55, "source": OWN}]
    assert stale["code"] == "stale"
    assert version["version"] == ThresholdsVersion.objects.get().version
    assert next(row for row in numbers if row["name"] == name) == {
        "name": name,
        "value": 0.55,
        "source": OWN,
        "shipped": 0.5,
        "whole": False,
    }
    nobodys = client_with_key(organization, scopes=["settings:write"])
    assert send(nobodys, "POST", "trials", {"changes": []}, 403)["code"] == "person_needed"


def test_everybody_chooses_what_they_hear_of(organization, ana, vera, login):
    wish = {
        "events": ["finding.raised"],
        "rhythm": "daily",
        "timezone": "Asia/Tokyo",
        "quiet_from": "20:00",
        "quiet_to": "07:00",
    }
    by_key = key_of(organization, ana, "settings:read", "settings:write")
    first = login(vera).get(f"{URL}/notifications")

    own = send(login(vera), "PUT", "notifications", wish, **{"If-Match": first["ETag"]})
    late = send(login(vera), "PUT", "notifications", wish, 412, **{"If-Match": first["ETag"]})
    half = send(login(vera), "PUT", "notifications", {**wish, "quiet_to": None}, 400)
    odd = send(login(vera), "PUT", "notifications", {**wish, "timezone": "Mars"}, 400)
    anas = by_key.get(f"{URL}/notifications").json()
    send(by_key, "PUT", "notifications", {**wish, "rhythm": "never"})

    assert first.json()["events"] == []
    assert own == {"organization": "acme", "user_id": vera.pk, **wish}
    assert (late["code"], odd["errors"][0]["attr"]) == ("stale", "timezone")
    assert half["errors"][0]["detail"]
    assert anas["user_id"] == ana.pk
    assert len(anas["events"]) > 3
    rhythms = dict(NotificationChoice.objects.values_list("user_id", "rhythm"))
    assert rhythms == {vera.pk: "daily", ana.pk: "never"}
    nobodys = client_with_key(organization, scopes=["settings:read"])
    assert nobodys.get(f"{URL}/notifications").status_code == 404
