"""Every operation of the API × who asks × whose rows: what each of them may see.

A new operation fails here until its row stands in OPERATIONS.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator

from maturity.api.base import OrganizationViewSet
from maturity.models import ApiKey, Organization
from tests.clients import client_with_key
from tests.factories import (
    FindingFactory,
    FindingNoteFactory,
    FindingTransitionFactory,
    InitiativeFactory,
    OrganizationFactory,
    ScoreFactory,
    StartedInitiativeFactory,
)

WRITTEN = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b")


@dataclass(frozen=True)
class Operation:
    """How to call one operation, for a row and for its organisation."""

    address: str
    scope: str
    row: Callable[..., object]
    # One row is addressed, several of one organisation, or those of every visible one.
    shows: str
    read: Callable[[dict], list[int]]
    # The row that the address names, where the rows shown stand below it.
    parent: str = ""
    # An export has a connection of its own, which sees only what is committed.
    committed: bool = False


def _results(body: dict) -> list[int]:
    return [row["id"] for row in body["results"]]


OPERATIONS = {
    "GET /api/v1/feed/scores": Operation(
        "/api/v1/feed/scores", "feed:read", ScoreFactory, "everything", _results
    ),
    "GET /api/v1/feed/scores.{suffix}": Operation(
        "/api/v1/feed/scores.ndjson",
        "feed:read",
        ScoreFactory,
        "everything",
        _results,
        committed=True,
    ),
    "GET /api/v1/orgs/{org}/findings": Operation(
        "/api/v1/orgs/{org}/findings", "findings:read", FindingFactory, "organisation", _results
    ),
    "GET /api/v1/orgs/{org}/findings/{id}": Operation(
        "/api/v1/orgs/{org}/findings/{id}",
        "findings:read",
        FindingFactory,
        "row",
        lambda body: [body["id"]],
    ),
    "GET /api/v1/orgs/{org}/initiatives": Operation(
        "/api/v1/orgs/{org}/initiatives",
        "findings:read",
        InitiativeFactory,
        "organisation",
        _results,
    ),
    "GET /api/v1/orgs/{org}/initiatives/{id}": Operation(
        "/api/v1/orgs/{org}/initiatives/{id}",
        "findings:read",
        InitiativeFactory,
        "row",
        lambda body: [body["id"]],
    ),
    "GET /api/v1/orgs/{org}/findings/{id}/history": Operation(
        "/api/v1/orgs/{org}/findings/{id}/history",
        "findings:read",
        FindingTransitionFactory,
        "row",
        _results,
        parent="finding",
    ),
    "GET /api/v1/orgs/{org}/findings/{id}/notes": Operation(
        "/api/v1/orgs/{org}/findings/{id}/notes",
        "findings:read",
        FindingNoteFactory,
        "row",
        _results,
        parent="finding",
    ),
}


@dataclass(frozen=True)
class Write:
    """How to write through one operation: to which row's address, with which scope and body."""

    scope: str
    row: Callable[..., object]
    body: dict | list
    done: int = 200


def _of_finding(body: dict, done: int = 200) -> Write:
    return Write("findings:write", FindingFactory, body, done)


def _of_initiative(row: Callable[..., object], body: dict) -> Write:
    return Write("findings:write", row, body)


WRITES = {
    "POST /api/v1/orgs/{org}/initiatives": Write(
        "findings:write",
        InitiativeFactory,
        {"title": "Checklists", "start_on": "2026-01-01", "due_on": "2026-06-30"},
        201,
    ),
    "PATCH /api/v1/orgs/{org}/initiatives/{id}": _of_initiative(
        InitiativeFactory, {"title": "Checklists"}
    ),
    "POST /api/v1/orgs/{org}/initiatives/{id}/start": _of_initiative(InitiativeFactory, {}),
    "POST /api/v1/orgs/{org}/initiatives/{id}/finish": _of_initiative(StartedInitiativeFactory, {}),
    "POST /api/v1/orgs/{org}/initiatives/{id}/abandon": _of_initiative(
        InitiativeFactory, {"note": "No time"}
    ),
    "POST /api/v1/orgs/{org}/findings/{id}/acknowledge": _of_finding({}),
    "POST /api/v1/orgs/{org}/findings/{id}/snooze": _of_finding(
        {"until": (datetime.now(UTC) + timedelta(days=9)).isoformat()}
    ),
    "POST /api/v1/orgs/{org}/findings/{id}/dismiss": _of_finding({"reason": "Wanted"}),
    "POST /api/v1/orgs/{org}/findings/{id}/reopen": _of_finding({}),
    "POST /api/v1/orgs/{org}/findings/{id}/assign": _of_finding({"owner_id": None}),
    "POST /api/v1/orgs/{org}/findings/{id}/notes": _of_finding({"text": "Seen"}, 201),
    "POST /api/v1/orgs/{org}/signals/{format_name}": Write(
        "signals:write", FindingFactory, [{"day": "2026-12-25"}]
    ),
}


