"""What is committed agrees with what runs: migrations and the API's contract."""

import json
from pathlib import Path

import pytest
import yaml
from django.contrib.postgres.operations import BtreeGistExtension
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from drf_spectacular.validation import validate_schema
from rest_framework.views import APIView

from maturity.api.errors import handle
from maturity.errors import Conflict
from maturity.models import Organization
from tests.contract import followed

CONTRACT = Path(__file__).with_name("openapi.yaml")


@pytest.fixture(scope="module")
def contract() -> dict:
    return _loaded(CONTRACT)


def _loaded(file: Path) -> dict:
    """By libyaml: the contract is long, and Python's own reader takes its time."""
    loaded: dict = yaml.load(file.read_text(), yaml.CSafeLoader)  # a safe one
    return loaded


@pytest.fixture
def served() -> dict:
    return json.loads(Client().get("/api/v1/openapi.json").content)


def _operations(contract: dict) -> list[tuple[str, dict]]:
    return [
        (f"{method} {path}", operation)
        for path, item in contract["paths"].items()
        for method, operation in item.items()
    ]


def test_models_and_migrations_agree(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_migrations_change_models_in_one_step():
    """One by one each change renders all models anew: a fresh database takes minutes then."""
    without_models = (BtreeGistExtension, RunSQL)
    loose = {
        f"{app}.{name}": alone
        for (app, name), migration in MigrationLoader(None).disk_migrations.items()
        if app in {"maturity", "surveys", "reports"}
        and (alone := sum(not isinstance(op, without_models) for op in migration.operations)) > 1
    }

    assert loose == {}, "wrap them in Together, as the other migrations do"


def test_the_committed_contract_is_the_one_that_is_served(contract, served):
    assert contract == served, "run make openapi and read the difference before committing it"


def test_everybody_may_read_it(served):
    assert served["openapi"] == "3.1.0"
    assert served["servers"] == [{"url": "/", "description": "This installation"}]


@pytest.mark.parametrize("query", ["lang=xx", "lang=%00", "version=2", "format=yaml"])
def test_no_parameter_changes_it(served, query):
    assert json.loads(Client().get(f"/api/v1/openapi.json?{query}").content) == served


def test_the_command_writes_it_without_a_warning(tmp_path, contract):
    file = tmp_path / "openapi.yaml"

    call_command("spectacular", file=str(file), validate=True, fail_on_warn=True)

    assert _loaded(file) == contract


def test_it_is_valid(contract):
    validate_schema(contract)


def test_every_operation_can_be_read_by_people(contract):
    tags = {tag["name"] for tag in contract["tags"]}

    for name, operation in _operations(contract):
        assert operation["summary"], name
        assert operation["description"], name
        assert set(operation["tags"]) <= tags, name
        done = [body for code, body in operation["responses"].items() if code.startswith("2")]
        assert done, name
        for body in done:
            assert body["description"], name
            # Where there is nothing to show there is no content.
            for content in body.get("content", {}).values():
                # A file speaks for itself.
                assert content.get("examples") or content["schema"]["format"] == "binary", name
        for parameter in operation["parameters"]:
            assert parameter["description"], f"{name} {parameter['name']}"


def test_operation_ids_are_unique(contract):
    ids = [operation["operationId"] for _name, operation in _operations(contract)]

    assert len(ids) == len(set(ids))


def test_every_column_is_described(contract):
    for name, schema in contract["components"]["schemas"].items():
        for column, details in schema.get("properties", {}).items():
            assert details.get("description") or "items" in details, f"{name}.{column}"


def test_every_operation_documents_its_refusals(contract):
    for name, operation in _operations(contract):
        for status in ("400", "401", "403", "406"):
            content = followed(contract, operation["responses"][status])["content"]
            assert list(content) == ["application/problem+json"], name
            schema = content["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}, name


def test_a_key_may_be_sent_in_any_one_of_five_ways(contract):
    schemes = contract["components"]["securitySchemes"]

    assert {name: (s["type"], s.get("scheme") or s["in"]) for name, s in schemes.items()} == {
        "bearerKey": ("http", "bearer"),
        "tokenKey": ("apiKey", "header"),
        "basicKey": ("http", "basic"),
        "headerKey": ("apiKey", "header"),
        "queryKey": ("apiKey", "query"),
        "session": ("apiKey", "cookie"),
    }
    for name, operation in _operations(contract):
        assert operation["security"] == [
            {"bearerKey": []},
            {"tokenKey": []},
            {"basicKey": []},
            {"headerKey": []},
            {"queryKey": []},
            {"session": []},
        ], name


def test_nullable_columns_say_so_the_way_of_3_1(contract):
    assert '"nullable"' not in json.dumps(contract)


class TestRefusalsOfServices:
    """What services raise, as clients see it."""

    def _problem(self, error: Exception) -> tuple[int, dict]:
        response = handle(error, {"view": APIView(), "request": None, "args": (), "kwargs": {}})
        assert response.content_type == "application/problem+json"
        return response.status_code, response.data

    def test_a_refusal_is_409_with_its_code(self):
        status, problem = self._problem(Conflict("Somebody was faster."))

        assert status == 409
        assert problem == {
            "type": "about:blank",
            "title": "Conflict",
            "status": 409,
            "detail": "Somebody was faster.",
            "code": "conflict",
            "errors": [{"attr": None, "code": "conflict", "detail": "Somebody was faster."}],
            "error": {"message": "Somebody was faster."},
        }

    def test_a_models_refusal_is_400_naming_the_field(self):
        with pytest.raises(ValidationError) as refusal:
            Organization(slug="no slug", name="x").full_clean(validate_unique=False)

        status, problem = self._problem(refusal.value)

        assert status == 400
        assert [error["attr"] for error in problem["errors"]] == ["slug"]

    def test_a_models_refusal_without_a_field_is_400_as_well(self):
        status, problem = self._problem(ValidationError("These do not fit together."))

        assert status == 400
        assert problem["detail"] == "non_field_errors: These do not fit together."
