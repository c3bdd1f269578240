"""Around a wave by script: translations and their reviews, links, surveys that others ran."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from maturity.models import ImportJob
from maturity.services.import_jobs import work_off
from maturity.services.keys import create_key
from surveys.models import BankTranslation, Invitation, Message
from tests.operations.rows import open_now, translation_here
from tests.surveys.factories import OutsideWaveFactory

URL = "/api/v1/orgs/acme"


@pytest.fixture
def api(organization, ana):
    scopes = ["surveys:read", "surveys:write", "people:read", "settings:read"]
    _key, secret = create_key([organization], scopes=scopes, by=ana)
    client = Client(headers={"authorization": f"Bearer {secret}"})
    client.get(f"{URL}/waves")
    return client


def send(api, path, body=None, status=200, **headers):
    sent = json.dumps(body or {})
    response = api.generic(
        "POST", f"{URL}/{path}", sent, content_type="application/json", headers=headers
    )
    assert response.status_code == status, response.content
    return response.json()


def test_two_people_approve_the_words_that_they_read(api, organization, django_assert_num_queries):
    made = BankTranslation.objects.get(pk=translation_here(organization).pk)
    path = f"translations/{made.pk}"
    # 1 the key, 2 the organisation, 3 the count, 4 the page, 5 the reviews
    with django_assert_num_queries(5):
        [listed] = api.get(f"{URL}/translations", {"language": made.language}).json()["results"]
    whole = api.get(f"{URL}/{path}")

    first = send(
        api,
        f"{path}/approve",
        {"reviewer": "Greta", "digest": made.digest},
        **{"If-Match": whole["ETag"]},
    )
    twice = send(api, f"{path}/approve", {"reviewer": "greta", "digest": made.digest}, 409)
    other = send(api, f"{path}/approve", {"reviewer": "Hans", "digest": "0" * 64}, 409)
    stale = send(
        api,
        f"{path}/approve",
        {"reviewer": "Hans", "digest": made.digest},
        412,
        **{"If-Match": whole["ETag"]},
    )
    second = send(api, f"{path}/approve", {"reviewer": "Hans", "digest": made.digest})

    earlier = api.get(f"{URL}/{path}", {"known_at": first["reviews"][0]["reviewed_at"]}).json()
    assert [row["reviewer"] for row in earlier["reviews"]] == ["Greta"]
    unpublished = {"known_at": "2020-01-01T00:00:00Z"}
    assert api.get(f"{URL}/translations", unpublished).json()["count"] == 0
    assert (listed["is_draft"], listed["missing"], listed["reviews"]) == (True, 2, [])
    words = whole.json()
    assert len(words["sentences"]) == made.bank.questions.count()
    assert all(row["original"] and row["translation"] for row in words["labels"])
    assert (first["is_draft"], first["missing"]) == (True, 1)
    assert (twice["code"], other["code"], stale["code"]) == (
        "review_refused",
        "review_refused",
        "stale",
    )
    assert (second["is_draft"], [row["reviewer"] for row in second["reviews"]]) == (
        False,
        ["Greta", "Hans"],
    )


def test_a_link_is_taken_back_or_replaced_and_never_tells_who_answered(api, organization):
    wave = open_now(organization)
    rows = api.get(f"{URL}/links", {"wave_id": wave.pk}).json()["results"]
    chosen = rows[0]
    Invitation.objects.filter(pk=rows[1]["id"]).update(responded=True)

    told = api.get(f"{URL}/links", {"wave_id": wave.pk}).json()["results"]
    gone = send(api, f"links/{chosen['id']}/revoke")
    anew = send(api, f"links/{chosen['id']}/replace")

    assert told == rows
    assert [row["email"] for row in rows] == sorted(row["email"] for row in rows)
    assert (gone["state"], anew["state"], anew["replaced"]) == ("revoked", "active", 1)
    assert Message.objects.filter(person=chosen["person_id"], kind="invitation").count() == 2


def test_a_survey_that_somebody_else_ran_comes_in_and_shows_released_cells_alone(
    api, organization, ana
):
    answers = "".join(
        f"2025-h2,p{person},Q1,{4 if person < 9 else 2},false,{'a' if person < 7 else 'b'},1,5\n"
        for person in range(12)
    )
    header = "round_key,respondent_key,item_key,value,is_na,group_keys,scale_min,scale_max\n"
    body = {
        "format": "survey_responses",
        "file": SimpleUploadedFile("answers.csv", (header + answers).encode()),
        "groups": "tree",
        "eligible": SimpleUploadedFile(
            "eligible.csv", b"round_key,group_key,eligible\n2025-h2,,14\n2025-h2,a,8\n2025-h2,b,6\n"
        ),
    }

    uploaded = api.post(f"{URL}/imports", body)
    work_off(ImportJob.objects.get().pk)
    path = f"imports/{uploaded.json()['id']}"
    checked = api.get(f"{URL}/{path}").json()
    send(api, f"{path}/confirm")
    work_off(ImportJob.objects.get().pk)
    [wave] = api.get(f"{URL}/outside-waves", {"key": "2025-h2"}).json()["results"]
    results = api.get(f"{URL}/outside-waves/{wave['id']}/results").json()

    assert uploaded.status_code == 201, uploaded.content
    assert (checked["state"], checked["accepted"]) == ("checked", 12), checked
    everybody = results["groups"][0]
    assert (everybody["responded"], everybody["eligible"]) == (12, 14)
    assert everybody["items"][0]["favourable"] == 9
    assert all(
        cell["n"] is None
        for group in results["groups"]
        for cell in group["items"]
        if cell["state"] == "suppressed"
    )
    empty = OutsideWaveFactory(organization=organization)
    assert api.get(f"{URL}/outside-waves/{empty.pk}/results").status_code == 404
    _key, secret = create_key([organization], scopes=["signals:write"], by=ana)
    other = Client(headers={"authorization": f"Bearer {secret}"})
    body["file"].seek(0)
    refused = other.post(f"{URL}/imports", {**body, "format": "roster"})
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
