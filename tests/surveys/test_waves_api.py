"""Series and waves by script: what the admin does, and never who answered or how many yet."""

import json

import pytest
from django.test import Client

from maturity.models import Membership
from maturity.services.keys import create_key
from surveys.models import FollowUp, Message, Series, Wave
from surveys.services.extensions import extension_span
from tests.surveys.conftest import answer, hire, ratings
from tests.surveys.factories import SeriesFactory, WaveFactory

URL = "/api/v1/orgs/acme"


@pytest.fixture
def api(organization, ana, bank):
    scopes = ["surveys:read", "surveys:write"]
    _key, secret = create_key([organization], scopes=scopes, by=ana)
    client = Client(headers={"authorization": f"Bearer {secret}"})
    client.get(f"{URL}/waves")  # notes the key's use, once a minute
    return client


def send(api, method, path, body=None, **headers):
    return api.generic(
        method,
        f"{URL}/{path}",
        body if isinstance(body, bytes) else json.dumps(body or {}),
        content_type="application/json",
        headers=headers,
    )


def problem(response, status):
    assert response.status_code == status, response.content
    return response.json()


def drafted(api, **more):
    return send(api, "POST", "waves", {"title": "Spring pulse", **more}).json()["id"]


def test_a_wave_lives_through_the_api_and_its_figures_appear_at_closing(api, organization, ana):
    hire(organization, 12)
    pk = drafted(api)
    path = f"waves/{pk}"

    opened = send(api, "POST", f"{path}/open")
    wave = Wave.objects.get(pk=pk)
    answer(wave, [ratings(value) for value in (4, 2) * 4])
    while_open = api.get(f"{URL}/{path}").json()
    early = api.get(f"{URL}/{path}/results")
    day = extension_span(wave)[0].isoformat()
    extended = send(api, "POST", f"{path}/extend", {"closes_on": day})
    closed = send(api, "POST", f"{path}/close")

    assert opened.status_code == 200, opened.content
    assert (while_open["eligible"], while_open["responded"]) == (12, None)
    assert early.status_code == 404
    assert extended.json()["extended_from"] == opened.json()["closes_at"]
    assert (closed.json()["status"], closed.json()["responded"]) == ("closed", 8)
    results = api.get(f"{URL}/{path}/results").json()
    assert (results["responded"], results["eligible"]) == (8, 12)
    [item] = [item for item in results["items"] if item["key"] == "LEV1"]
    assert (item["state"], item["n"], item["favourable"]) == ("shown", 8, 4)


def test_too_few_answers_have_no_figure_at_all(api, organization):
    hire(organization, 12)
    pk = drafted(api)
    send(api, "POST", f"waves/{pk}/open")
    answer(Wave.objects.get(pk=pk), [ratings(4) for _person in range(4)])

    closed = send(api, "POST", f"waves/{pk}/close").json()
    results = api.get(f"{URL}/waves/{pk}/results").json()

    assert (closed["responded"], closed["response_rate"], closed["band"]) == (None, None, None)
    assert {item["state"] for item in results["items"]} == {"suppressed"}
    figures = ("n", "favourable", "share", "mean", "median", "distribution")
    assert all(item[name] is None for item in results["items"] for name in figures)


def test_nothing_says_who_was_asked_or_answered(api, organization):
    people = hire(organization, 6)
    pk = drafted(api)
    send(api, "POST", f"waves/{pk}/open")
    answer(Wave.objects.get(pk=pk), [ratings(4) for _person in range(6)])
    send(api, "POST", f"waves/{pk}/close")

    said = [
        api.get(f"{URL}/{path}").content.decode()
        for path in ("waves", f"waves/{pk}", f"waves/{pk}/results")
    ]

    assert not [person.email for person in people for text in said if person.email in text]


def test_what_was_opened_is_frozen_and_what_stands_in_the_way_is_409(api, organization):
    pk = drafted(api)
    seen = api.get(f"{URL}/waves/{pk}")["ETag"]

    nobody = send(api, "POST", f"waves/{pk}/open")
    changed = send(api, "PATCH", f"waves/{pk}", {"title": "Other"}, **{"If-Match": seen})
    stale = send(api, "PATCH", f"waves/{pk}", {"title": "Third"}, **{"If-Match": seen})
    hire(organization, 6)
    send(api, "POST", f"waves/{pk}/open")
    frozen = send(api, "PATCH", f"waves/{pk}", {"title": "Late"})
    undeletable = send(api, "DELETE", f"waves/{pk}")
    again = send(api, "POST", f"waves/{pk}/open")

    assert problem(nobody, 409)["code"] == "wave_refused"
    assert changed.json()["title"] == "Other"
    assert problem(stale, 412)["code"] == "stale"
    codes = [problem(each, 409)["code"] for each in (frozen, undeletable, again)]
    assert codes == ["wave_not_draft"] * 3
    assert Wave.objects.get().title == "Other"


