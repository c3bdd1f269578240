"""Keys, channels, deliveries, imports, settings, history and verdicts by script."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from maturity.models import ApiKey, Delivery, Endpoint, IdempotentAnswer, ImportJob, Membership
from maturity.services.import_jobs import work_off
from maturity.services.keys import create_key, find_key
from tests.factories import (
    DeliveryFactory,
    EndpointFactory,
    EvaluationFactory,
    MembershipFactory,
    OrganizationFactory,
    ThresholdsVersionFactory,
    VerdictRecordFactory,
)

URL = "/api/v1/orgs/acme"


@pytest.fixture
def owner(organization):
    return MembershipFactory(organization=organization, role="owner", user__name="Olga").user


def client_of(organization, by, *scopes, **more):
    _key, secret = create_key([organization], scopes=list(scopes), by=by, **more)
    client = Client(headers={"authorization": f"Bearer {secret}"})
    client.get(f"{URL}/settings")  # notes the key's use, once a minute
    return client


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


class TestKeys:
    @pytest.fixture
    def api(self, organization, owner):
        scopes = ("keys:read", "keys:write", "feed:read")
        ends = timezone.now() + timedelta(days=30)
        return client_of(organization, owner, *scopes, expires_at=ends)

    def ends(self, days=1):
        return (timezone.now() + timedelta(days=days)).isoformat()

    def test_the_secret_is_shown_once_and_stored_nowhere(self, api, organization):
        body = {"name": "BI", "scopes": ["feed:read"], "expires_at": self.ends()}

        made = send(api, "POST", "keys", body, **{"Idempotency-Key": "a"})

        assert made.status_code == 201, made.content
        secret = made.json()["secret"]
        assert find_key(secret, at=timezone.now()).pk == made.json()["id"]
        assert "secret" not in api.get(f"{URL}/keys/{made.json()['id']}").json()
        again = send(api, "POST", "keys", body, **{"Idempotency-Key": "a"})
        assert again.json() == {**made.json(), "secret": None}
        assert secret not in json.dumps(IdempotentAnswer.objects.get().answer)
        assert made.json()["created_by"] == "Olga"

    @pytest.mark.parametrize(
        ("more", "code"),
        [
            ({"scopes": ["feed:read", "members:write"]}, "beyond_own_scopes"),
            ({"scopes": ["surveys:read"]}, "beyond_own_scopes"),
            ({"expires_at": None}, "beyond_own_expiry"),
            ({"expires_at": "2199-01-01T00:00:00Z"}, "beyond_own_expiry"),
        ],
    )
    def test_a_key_makes_no_key_that_may_more_than_itself(self, api, more, code):
        body = {"name": "BI", "scopes": ["feed:read"], "expires_at": self.ends(), **more}

        response = send(api, "POST", "keys", body)

        assert problem(response, 403)["code"] == code
        assert ApiKey.objects.count() == 1

    def test_a_key_whose_maker_owns_no_more_hands_out_nothing_of_an_owners(self, api, owner):
        Membership.objects.filter(user=owner).update(role="ops_lead")
        body = {"name": "BI", "scopes": ["keys:read"], "expires_at": self.ends()}

        assert problem(send(api, "POST", "keys", body), 400)["errors"][0]["attr"] == "scopes"

    def test_a_revoked_key_is_over_and_one_shared_with_others_is_not_ours_to_end(
        self, api, organization
    ):
        own, _secret = create_key([organization], scopes=["feed:read"])
        shared, _secret = create_key([organization, OrganizationFactory()], scopes=["feed:read"])

        revoked = send(api, "POST", f"keys/{own.pk}/revoke", {})
        refused = send(api, "POST", f"keys/{shared.pk}/revoke", {})

        assert revoked.json()["revoked_at"] is not None
        assert problem(refused, 409)["code"] == "shared_key"
        rows = api.get(f"{URL}/keys", {"revoked": "true"}).json()["results"]
        assert [row["id"] for row in rows] == [own.pk]

    def test_a_key_opens_several_organisations_of_ones_own_and_no_other(
        self, organization, ana, login
    ):
        own, foreign = OrganizationFactory(slug="own"), OrganizationFactory(slug="foreign")
        seen = OrganizationFactory(slug="seen")
        MembershipFactory(organization=own, user=ana, role="ops_lead")
        MembershipFactory(organization=seen, user=ana, role="viewer")

        def make(*slugs):
            body = {"name": "BI", "scopes": ["feed:read"], "organizations": slugs}
            return send(login(ana), "POST", "keys", body)

        made = make("own", "acme")
        refused = [make(foreign.slug), make("nowhere"), make(seen.slug)]

        assert made.json()["opens"] == 2
        attrs = [problem(each, 400)["errors"][0]["attr"] for each in refused]
        assert attrs == ["organizations", "organizations", "scopes"]
        assert ApiKey.objects.count() == 1
        key = client_of(organization, None, "keys:write", "feed:read")
        body = {"name": "BI", "scopes": ["feed:read"], "organizations": ["own"]}
        assert problem(send(key, "POST", "keys", body), 400)["errors"][0]["attr"] == "organizations"

    def test_page_and_api_let_the_same_people_make_and_end_a_key(
        self, organization, owner, ana, vera, login
    ):
        of_owners, _secret = create_key([organization], scopes=["members:read"], by=owner)
        lead, plain = login(ana), {"name": "BI", "scopes": ["feed:read"]}
        page = reverse("admin:maturity_apikey_revoke", args=[of_owners.pk])

        made = send(lead, "POST", "keys", plain)
        too_much = send(lead, "POST", "keys", {**plain, "scopes": ["members:read"]})
        not_theirs = send(lead, "POST", f"keys/{of_owners.pk}/revoke", {})
        on_the_page = lead.post(page)
        by_a_viewer = send(login(vera), "POST", "keys", plain)
        ended = send(lead, "POST", f"keys/{made.json()['id']}/revoke", {})

        assert made.json()["created_by"] == "Ana"
        assert problem(too_much, 400)["errors"][0]["attr"] == "scopes"
        assert problem(not_theirs, 409)["code"] == "owners_key"
        assert on_the_page.status_code == 403
        assert problem(by_a_viewer, 403)["code"] == "viewer"
        assert ended.json()["revoked_at"] is not None
        of_owners.refresh_from_db()
        assert of_owners.revoked_at is None
        assert login(owner).post(page).status_code == 302

    @pytest.mark.parametrize(
        ("body", "attr"),
        [
            ({"scopes": ["feed:read"]}, "name"),
            ({"name": "BI", "scopes": []}, "scopes"),
            ({"name": "BI", "scopes": ["all"]}, "scopes.0"),
            (
                {"name": "BI", "scopes": ["feed:read"], "expires_at": "2020-01-01T00:00:00Z"},
                "expires_at",
            ),
        ],
    )
    def test_a_body_that_cannot_be_true_names_its_field(self, api, body, attr):
        assert problem(send(api, "POST", "keys", body), 400)["errors"][0]["attr"] == attr


class TestChannels:
    BODY = {
        "kind": "webhook",
        "name": "Bot",
        "address": "https://hooks.example.org/secret",
        "events": ["finding.raised"],
    }

    @pytest.fixture
    def api(self, organization, ana):
        return client_of(organization, ana, "webhooks:read", "webhooks:write")

    def test_a_webhook_is_made_rotated_and_switched_off_and_on(self, api, organization):
        made = send(api, "POST", "webhooks", self.BODY).json()
        path = f"webhooks/{made['id']}"

        rotated = send(api, "POST", f"{path}/rotate", {}).json()
        off = send(api, "POST", f"{path}/disable", {})
        refused = send(api, "POST", f"{path}/try", {})
        on = send(api, "POST", f"{path}/enable", {})
        tried = send(api, "POST", f"{path}/try", {})

        assert made["secret"].startswith("whsec_")
        assert rotated["secret"].startswith("whsec_")
        assert rotated["secret"] != made["secret"]
        assert "hooks.example.org/secret" not in json.dumps(api.get(f"{URL}/{path}").json())
        assert off.json()["disabled_at"] is not None
        assert problem(refused, 409)["code"] == "conflict"
        assert on.json()["disabled_at"] is None
        log = api.get(f"{URL}/{path}/deliveries").json()["results"]
        assert [row["id"] for row in log] == [tried.json()["id"]]

    def test_a_secret_is_said_once_also_to_who_asks_twice(self, api, organization):
        once = {"Idempotency-Key": "1"}
        first = send(api, "POST", "webhooks", self.BODY, **once).json()
        again = send(api, "POST", "webhooks", self.BODY, **once).json()

        assert first["secret"].startswith("whsec_")
        assert again == {**first, "secret": None}
        assert Endpoint.objects.count() == 1
        assert first["secret"] not in json.dumps(IdempotentAnswer.objects.get().answer)

    def test_a_private_address_is_400(self, api):
        body = {**self.BODY, "address": "http://169.254.169.254/"}

        assert problem(send(api, "POST", "webhooks", body), 400)["errors"][0]["attr"] == "address"
        assert not Endpoint.objects.exists()

    def test_a_delivery_is_sent_once_more_under_its_old_id(self, api, organization):
        row = DeliveryFactory(organization=organization, state="failed", attempts=10)

        done = send(api, "POST", f"deliveries/{row.pk}/replay", {})
        again = send(api, "POST", f"deliveries/{row.pk}/replay", {})

        assert (done.json()["id"], done.json()["state"]) == (str(row.pk), "waiting")
        assert problem(again, 409)["code"] == "conflict"
        assert Delivery.objects.count() == 1


class TestImports:
    @pytest.fixture
    def api(self, organization, ana):
        return client_of(organization, ana, "settings:read", "signals:write")

    def test_a_file_is_checked_then_stored_and_its_faults_are_listed(self, api, organization, ana):
        file = SimpleUploadedFile("days.csv", b"day,name\n2026-12-25,Christmas\nsoon,Never\n")
        made = api.post(f"{URL}/imports", {"format": "holidays", "file": file})
        assert made.status_code == 201, made.content
        path = f"imports/{made.json()['id']}"
        early = send(api, "POST", f"{path}/confirm", {})
        work_off(made.json()["id"])

        checked = api.get(f"{URL}/{path}").json()
        faults = api.get(f"{URL}/{path}/faults").json()["results"]
        send(api, "POST", f"{path}/confirm", {})
        work_off(made.json()["id"])

        assert problem(early, 409)["code"] == "conflict"
        counts = {name: checked[name] for name in ("state", "accepted", "quarantined")}
        assert counts == {"state": "checked", "accepted": 1, "quarantined": 1}
        assert [(fault["line"], fault["column"]) for fault in faults] == [(3, "day")]
        assert api.get(f"{URL}/{path}").json()["state"] == "stored"
        assert api.get(f"{URL}/{path}/faults").json()["results"] == faults
        assert ImportJob.objects.get().by == ana


class TestSettingsAndHistory:
    @pytest.fixture
    def api(self, organization, ana):
        return client_of(organization, ana, "settings:read", "settings:write")

    def test_a_change_on_an_old_state_is_412_and_every_change_is_in_the_history(self, api):
        seen = api.get(f"{URL}/settings")["ETag"]

        first = send(api, "PATCH", "settings", {"name": "Acme Corp"}, **{"If-Match": seen})
        second = send(api, "PATCH", "settings", {"name": "Other"}, **{"If-Match": seen})

        assert first.json()["name"] == "Acme Corp"
        assert problem(second, 412)["code"] == "stale"
        page = api.get(f"{URL}/history").json()
        change = page["results"][0]
        assert [(f["before"], f["after"]) for f in change["fields"]] == [("Acme", "Acme Corp")]
        assert change["who"].startswith("API key ")

    @pytest.mark.parametrize(
        ("body", "attr"),
        [
            ({"timezone": "Mars/Olympus"}, "timezone"),
            ({"rubric_key": "magic"}, "rubric_key"),
            ({"name": ""}, "name"),
        ],
    )
    def test_a_setting_that_cannot_be_is_400(self, api, organization, body, attr):
        assert problem(send(api, "PATCH", "settings", body), 400)["errors"][0]["attr"] == attr

    def test_members_and_keys_are_told_of_to_those_who_may_see_them(
        self, api, organization, owner, vera, login
    ):
        def kinds(client):
            return {row["kind"] for row in client.get(f"{URL}/history").json()["results"]}

        assert "membership" not in kinds(api)
        assert "API key" not in kinds(api)
        assert {"membership", "API key"} <= kinds(login(owner))
        assert not {"membership", "API key"} & kinds(login(vera))


class TestVerdicts:
    @pytest.fixture
    def api(self, organization):
        return client_of(organization, None, "findings:read")

    def test_the_newest_evaluation_up_to_a_day_as_known_then_answers(self, api, organization):
        days = [
            (date(2026, 7, 1), datetime(2026, 7, 3, tzinfo=UTC)),
            (date(2026, 8, 1), datetime(2026, 8, 3, tzinfo=UTC)),
        ]
        first, second = (
            VerdictRecordFactory(
                evaluation=EvaluationFactory(
                    organization=organization, period_end=end, computed_at=moment
                )
            ).pk
            for end, moment in days
        )

        def newest(**query):
            rows = api.get(f"{URL}/verdicts", query).json()["results"]
            return [row["id"] for row in rows]

        assert newest() == [second]
        assert newest(as_of="2026-07-31") == [first]
        assert newest(known_at="2026-08-01T00:00:00Z") == [first]
        assert newest(as_of="2026-06-30") == []
        explained = api.get(f"{URL}/verdicts/{first}/explain").json()
        assert explained["id"] == first

    def test_own_thresholds_are_told_with_their_sources(self, api, organization):
        changes = {"too_early.pms_high": {"value": 12, "source": "Our model"}}
        ThresholdsVersionFactory(organization=organization, number=1, changes=changes)

        [row] = api.get(f"{URL}/thresholds").json()["results"]

        assert (row["version"], row["changes"]) == ("1-own-1", changes)


@pytest.mark.parametrize(
    ("noun", "queries"),
    [
        ("keys", 4),
        ("webhooks", 4),
        ("deliveries", 4),
        ("imports", 4),
        ("members", 4),
        ("verdicts", 4),
    ],
)
def test_lists_are_flat_in_queries(organization, owner, noun, queries, django_assert_num_queries):
    scopes = ("keys:read", "webhooks:read", "settings:read", "members:read", "findings:read")
    api = client_of(organization, owner, *scopes)
    evaluation = EvaluationFactory(organization=organization)
    for number in range(3):
        create_key([organization], scopes=["feed:read"], by=owner)
        EndpointFactory(organization=organization)
        DeliveryFactory(organization=organization)
        MembershipFactory(organization=organization)
        VerdictRecordFactory(evaluation=evaluation, key=f"check-{number}")
        ImportJob.objects.create(
            organization=organization, format="holidays", file_name="a", content=b"a", by=owner
        )

    # 1 the key, 2 the organisation, 3 the count, 4 the page
    with django_assert_num_queries(queries):
        response = api.get(f"{URL}/{noun}")

    assert response.json()["count"] >= 3
