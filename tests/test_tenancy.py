"""Every operation of the API × who asks × whose rows: what each of them may see.

A new operation fails here until its row stands in OPERATIONS.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from maturity.api.base import OrganizationViewSet
from maturity.models import Organization
from tests.clients import client_with_key
from tests.factories import FindingFactory, OrganizationFactory, ScoreFactory


@dataclass(frozen=True)
class Operation:
    """How to call one operation, for a row and for its organisation."""

    address: str
    scope: str
    row: Callable[..., object]
    # One row is addressed, several of one organisation, or those of every visible one.
    shows: str
    read: Callable[[dict], list[int]]


def _results(body: dict) -> list[int]:
    return [row["id"] for row in body["results"]]


OPERATIONS = {
    "GET /api/v1/feed/scores": Operation(
        "/api/v1/feed/scores", "feed:read", ScoreFactory, "everything", _results
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
}
ALL = pytest.mark.parametrize("name", OPERATIONS)
WITH_ORGANISATION = pytest.mark.parametrize(
    "name", [name for name, operation in OPERATIONS.items() if operation.shows != "everything"]
)


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
    address = OPERATIONS[name].address.format(org=organization.slug, id=row.pk)
    return client.get(address)


def _shown(response, name: str) -> list[int]:
    assert response.status_code == 200, response.content
    return OPERATIONS[name].read(response.json())


def test_every_operation_has_its_row_here():
    paths = SchemaGenerator().get_schema(public=True)["paths"]

    operations = {f"{method.upper()} {path}" for path, item in paths.items() for method in item}

    assert operations == set(OPERATIONS)


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
    others = {"feed:read", "findings:read"} - {OPERATIONS[name].scope}

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


@pytest.mark.parametrize(
    "name", [name for name, operation in OPERATIONS.items() if operation.shows == "everything"]
)
def test_an_outsider_reads_his_own_rows_alone(name, mine, foreign, carl, login):
    by_key = client_with_key(foreign.organization, scopes=[OPERATIONS[name].scope])

    shown = [_shown(_get(client, name, mine), name) for client in (by_key, login(carl))]

    assert shown == [[foreign.pk], [foreign.pk]]


@ALL
def test_a_write_is_refused_whoever_tries(name, mine, organization, ana, login):
    by_key = client_with_key(organization, scopes=[OPERATIONS[name].scope])
    address = OPERATIONS[name].address.format(org=organization.slug, id=mine.pk)

    for client in (by_key, login(ana)):
        for method in (client.post, client.put, client.patch, client.delete):
            assert method(address).status_code == 405
