"""Every write of the API: sent twice it happens once, and on an old state it does not happen."""

import re

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator

from maturity.models import ApiKey
from maturity.services.keys import create_key
from tests.factories import MembershipFactory, OrganizationFactory
from tests.operations import WRITES
from tests.operations.calls import body_of, call

WRITTEN = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b")
# What is only added to a row is true whatever else changed on it.
ADDING = {"POST /api/v1/orgs/{org}/findings/{id}/notes"}
ONE_ROW = re.compile(r"\{(id|key)\}|/(settings|privacy|notifications|brand)$")


def _scene(name):
    """A row in an organisation of its own, and the key of its owner for everything."""
    organization = OrganizationFactory()
    owner = MembershipFactory(organization=organization, role="owner").user
    _key, secret = create_key([organization], scopes=ApiKey.Scope.values, by=owner)
    client = Client(headers={"authorization": f"Bearer {secret}"})
    return client, WRITES[name].row(organization=organization)


def _written(captured):
    """What was written apart from when the key was used."""
    return [
        query["sql"]
        for query in captured
        if WRITTEN.match(query["sql"]) and 'UPDATE "maturity_apikey"' not in query["sql"]
    ]


def test_a_write_that_is_sent_twice_happens_once(db):
    for name in WRITES:
        client, row = _scene(name)
        body = body_of(name, row)
        other = [*body, *body] if isinstance(body, list) else {**body, "other": "body"}

        first = call(client, name, row, body, **{"Idempotency-Key": "1"})
        with CaptureQueriesContext(connection) as captured:
            second = call(client, name, row, body, **{"Idempotency-Key": "1"})
            third = call(client, name, row, other, **{"Idempotency-Key": "1"})

        assert first.status_code == WRITES[name].done, (name, first.content)
        assert second.status_code == first.status_code, (name, second.content)
        assert second.headers.get("Idempotency-Replayed") == "true", name
        said, again = (each.json() if each.content else None for each in (first, second))
        assert again == (said | {"secret": None} if said and "secret" in said else said), name
        assert (third.status_code, third.json()["code"]) == (409, "idempotency_key_reused"), name
        assert _written(captured) == [], name


def test_a_write_on_another_state_than_it_saw_does_not_happen(db):
    paths = SchemaGenerator().get_schema(public=True)["paths"]
    for name in WRITES:
        method, _blank, path = name.partition(" ")
        parameters = paths[path][method.lower()].get("parameters", [])
        documented = "If-Match" in {each["name"] for each in parameters}
        assert documented == (bool(ONE_ROW.search(path)) and name not in ADDING), name
        if not documented:
            continue
        client, row = _scene(name)
        body = body_of(name, row)

        with CaptureQueriesContext(connection) as captured:
            response = call(client, name, row, body, **{"If-Match": '"another"'})

        assert (response.status_code, response.json()["code"]) == (412, "stale"), name
        assert _written(captured) == [], name