def test_a_follow_up_is_written_then_published_for_good(api, organization, ana):
    wave = WaveFactory(organization=organization, closed=True)
    path = f"waves/{wave.pk}/follow-up"
    body = {"heard": "Slow approvals", "doing": "Checklists"}

    missing = api.get(f"{URL}/{path}")
    written = send(api, "PUT", path, body)
    seen = api.get(f"{URL}/{path}")["ETag"]
    rewritten = send(api, "PUT", path, {**body, "doing": "Fewer gates"}, **{"If-Match": seen})
    stale = send(api, "POST", f"{path}/publish", **{"If-Match": seen})
    published = send(api, "POST", f"{path}/publish", **{"If-Match": rewritten["ETag"]})
    late = send(api, "PUT", path, body)

    assert missing.status_code == 404
    assert (written.json()["author"], written.json()["published_at"]) == ("Ana", None)
    assert problem(stale, 412)["code"] == "stale"
    assert published.json()["doing"] == "Fewer gates"
    assert published.json()["published_at"] is not None
    assert problem(late, 409)["code"] == "already_published"
    assert FollowUp.objects.count() == 1
    listed = api.get(f"{URL}/waves/{wave.pk}").json()
    assert listed["follow_up_published_at"] == published.json()["published_at"]


def test_a_draft_says_what_opening_would_do_or_what_stands_in_its_way(api, organization):
    path = f"waves/{drafted(api)}"
    empty = api.get(f"{URL}/{path}/plan").json()
    hire(organization, 6)

    plan = api.get(f"{URL}/{path}/plan").json()
    opened = send(api, "POST", f"{path}/open").json()
    late = api.get(f"{URL}/{path}/plan").json()

    assert (empty["eligible"], empty["questions"]) == (None, [])
    assert empty["obstacle"]
    assert (plan["obstacle"], plan["eligible"], len(plan["questions"])) == ("", 6, 12)
    assert (plan["closes_at"], plan["eligible"]) == (opened["closes_at"], opened["eligible"])
    assert plan["minutes"] >= 1
    assert late["obstacle"]


def test_a_series_plans_its_waves_and_ends(api, organization):
    body = {
        "title": "Monthly pulse",
        "instrument": "pulse",
        "rule": "FREQ=MONTHLY;BYDAY=1TU",
        "starts_on": "2026-01-01",
    }
    made = send(api, "POST", "series", body).json()
    path = f"series/{made['id']}"
    planned = api.get(f"{URL}/waves", {"series_id": made["id"]}).json()["results"]

    refused = send(api, "PATCH", path, {"mode": "confidential"})
    paused = send(api, "PATCH", path, {"paused": True})
    ended = send(api, "POST", f"{path}/end")
    late = send(api, "PATCH", path, {"paused": False})

    assert made["next_opening_on"] in {wave["opens_on"] for wave in planned}
    assert problem(refused, 400)["errors"][0]["attr"] == "mode"
    assert paused.json()["paused"] is True
    assert ended.json()["ended_at"] is not None
    assert problem(late, 409)["code"] == "series_ended"


@pytest.mark.parametrize(
    ("more", "attr"),
    [
        ({"rule": "FREQ=NEVER"}, "rule"),
        ({"rule": ""}, "non_field_errors"),
        ({"item_keys": ["NOPE1"], "instrument": "custom"}, "item_keys"),
        ({"local_hour": 3}, "local_hour"),
        ({"unit": "nowhere"}, "unit"),
        ({"roles": []}, "roles"),
        ({"reminder_offsets": [1, 2, 3, 4]}, "reminder_offsets"),
    ],
)
def test_a_series_that_cannot_be_is_400(api, organization, more, attr):
    body = {
        "title": "Pulse",
        "instrument": "pulse",
        "rule": "FREQ=MONTHLY;BYDAY=1TU",
        "starts_on": "2026-01-01",
        **more,
    }

    assert problem(send(api, "POST", "series", body), 400)["errors"][0]["attr"] == attr
    assert not Series.objects.exists()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"title": "a\\u0000b"}'], ids=range(5)
)
def test_a_hostile_body_is_400(api, organization, body):
    for path in ("waves", "series"):
        assert send(api, "POST", path, body).status_code == 400
    assert not Message.objects.exists()


def test_owners_alone_say_what_surveys_promise(api, organization, ana):
    seen = api.get(f"{URL}/privacy")
    body = {"k": 8, "k_comment": 12, "retention_days": 90}

    leads = send(api, "PUT", "privacy", body)
    Membership.objects.filter(user=ana).update(role="owner")
    set_now = send(api, "PUT", "privacy", body, **{"If-Match": seen["ETag"]})
    stale = send(api, "PUT", "privacy", {**body, "k": 5}, **{"If-Match": seen["ETag"]})
    below = send(api, "PUT", "privacy", {**body, "k": 2})
    fewer = send(api, "PUT", "privacy", {**body, "k": 20})

    assert seen.json() == {"k": 5, "k_comment": 10, "retention_days": 400}
    assert problem(leads, 403)["code"] == "owners_only"
    assert set_now.json() == body
    assert problem(stale, 412)["code"] == "stale"
    assert problem(below, 400)["errors"][0]["attr"] == "k"
    assert fewer.status_code == 400
    assert Wave.objects.get(pk=drafted(api)).k == 8


@pytest.mark.parametrize("noun", ["waves", "series"])
def test_lists_are_flat_in_queries(api, organization, noun, django_assert_num_queries):
    for _row in range(3):
        WaveFactory(organization=organization, closed=True)
        SeriesFactory(organization=organization)

    # 1 the key, 2 the organisation, 3 the count, 4 the page
    with django_assert_num_queries(4):
        response = api.get(f"{URL}/{noun}")

    assert response.json()["count"] == 3