def _over(*shows: str) -> pytest.MarkDecorator:
    """Run a test over the operations that show this."""
    return pytest.mark.parametrize(
        "name",
        [
            pytest.param(name, marks=pytest.mark.django_db(transaction=operation.committed))
            for name, operation in OPERATIONS.items()
            if operation.shows in shows
        ],
    )


ALL = _over("everything", "organisation", "row")
WITH_ORGANISATION = _over("organisation", "row")


@pytest.fixture
def mine(name, organization):
    """A row of the organisation."""
    return OPERATIONS[name].row(organization=organization)


@pytest.fixture
def foreign(name, mine, organization, carl):
    """A row of Carl's organisation."""
    return OPERATIONS[name].row(organization=Organization.objects.get(slug="other"))


def _get(client: Client, name: str, row, organization: Organization | None = None):
    organization = organization or row.organization
    return client.get(_address(name, row, organization))


def _address(name: str, row, organization: Organization) -> str:
    operation = OPERATIONS[name]
    named = getattr(row, operation.parent) if operation.parent else row
    return operation.address.format(org=organization.slug, id=named.pk)


def _shown(response, name: str) -> list[int]:
    assert response.status_code == 200, response.content
    if response.streaming:
        lines = response.getvalue().splitlines()
        return OPERATIONS[name].read({"results": [json.loads(line) for line in lines]})
    return OPERATIONS[name].read(response.json())


def test_every_operation_has_its_row_here():
    paths = SchemaGenerator().get_schema(public=True)["paths"]

    operations = {f"{method.upper()} {path}" for path, item in paths.items() for method in item}

    assert operations == OPERATIONS.keys() | WRITES.keys()


def test_every_viewset_gets_its_rows_from_the_address(settings):
    from config.api import router  # noqa: PLC0415  # the table above is what is tested

    for prefix, viewset, _basename in router.registry:
        assert issubclass(viewset, OrganizationViewSet), prefix


@ALL
def test_nobody_is_401(name, mine):
    response = _get(Client(), name, mine)

    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"


@ALL
def test_a_key_reads_the_rows_of_its_organisation_alone(name, mine, foreign, organization):
    client = client_with_key(organization, scopes=[OPERATIONS[name].scope])

    assert _shown(_get(client, name, mine), name) == [mine.pk]


@ALL
def test_a_viewer_reads_the_rows_of_his_organisation_alone(name, mine, foreign, vera, login):
    assert _shown(_get(login(vera), name, mine), name) == [mine.pk]


@ALL
def test_an_ops_lead_reads_the_rows_of_her_organisation_alone(name, mine, foreign, ana, login):
    assert _shown(_get(login(ana), name, mine), name) == [mine.pk]


@ALL
def test_a_key_without_the_scope_is_403(name, mine, organization):
    others = set(ApiKey.Scope.values) - {OPERATIONS[name].scope}

    response = _get(client_with_key(organization, scopes=sorted(others)), name, mine)

    assert response.status_code == 403
    assert response.json()["code"] == "missing_scope"


@WITH_ORGANISATION
def test_an_outsider_is_404(name, mine, carl, login):
    response = _get(login(carl), name, mine)

    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


@WITH_ORGANISATION
def test_a_key_of_another_organisation_is_404(name, mine):
    client = client_with_key(OrganizationFactory(), scopes=[OPERATIONS[name].scope])

    response = _get(client, name, mine)

    assert response.status_code == 404


@WITH_ORGANISATION
def test_a_foreign_organisation_answers_like_one_that_does_not_exist(name, mine, organization):
    client = client_with_key(OrganizationFactory(), scopes=[OPERATIONS[name].scope])
    nowhere = Organization(slug="nowhere")

    foreign = _get(client, name, mine)
    missing = _get(client, name, mine, organization=nowhere)

    assert (foreign.status_code, foreign.json()) == (missing.status_code, missing.json())


