"""Who gets in: five ways to send a key, every refusal alike, and the one door behind them."""

import base64
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.utils import timezone
from rest_framework.exceptions import NotAuthenticated

from maturity.api.auth import visible_organizations
from maturity.models import ApiKey
from maturity.services.keys import create_key, revoke_key
from reports.api import feed
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory

URL = "/api/v1/feed/scores"
REFUSED = {
    "type": "about:blank",
    "title": "Unauthorized",
    "status": 401,
    "detail": "This key is unknown, expired or revoked.",
    "code": "authentication_failed",
    "errors": [
        {
            "attr": None,
            "code": "authentication_failed",
            "detail": "This key is unknown, expired or revoked.",
        }
    ],
    "error": {"message": "This key is unknown, expired or revoked."},
}


@pytest.fixture
def secret(organization) -> str:
    _key, secret = create_key([organization], scopes=["feed:read"])
    return secret


def _basic(secret: str, user: str = "anybody") -> str:
    return f"Basic {base64.b64encode(f'{user}:{secret}'.encode()).decode()}"


def _status(secret: str) -> int:
    return Client().get(URL, headers={"authorization": f"Bearer {secret}"}).status_code


class TestWaysToSendIt:
    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Token", "TOKEN"])
    def test_as_a_token(self, secret, scheme):
        response = Client().get(URL, headers={"authorization": f"{scheme} {secret}"})

        assert response.status_code == 200

    @pytest.mark.parametrize("user", ["anybody", "", "with blank", "müller"])
    def test_as_the_password_of_any_user(self, secret, user):
        response = Client().get(URL, headers={"authorization": _basic(secret, user)})

        assert response.status_code == 200

    def test_as_a_header_of_its_own(self, secret):
        assert Client().get(URL, headers={"x-api-key": secret}).status_code == 200

    def test_in_the_address(self, secret):
        assert Client().get(URL, {"api_key": secret}).status_code == 200

    def test_never_in_the_address_when_it_may_do_more_than_read(self, organization):
        key, secret = create_key([organization], scopes=["feed:read"])
        ApiKey.objects.filter(pk=key.pk).update(scopes=["feed:read", "signals:write"])

        in_address = Client().get(URL, {"api_key": secret})
        in_header = Client().get(URL, headers={"x-api-key": secret})

        assert in_address.status_code == 401
        assert "send it in a header" in in_address.json()["detail"]
        assert in_header.status_code == 200


class TestRefusals:
    def test_without_a_key_the_answer_says_how(self, db):
        response = Client().get(URL)

        assert response.status_code == 401
        assert response["WWW-Authenticate"] == 'Bearer realm="Plumbline"'
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "not_authenticated"

    def test_an_expired_key(self, organization, secret):
        ApiKey.objects.update(expires_at=timezone.now())

        response = Client().get(URL, headers={"x-api-key": secret})

        assert response.status_code == 401
        assert response["WWW-Authenticate"] == 'Bearer realm="Plumbline"'
        assert response.json() == REFUSED

    def test_a_key_works_until_it_expires(self, secret):
        ApiKey.objects.update(expires_at=timezone.now() + timedelta(minutes=1))

        assert _status(secret) == 200

    def test_a_revoked_key(self, secret):
        revoke_key(ApiKey.objects.get(), at=timezone.now())

        assert _status(secret) == 401

    def test_a_key_with_the_right_prefix_and_a_wrong_secret(self, secret):
        assert _status(secret[:-1] + ("A" if secret[-1] != "A" else "B")) == 401

    @pytest.mark.parametrize(
        "authorization",
        [
            "Bearer",
            "Bearer ",
            "Bearer nonsense",
            "Bearer plumb_00000000_" + "A" * 43,
            "Bearer plumb_0000000\x00_" + "A" * 43,
            "Token \xff\xfe",
            "Basic",
            "Basic !!!",
            "Basic " + base64.b64encode(b"\xff\xfe").decode(),
            "Basic " + base64.b64encode(b"no colon").decode(),
        ],
    )
    def test_what_is_no_key(self, db, authorization):
        response = Client().get(URL, headers={"authorization": authorization})

        assert response.status_code == 401
        assert response.json() == REFUSED

    @pytest.mark.parametrize("value", ["", "\x00", "nonsense", "é", "a" * 10_000])
    def test_what_is_no_key_in_the_address(self, db, value):
        assert Client().get(URL, {"api_key": value}).status_code == 401

    def test_a_scheme_we_do_not_know_is_no_key(self, db):
        response = Client().get(URL, headers={"authorization": "Digest abc"})

        assert response.json()["code"] == "not_authenticated"

    def test_a_missing_scope_is_named(self, organization):
        _key, secret = create_key([organization], scopes=["findings:read"])

        response = Client().get(URL, headers={"x-api-key": secret})

        assert response.status_code == 403
        assert response.json()["code"] == "missing_scope"
        assert response.json()["detail"] == "This key lacks the scope feed:read."

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
    def test_a_method_that_is_not_there(self, secret, method):
        response = getattr(Client(), method)(URL, headers={"x-api-key": secret})

        assert response.status_code == 405
        assert response["Allow"] == "GET, HEAD"

    def test_a_media_type_that_is_not_there(self, secret):
        response = Client().get(URL, headers={"x-api-key": secret, "accept": "text/csv"})

        assert response.status_code == 406
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "not_acceptable"

    def test_a_thousand_parameters(self, secret):
        query = "&".join(f"p{number}=1" for number in range(1_500))

        response = Client().get(f"{URL}?{query}", headers={"x-api-key": secret})

        assert response.status_code == 400
        assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["", "/", "/nothing", "/feed/scores/", "/feed/nothing", "/%00", "/a%0Ab", "/%ff"]
)
@pytest.mark.parametrize("method", ["get", "post", "options"])
def test_an_unknown_address_is_a_problem_too(db, path, method):
    response = getattr(Client(), method)(f"/api/v1{path}")

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "not_found"


def test_an_unexpected_failure_tells_nothing(secret, monkeypatch):
    def fail(query):
        raise RuntimeError("the password is 123")

    monkeypatch.setattr(feed, "read_page", fail)
    client = Client(raise_request_exception=False)

    response = client.get(URL, headers={"x-api-key": secret})

    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"] == "Server Error (500)"
    assert b"123" not in response.content


class TestDoor:
    def test_a_page_of_a_member(self, organization, ana):
        request = RequestFactory().get("/")
        request.user = ana
        OrganizationFactory()

        assert list(visible_organizations(request)) == [organization]

    def test_a_page_of_an_operator(self, organization):
        request = RequestFactory().get("/")
        request.user = UserFactory(is_superuser=True)
        other = OrganizationFactory()

        assert set(visible_organizations(request)) == {organization, other}

    def test_a_page_of_nobody(self, db):
        request = RequestFactory().get("/")
        request.user = AnonymousUser()

        with pytest.raises(NotAuthenticated):
            visible_organizations(request)

    def test_a_session_reads_the_feed_of_its_memberships(self, organization, ana, login):
        MembershipFactory(user=ana)
        OrganizationFactory()

        assert login(ana).get(URL).status_code == 200

    def test_a_locked_account_sees_nothing(self, organization, ana, login):
        client = login(ana)
        ana.is_active = False
        ana.save()

        assert client.get(URL).status_code == 401
