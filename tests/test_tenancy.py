"""Every operation of the API × who asks × whose rows: what each of them may see and do.

A new operation fails here until its row stands in OPERATIONS, READS or WRITES.
"""

import json
import re
from dataclasses import dataclass

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator

from maturity.api.base import OrganizationViewSet
from maturity.models import ApiKey, Membership, Organization
from maturity.services.keys import create_key
from reports.api import exports
from reports.feed.tables import SCORES, TABLES, Table
from tests.clients import client_with_key
from tests.factories import MembershipFactory, OrganizationFactory
from tests.feed import export_here
from tests.operations import OWNER, READS, WRITES, Operation, results
from tests.operations.calls import body_of, call
from tests.reports.feed.sources import SOURCES

WRITTEN = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b")
ROLES = [role.value for role in (Membership.Role.VIEWER, Membership.Role.OPS_LEAD)] + [OWNER]


@dataclass(frozen=True)
class FedRow:
    """One row of a feed table, by its id there."""

    pk: int
    organization: Organization


def _of_feed(table: Table) -> dict[str, Operation]:
    """A table's pages and its files. That files come over a connection of their own is
    tried with the scores; those of the other tables are read over this one."""

    def make(organization: Organization) -> FedRow:
        return FedRow(SOURCES[table.name].make(organization), organization)

    address = f"/api/v1/feed/{table.name}"
    own = table is SCORES
    return {
        f"GET {address}": Operation(address, "feed:read", make, "everything", results),
        f"GET {address}.{{suffix}}": Operation(
            f"{address}.ndjson", "feed:read", make, "everything", results, committed=own
        ),
    }