@WITH_ORGANISATION
def test_a_key_without_the_scope_learns_nothing_of_a_foreign_organisation(name, mine):
    client = client_with_key(OrganizationFactory(), scopes=["feed:read"])

    assert _get(client, name, mine).status_code == 404


@pytest.mark.parametrize(
    "name", [name for name, operation in OPERATIONS.items() if operation.shows == "row"]
)
def test_a_foreign_row_below_ones_own_address_is_404(name, mine, foreign, ana, login, organization):
    by_key = client_with_key(organization, scopes=[OPERATIONS[name].scope])

    responses = [_get(client, name, foreign, organization) for client in (by_key, login(ana))]

    assert [response.status_code for response in responses] == [404, 404]


@_over("everything")
def test_an_outsider_reads_his_own_rows_alone(name, mine, foreign, carl, login):
    by_key = client_with_key(foreign.organization, scopes=[OPERATIONS[name].scope])

    shown = [_shown(_get(client, name, mine), name) for client in (by_key, login(carl))]

    assert shown == [[foreign.pk], [foreign.pk]]


@ALL
def test_a_write_is_refused_whoever_tries(name, mine, organization, ana, login):
    by_key = client_with_key(organization, scopes=[OPERATIONS[name].scope])
    address = _address(name, mine, organization)
    path = name.removeprefix("GET ")
    refused = {
        method for method in ("POST", "PUT", "PATCH", "DELETE") if f"{method} {path}" not in WRITES
    }

    for client in (by_key, login(ana)):
        for method in refused:
            assert client.generic(method, address).status_code == 405


@pytest.mark.parametrize("name", WRITES)
class TestWrites:
    def write(self, client: Client, name: str, row, organization: Organization | None = None):
        method, _blank, path = name.partition(" ")
        slug = (organization or row.organization).slug
        address = path.format(org=slug, id=row.pk, format_name="holidays")
        body = json.dumps(WRITES[name].body)
        with CaptureQueriesContext(connection) as captured:
            response = client.generic(method, address, body, content_type="application/json")
        if response.status_code >= 400:
            written = [q["sql"] for q in captured if WRITTEN.match(q["sql"])]
            assert [sql for sql in written if "maturity_apikey" not in sql] == []
        return response

    def key(self, organization: Organization, *scopes: str) -> Client:
        return client_with_key(organization, scopes=list(scopes))

    def test_a_key_with_the_scope_writes(self, name, organization):
        row = WRITES[name].row(organization=organization)

        response = self.write(self.key(organization, WRITES[name].scope), name, row)

        assert response.status_code == WRITES[name].done, response.content

    def test_an_ops_lead_writes(self, name, organization, ana, login):
        row = WRITES[name].row(organization=organization)

        assert self.write(login(ana), name, row).status_code == WRITES[name].done

    def test_nobody_is_401(self, name, organization):
        row = WRITES[name].row(organization=organization)

        assert self.write(Client(), name, row).status_code == 401

    def test_a_key_without_the_scope_is_403(self, name, organization):
        row = WRITES[name].row(organization=organization)
        others = sorted(set(ApiKey.Scope.values) - {WRITES[name].scope})

        response = self.write(self.key(organization, *others), name, row)

        assert (response.status_code, response.json()["code"]) == (403, "missing_scope")

    def test_a_viewer_is_403(self, name, organization, vera, login):
        row = WRITES[name].row(organization=organization)

        response = self.write(login(vera), name, row)

        assert (response.status_code, response.json()["code"]) == (403, "viewer")

    def test_a_session_needs_its_token(self, name, organization, ana):
        row = WRITES[name].row(organization=organization)
        client = Client(enforce_csrf_checks=True)
        client.force_login(ana)

        assert self.write(client, name, row).status_code == 403

    def test_an_outsider_is_404(self, name, organization, carl, login):
        row = WRITES[name].row(organization=organization)
        by_key = self.key(OrganizationFactory(), WRITES[name].scope)

        statuses = [self.write(c, name, row).status_code for c in (login(carl), by_key)]

        assert statuses == [404, 404]

    def test_a_foreign_row_below_ones_own_address_is_404(self, name, organization, ana, login):
        if "{id}" not in name:
            pytest.skip("no row in the address")
        theirs = WRITES[name].row(organization=OrganizationFactory())
        by_key = self.key(organization, WRITES[name].scope)

        clients = (by_key, login(ana))

        assert [self.write(c, name, theirs, organization).status_code for c in clients] == [
            404,
            404,
        ]
