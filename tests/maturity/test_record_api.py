"""Scores, assessments, drafts and targets by script: what the admin would have stored."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from maturity.models import Assessment, AssessmentDraft, Score, Target
from maturity.services.assessments import NewScore, record_assessment
from maturity.services.keys import create_key
from tests.factories import UnitFactory
from tests.operations import partial_assessment, shipped_rubric

URL = "/api/v1/orgs/acme"
SCOPES = ["assessments:read", "assessments:write", "targets:write"]


@pytest.fixture
def api(organization, ana):
    """A key that Ana has made."""
    _key, secret = create_key([organization], scopes=SCOPES, by=ana)
    client = Client(headers={"authorization": f"Bearer {secret}"})
    client.get(f"{URL}/scores")  # notes the key's use, once a minute
    return client


def send(api, method, path, body, **headers):
    sent = body if isinstance(body, str | bytes) else json.dumps(body)
    return api.generic(
        method, f"{URL}/{path}", sent, content_type="application/json", headers=headers
    )


def whole(level=2, **fields):
    keys = shipped_rubric().capabilities.values_list("key", flat=True)
    return [{"capability": key, "level": level, **fields} for key in keys]


def problem(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    return response.json()


def test_a_script_records_what_the_admin_would_have_recorded(api, organization, ana, rubric):
    capabilities = list(rubric.capabilities.all())
    news = [
        NewScore(
            capability,
            "assessed",
            3,
            evidence_kind="document",
            evidence_ref="https://wiki.example/a",
            evidence_date=date(2025, 12, 1),
        )
        for capability in capabilities
    ]
    by_admin = record_assessment(
        organization, rubric=rubric, valid_from=date(2026, 1, 1), scores=news, by=ana
    )
    evidence = {
        "evidence_kind": "document",
        "evidence_ref": "https://wiki.example/a",
        "evidence_date": "2025-12-01",
    }

    body = {"valid_from": "2026-01-02", "scores": whole(3, **evidence)}
    response = send(api, "POST", "assessments", body)

    assert response.status_code == 201, response.content
    by_key = Assessment.objects.get(pk=response.json()["id"])
    own = {"id", "assessment_id", "valid_from", "recorded_at", "replaces_id"}

    def stored(assessment):
        rows = assessment.scores.order_by("capability__position").values()
        return [{name: row[name] for name in row if name not in own} for row in rows]

    assert stored(by_key) == stored(by_admin)
    assert by_key.created_by == ana
    assert len(response.json()["scores"]) == 18


def test_the_old_answer_is_reproduced_after_a_correction(api, organization):
    assessment = partial_assessment(organization)
    score = assessment.scores.get()
    known = Score.objects.get().recorded_at.isoformat()

    corrected = send(
        api, "POST", f"scores/{score.pk}/correct", {"level": 1, "reason": "Miscounted"}
    )

    assert corrected.status_code == 200, corrected.content
    then = api.get(f"{URL}/scores", {"known_at": known}).json()["results"]
    now = api.get(f"{URL}/scores").json()["results"]
    assert [(row["id"], row["level"]) for row in then] == [(score.pk, 2)]
    assert [(row["id"], row["level"]) for row in now] == [(corrected.json()["id"], 1)]
    old = api.get(f"{URL}/assessments/{assessment.pk}", {"known_at": known}).json()
    assert [row["level"] for row in old["scores"]] == [2]
    steps = api.get(f"{URL}/scores/{score.pk}/history").json()["results"]
    assert [row["level"] for row in steps] == [2, 1]


def test_an_earlier_day_has_its_own_scores_and_targets(api, organization):
    partial_assessment(organization)
    later = {"valid_from": "2026-03-01", "partial": True}
    later["scores"] = [{"capability": "event_taxonomy", "level": 1}]
    send(api, "POST", "assessments", later)
    target = {"capability": "event_taxonomy", "due_on": "2026-12-31", "reason": "Why"}
    send(api, "POST", "targets", {**target, "level": 4, "valid_from": "2026-01-01"})
    send(api, "POST", "targets", {**target, "level": 5, "valid_from": "2026-03-01"})

    def levels(noun, day):
        found = api.get(f"{URL}/{noun}", {"as_of": day}).json()["results"]
        return [row["level"] for row in found]

    days = ("2025-12-31", "2026-02-01", "2026-03-01")
    assert [levels("scores", day) for day in days] == [[], [2], [1]]
    assert [levels("targets", day) for day in days] == [[], [4], [5]]


def test_a_target_that_is_taken_back_was_known_before(api, organization, rubric):
    new = {"capability": "event_taxonomy", "level": 4, "due_on": "2199-01-01", "reason": "Why"}
    made = send(api, "POST", "targets", new).json()
    back = {"capability": "event_taxonomy", "reason": "No longer"}

    assert send(api, "POST", "targets", back).status_code == 201

    assert api.get(f"{URL}/targets").json()["results"] == []
    known = {"known_at": made["recorded_at"]}
    assert api.get(f"{URL}/targets", known).json()["results"] == [made]
    steps = api.get(f"{URL}/targets/{made['id']}/history").json()["results"]
    assert [row["level"] for row in steps] == [4, None]


def test_a_target_is_changed_from_the_version_that_stands(api, organization, rubric):
    new = {"capability": "event_taxonomy", "level": 4, "due_on": "2199-01-01", "reason": "Why"}
    first = send(api, "POST", "targets", new)
    address = f"targets/{first.json()['id']}"

    second = send(
        api, "PATCH", address, {"level": 5, "reason": "More"}, **{"If-Match": first["ETag"]}
    )
    late = send(
        api, "PATCH", address, {"level": 2, "reason": "Less"}, **{"If-Match": first["ETag"]}
    )

    assert (second.json()["level"], second.json()["due_on"]) == (5, "2199-01-01")
    assert second["ETag"] != first["ETag"]
    assert problem(late, 412)["code"] == "stale"
    assert [row["level"] for row in api.get(f"{URL}/targets").json()["results"]] == [5]


def test_many_targets_are_set_together_or_not_at_all(api, organization, rubric):
    row = {"level": 4, "due_on": "2199-01-01", "reason": "Why"}
    rows = [
        {"capability": key, **row} for key in rubric.capabilities.values_list("key", flat=True)[:3]
    ]

    refused = send(
        api, "POST", "targets/bulk", {"targets": [*rows, {**rows[0], "level": 2, "due_on": None}]}
    )

    assert problem(refused, 400)["errors"][0]["attr"] == "targets.3.due_on"
    assert not Target.objects.exists()
    done = send(api, "POST", "targets/bulk", {"targets": rows})
    assert done.status_code == 201, done.content
    assert [each["capability"] for each in done.json()["targets"]] == [
        each["capability"] for each in rows
    ]
    assert Target.objects.count() == 3


def test_a_draft_grows_and_is_submitted(api, organization, ana, rubric):
    made = send(api, "POST", "drafts", {"valid_from": "2026-01-01"})
    address = f"drafts/{made.json()['id']}"
    values = {each["capability"]: {"state": "assessed", "level": 2} for each in whole()}

    saved = send(api, "PATCH", address, {"values": values}, **{"If-Match": made["ETag"]})
    stale = send(api, "PATCH", address, {"note": "Late"}, **{"If-Match": made["ETag"]})
    submitted = send(api, "POST", f"{address}/submit", {}, **{"If-Match": saved["ETag"]})

    assert (saved.status_code, saved["ETag"]) == (200, '"2"')
    assert problem(stale, 412)["code"] == "stale"
    assert submitted.status_code == 200, submitted.content
    assert len(submitted.json()["scores"]) == 18
    assert not AssessmentDraft.objects.exists()
    assert Assessment.objects.get().created_by == ana


def test_a_key_validates_in_the_name_of_who_made_it(api, organization, ana, rubric):
    evidence = {
        "evidence_kind": "metric",
        "evidence_ref": "https://wiki.example/a",
        "evidence_date": timezone.localdate().isoformat(),
    }
    body = {"valid_from": "2026-01-01", "scores": whole(4, **evidence)}
    pk = send(api, "POST", "assessments", body).json()["id"]

    own = send(api, "POST", f"assessments/{pk}/validate", {})
    _key, secret = create_key([organization], scopes=SCOPES)
    nobodys = Client(headers={"authorization": f"Bearer {secret}"})
    without = send(nobodys, "POST", f"assessments/{pk}/validate", {})

    assert problem(own, 409)["code"] == "not_independent"
    assert problem(without, 403)["code"] == "person_needed"
    assert Assessment.objects.get().status == "submitted"


def test_an_assessment_sent_twice_under_one_key_is_recorded_once(api, organization, rubric):
    body = {"valid_from": "2026-01-01", "scores": whole()}
    key = {"Idempotency-Key": "round-1"}

    first, second = (send(api, "POST", "assessments", body, **key) for _time in range(2))
    other = send(api, "POST", "assessments", {**body, "note": "Other"}, **key)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second["Idempotency-Replayed"] == "true"
    assert problem(other, 409)["code"] == "idempotency_key_reused"
    assert Assessment.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({}, "valid_from"),
        ({"valid_from": "2026-01-01", "scores": []}, "scores"),
        ({"valid_from": "2026-01-01", "scores": [{"level": 2}]}, "scores.0.capability"),
        ({"valid_from": "2026-01-01", "scores": [{"capability": "magic"}]}, "capability"),
        ({"valid_from": "9999-12-31"}, "valid_from"),
        ({"valid_from": "2199-12-31", "partial": True}, "valid_from"),
        ({"valid_from": "2026-01-01", "partial": True, "unit": "nowhere"}, "unit"),
        ({"valid_from": "2026-01-01", "rubric": "product-ops 9.9.9", "partial": True}, "rubric"),
        (
            {
                "valid_from": "2026-01-01",
                "scores": [{"capability": "event_taxonomy", "checks": {"9": ["pass"]}, "level": 1}],
                "partial": True,
            },
            "event_taxonomy",
        ),
    ],
)
def test_a_body_that_cannot_be_true_names_its_field(api, organization, rubric, body, attr):
    given = {"scores": [{"capability": "event_taxonomy", "level": 2}], **body}

    response = send(api, "POST", "assessments", given)

    assert problem(response, 400)["errors"][0]["attr"] == attr
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"valid_from": "\\ud800"}',
        b'{"note": "a\\u0000b", "valid_from": "2026-01-01"}',
        b"[" * 100_000,
        b'{"valid_from": ' + b"9" * 5_000 + b"}",
        b'{"valid_from": NaN}',
    ],
    ids=range(11),
)
def test_a_hostile_body_is_400(api, organization, body):
    for path in ("assessments", "drafts", "targets", "targets/bulk"):
        problem(send(api, "POST", path, body), 400)


@pytest.mark.parametrize(
    ("noun", "query", "attr"),
    [
        ("scores", {"as_of": "yesterday"}, "as_of"),
        ("scores", {"as_of": "1899-12-31"}, "as_of"),
        ("scores", {"known_at": "2026-01-01T00:00:00"}, "known_at"),
        ("scores", {"level": "2"}, "level"),
        ("scores", {"state": "guessed"}, "state"),
        ("targets", {"known_at": ""}, "known_at"),
        ("assessments", {"status": "lost"}, "status"),
    ],
)
def test_a_parameter_that_is_not_understood_is_400(api, organization, noun, query, attr):
    response = api.get(f"{URL}/{noun}", query)

    assert problem(response, 400)["errors"][0]["attr"] == attr


@pytest.mark.parametrize(
    ("noun", "queries"), [("scores", 4), ("assessments", 4), ("targets", 4), ("drafts", 4)]
)
def test_lists_are_flat_in_queries(
    api, organization, ana, rubric, noun, queries, django_assert_num_queries
):
    for number in range(4):
        unit = UnitFactory(organization=organization, key=f"unit-{number}").key
        body = {"valid_from": "2026-01-01", "unit": unit, "scores": whole()}
        send(api, "POST", "assessments", body)
        send(api, "POST", "drafts", {"valid_from": "2026-01-01", "unit": unit})
        target = {"capability": "event_taxonomy", "unit": unit, "level": 3, "reason": "Why"}
        send(api, "POST", "targets", {**target, "due_on": "2199-01-01"})

    # 1 the key, 2 the organisation, 3 the count, 4 the page
    with django_assert_num_queries(queries):
        response = api.get(f"{URL}/{noun}", {"page_size": 1_000})

    assert response.json()["count"] == {"scores": 72}.get(noun, 4)


def test_a_refused_submission_becomes_a_draft_again(api, organization, login, rubric):
    pk = partial_assessment(organization).pk

    response = send(api, "POST", f"assessments/{pk}/refuse", {"reason": "Too high"})

    assert response.status_code == 200, response.content
    assert response.json()["refusal"] == "Too high"
    assert Assessment.objects.get(pk=pk).status == "superseded"
    assert api.get(f"{URL}/scores").json()["results"] == []
    seen = datetime.now(UTC) - timedelta(days=1)
    before = api.get(f"{URL}/assessments", {"known_at": seen.isoformat()})
    assert before.json()["results"] == []