OPERATIONS = {
    **{name: each for table in TABLES for name, each in _of_feed(table).items()},
    **READS,
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


@pytest.fixture(autouse=True)
def read_here(request, monkeypatch):
    """Files of what is not committed; see _of_feed()."""
    parameters = getattr(request.node, "callspec", None)
    operation = OPERATIONS.get(parameters.params.get("name", "")) if parameters else None
    if operation is not None and not operation.committed:
        monkeypatch.setattr(exports, "export", export_here)


@pytest.fixture
def mine(name, organization):
    """A row of the organisation."""
    return OPERATIONS[name].row(organization=organization)


@pytest.fixture
def foreign(name, mine, organization, carl):
    """A row of Carl's organisation."""
    return OPERATIONS[name].row(organization=Organization.objects.get(slug="other"))


def _member(organization: Organization, role: str) -> Client:
    client = Client()
    client.force_login(MembershipFactory(organization=organization, role=role).user)
    return client


def _key(organization: Organization, *scopes: str) -> Client:
    """A key that an owner of the organisation has made."""
    owner = MembershipFactory(organization=organization, role=OWNER).user
    _made, secret = create_key([organization], scopes=list(scopes), by=owner)
    return Client(headers={"authorization": f"Bearer {secret}"})


def _get(client: Client, name: str, row, organization: Organization | None = None):
    return client.get(_address(name, row, organization or row.organization))


def _address(name: str, row, organization: Organization) -> str:
    operation = OPERATIONS[name]
    named = getattr(row, operation.parent) if operation.parent else row
    return operation.address.format(
        org=organization.slug, id=named.pk, key=getattr(named, "key", "")
    )


def _shown(response, name: str) -> list[int]:
    assert response.status_code == 200, response.content
    if response.streaming and response["Content-Type"].startswith("text/csv"):
        return OPERATIONS[name].read(response.getvalue())
    if response.streaming:
        lines = response.getvalue().splitlines()
        return OPERATIONS[name].read({"results": [json.loads(line) for line in lines]})
    is_json = response["Content-Type"] == "application/json"
    return OPERATIONS[name].read(response.json() if is_json else response.content)


def _alone(shown: list[int], name: str, mine, foreign) -> bool:
    """Whether one's own row is shown, and the foreign one is not."""
    if OPERATIONS[name].shared:
        return mine.pk in shown
    if OPERATIONS[name].beside_others:
        return mine.pk in shown and foreign.pk not in shown
    return shown == [mine.pk]


def test_every_operation_has_its_row_here():
    paths = SchemaGenerator().get_schema(public=True)["paths"]

    operations = {f"{method.upper()} {path}" for path, item in paths.items() for method in item}

    assert operations == OPERATIONS.keys() | WRITES.keys()


def test_every_viewset_gets_its_rows_from_the_address(settings):
    from config.api import router  # noqa: PLC0415  # the table above is what is tested

    for prefix, viewset, _basename in router.registry:
        assert issubclass(viewset, OrganizationViewSet), prefix


@ALL
def test_who_belongs_there_reads_its_rows_alone(name, mine, foreign, organization):
    operation = OPERATIONS[name]
    everybody = {role: _member(organization, role) for role in ROLES}
    everybody["key"] = _key(organization, operation.scope)
    allowed = {*ROLES[ROLES.index(operation.role) :], "key"}

    for who, client in everybody.items():
        response = _get(client, name, mine)
        if who in allowed:
            assert _alone(_shown(response, name), name, mine, foreign), who
        else:
            code = "owners_only" if operation.role == OWNER else "viewer"
            assert (response.status_code, response.json()["code"]) == (403, code), who


@ALL
def test_nobody_is_401_and_a_key_without_the_scope_403(name, mine, organization):
    others = sorted(set(ApiKey.Scope.values) - {OPERATIONS[name].scope})

    nobody = _get(Client(), name, mine)
    unscoped = _get(_key(organization, *others), name, mine)

    assert (nobody.status_code, nobody["Content-Type"]) == (401, "application/problem+json")
    assert (unscoped.status_code, unscoped.json()["code"]) == (403, "missing_scope")


@WITH_ORGANISATION
def test_to_an_outsider_it_does_not_exist(name, mine, carl, login):
    """With the scope or without, for a key or a person, as if there were no such organisation."""
    elsewhere = OrganizationFactory()
    by_key = client_with_key(elsewhere, scopes=[OPERATIONS[name].scope])
    unscoped = client_with_key(elsewhere, scopes=["signals:write"])

    answers = [_get(client, name, mine) for client in (login(carl), by_key, unscoped)]
    missing = _get(by_key, name, mine, organization=Organization(slug="nowhere"))

    assert missing.status_code == 404
    assert missing.json()["code"] == "not_found"
    for answer in answers:
        assert (answer.status_code, answer.json()) == (404, missing.json())


@pytest.mark.parametrize(
    "name", [name for name, op in OPERATIONS.items() if op.shows == "row" and not op.shared]
)
def test_a_foreign_row_below_ones_own_address_is_404(name, mine, foreign, organization):
    by_key = _key(organization, OPERATIONS[name].scope)

    clients = (by_key, _member(organization, OWNER))

    assert [_get(c, name, foreign, organization).status_code for c in clients] == [404, 404]


@_over("everything")
def test_an_outsider_reads_his_own_rows_alone(name, mine, foreign, carl, login):
    by_key = client_with_key(foreign.organization, scopes=[OPERATIONS[name].scope])

    shown = [_shown(_get(client, name, mine), name) for client in (by_key, login(carl))]

    assert shown == [[foreign.pk], [foreign.pk]]


@ALL
def test_a_write_is_refused_whoever_tries(name, mine, organization):
    by_key = _key(organization, OPERATIONS[name].scope)
    address = _address(name, mine, organization)
    path = name.removeprefix("GET ")
    refused = {
        method for method in ("POST", "PUT", "PATCH", "DELETE") if f"{method} {path}" not in WRITES
    }

    for client in (by_key, _member(organization, OWNER)):
        for method in refused:
            assert client.generic(method, address).status_code == 405


def _write(client: Client, name: str, row, organization: Organization | None = None):
    slug = (organization or row.organization).slug
    body = body_of(name, row)
    with CaptureQueriesContext(connection) as captured:
        response = call(client, name, row, body, org=slug)
    if response.status_code >= 400:
        written = [q["sql"] for q in captured if WRITTEN.match(q["sql"])]
        # When a key was used is noted whatever it is used for.
        assert [sql for sql in written if 'UPDATE "maturity_apikey"' not in sql] == []
    return response


EVERY_WRITE = pytest.mark.parametrize("name", WRITES)


@EVERY_WRITE
@pytest.mark.parametrize("who", ["key", "person"])
def test_who_may_writes(name, who, organization):
    write = WRITES[name]
    row = write.row(organization=organization)
    scopes = (write.scope, *write.beside)
    client = _key(organization, *scopes) if who == "key" else _member(organization, write.role)

    response = _write(client, name, row)

    assert response.status_code == write.done, response.content


@EVERY_WRITE
def test_who_may_not_changes_nothing(name, organization, carl, login):
    write = WRITES[name]
    row = write.row(organization=organization)
    others = sorted(set(ApiKey.Scope.values) - {write.scope})
    tokenless = Client(enforce_csrf_checks=True)
    tokenless.force_login(MembershipFactory(organization=organization, role=OWNER).user)
    lesser = ROLES[: ROLES.index(write.role)]

    refusals = {
        "nobody": _write(Client(), name, row),
        "unscoped key": _write(_key(organization, *others), name, row),
        "a session without its token": _write(tokenless, name, row),
        "outsider": _write(login(carl), name, row),
        "outsider's key": _write(_key(OrganizationFactory(), write.scope), name, row),
        **{role: _write(_member(organization, role), name, row) for role in lesser},
    }

    told = {who: (answer.status_code, answer.json()["code"]) for who, answer in refusals.items()}
    code = "owners_only" if write.role == OWNER else "viewer"
    assert told == {
        "nobody": (401, "not_authenticated"),
        "unscoped key": (403, "missing_scope"),
        "a session without its token": (403, "permission_denied"),
        "outsider": (404, "not_found"),
        "outsider's key": (404, "not_found"),
        **dict.fromkeys(lesser, (403, code)),
    }


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, write in WRITES.items()
        if re.search(r"\{(id|key)\}", name) and not write.shared
    ],
)
def test_a_foreign_row_is_not_written_below_ones_own_address(name, organization):
    theirs = WRITES[name].row(organization=OrganizationFactory())

    clients = (_key(organization, WRITES[name].scope), _member(organization, OWNER))

    assert [_write(c, name, theirs, organization).status_code for c in clients] == [404, 404]
