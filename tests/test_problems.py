"""Whatever is refused below /api/ is problem+json with a message, whoever refuses it."""

import json

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from config.middleware import ChangeHistoryMiddleware
from maturity.models import Initiative
from maturity.services import initiatives
from maturity.services.keys import create_key
from reports.api import feed
from tests.clients import client_with_key
from tests.factories import InitiativeFactory

FEED = "/api/v1/feed/scores"
SIGNALS = "/api/v1/orgs/acme/signals/holidays"
INITIATIVES = "/api/v1/orgs/acme/initiatives"
JSON = "application/json"


def _problem(response, status: int) -> dict:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["type"], body["status"]) == ("about:blank", status)
    assert body["title"]
    assert body["code"]
    assert body["detail"] == body["error"]["message"] != ""
    assert [error.keys() for error in body["errors"]] == [{"attr", "code", "detail"}]
    return body


@pytest.fixture
def client(organization) -> Client:
    scopes = ["feed:read", "findings:read", "findings:write", "signals:write"]
    client = client_with_key(organization, scopes=scopes)
    client.raise_request_exception = False
    return client


REFUSED = {
    "a parameter that is not understood": (400, "get", f"{FEED}?page_size=x", None, JSON),
    "a body that is no JSON": (400, "post", INITIATIVES, "{", JSON),
    "a body nested without end": (400, "post", INITIATIVES, "[" * 100_000, JSON),
    "a body that is no text": (400, "post", INITIATIVES, b"\xff\xfe{}", JSON),
    "an organisation that is not there": (404, "get", "/api/v1/orgs/x/findings", None, JSON),
    "a row that is not there": (404, "get", f"{INITIATIVES}/1", None, JSON),
    "a row beyond every number": (404, "get", f"{INITIATIVES}/{'9' * 30}", None, JSON),
    "a version that is not there": (404, "get", "/api/v2/feed/scores", None, JSON),
    "an address that is not there": (404, "get", "/api/nothing", None, JSON),
    "the root": (404, "get", "/api/", None, JSON),
    "a method that is not there": (405, "delete", FEED, None, JSON),
    "a body that is too large": (413, "post", SIGNALS, b" " * (16 * 1024 * 1024 + 1), JSON),
    "a JSON body that is too large": (
        413,
        "post",
        INITIATIVES,
        b" " * (16 * 1024 * 1024 + 1),
        JSON,
    ),
    "a media type that is not taken": (415, "post", INITIATIVES, "a=1", "application/xml"),
    "a form": (415, "post", INITIATIVES, "a=1", "application/x-www-form-urlencoded"),
}


@pytest.mark.parametrize(
    ("status", "method", "address", "body", "media_type"), REFUSED.values(), ids=REFUSED
)
def test_a_refusal_is_a_problem(client, status, method, address, body, media_type):
    response = client.generic(method.upper(), address, body or b"", content_type=media_type)

    _problem(response, status)


def test_no_key_is_a_problem(db):
    _problem(Client().get(FEED), 401)


def test_a_key_without_the_scope_is_a_problem(organization):
    _problem(client_with_key(organization, scopes=["signals:write"]).get(FEED), 403)


def test_a_media_type_that_is_not_offered_is_a_problem(client):
    _problem(client.get(FEED, headers={"accept": "image/png"}), 406)


def test_a_host_that_is_not_ours_is_a_problem(client):
    _problem(client.get(FEED, headers={"host": "evil.example"}), 400)


def test_a_failure_inside_a_view_is_a_problem(client, monkeypatch):
    def fail(query):
        raise OperationalError("host=secret")

    monkeypatch.setattr(feed, "read_page", fail)

    assert "secret" not in json.dumps(_problem(client.get(FEED), 500))


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        (FEED, "application/problem+json"),
        ("/odata/v4/", "application/problem+json"),
        ("/orgs/acme/", "text/html; charset=utf-8"),
    ],
)
def test_a_failure_outside_of_any_view_is_one_for_programs_alone(
    client, monkeypatch, path, media_type
):
    def fail(self, request):
        raise OperationalError("host=secret")

    monkeypatch.setattr(ChangeHistoryMiddleware, "__call__", fail)

    response = client.get(path)

    assert (response.status_code, response["Content-Type"]) == (500, media_type)
    assert b"secret" not in response.content


def test_an_address_without_its_slash_is_sent_on(db):
    response = Client().get("/api/docs")

    assert (response.status_code, response["Location"]) == (301, "/api/docs/")


def test_a_failure_is_reported_without_the_key(organization, monkeypatch, caplog):
    """The traceback that goes to the log has the request beside it."""
    _key, secret = create_key([organization], scopes=["feed:read"])

    def fail(query):
        raise RuntimeError

    monkeypatch.setattr(feed, "read_page", fail)
    client = Client(raise_request_exception=False)

    client.get(FEED, {"api_key": secret})

    formatter = settings.LOGGING["formatters"]["json"]
    masked = formatter["processors"][-1]
    told = [masked(None, "error", record.getMessage()) for record in caplog.records]
    assert told
    assert not [line for line in told if secret in line]


def test_a_row_that_somebody_removes_meanwhile_is_not_there(
    client, organization, ana, login, monkeypatch
):
    """Between the moment it is found and the moment it is locked, for programs and in the admin."""
    row = InitiativeFactory(organization=organization)
    monkeypatch.setattr(initiatives, "_lock", lambda *_, **__: Initiative.objects.get(pk=0))

    answer = client.post(f"{INITIATIVES}/{row.pk}/start", {}, content_type=JSON)
    page = login(ana).post(
        f"/admin/maturity/initiative/{row.pk}/edit/",
        {"title": "x", "start_on": "2026-03-01", "due_on": "2026-03-05", "seen": row.version},
    )

    _problem(answer, 404)
    assert page.status_code == 404
