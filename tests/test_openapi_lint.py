"""The contract as a linter for OpenAPI reads it: nothing unnamed, undescribed or left over."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from config.api import contract
from tests.contract import followed

HTTP = {"get", "put", "post", "patch", "delete"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(json.dumps(contract()))


@pytest.fixture(scope="module")
def operations(document) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def test_the_document_says_what_it_is(document):
    assert document["openapi"] == "3.1.0"
    info = document["info"]
    assert all(info[name] for name in ("title", "description", "version"))
    assert info["license"]["identifier"] == "Apache-2.0"
    assert document["servers"]
    assert all(server["url"] and server["description"] for server in document["servers"])


def test_operation_ids_can_be_names_in_any_language(operations):
    ids = [operation["operationId"] for _path, _method, operation in operations]

    assert [name for name in ids if not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []
    assert len({name.lower() for name in ids}) == len(ids)


def test_every_tag_that_is_used_is_described(document, operations):
    described = {tag["name"]: tag["description"] for tag in document["tags"]}
    used = {tag for _path, _method, operation in operations for tag in operation["tags"]}
    used |= {
        tag for item in document["webhooks"].values() for o in item.values() for tag in o["tags"]
    }

    assert all(described.values())
    assert used <= described.keys()


def test_paths_are_plain_and_their_parameters_declared(operations):
    for path, method, operation in operations:
        assert method in HTTP, path
        assert not path.endswith("/"), path
        assert "?" not in path, path
        named = set(re.findall(r"\{(\w+)\}", path))
        declared = {p["name"]: p for p in operation["parameters"] if p["in"] == "path"}
        assert declared.keys() == named, (method, path)
        assert all(parameter["required"] for parameter in declared.values()), (method, path)


def test_every_parameter_has_one_meaning_and_a_type(operations):
    for path, method, operation in operations:
        keys = [(parameter["in"], parameter["name"]) for parameter in operation["parameters"]]
        assert len(keys) == len(set(keys)), (method, path)
        for parameter in operation["parameters"]:
            assert parameter["description"], (method, path, parameter["name"])
            assert parameter["schema"], (method, path, parameter["name"])


def test_every_answer_is_described_and_every_refusal_shown(document, operations):
    for path, method, operation in operations:
        for status, named in operation["responses"].items():
            body = followed(document, named)
            assert body["description"], (method, path, status)
            if status.startswith("4"):
                content = body["content"]["application/problem+json"]
                assert content["examples"], (method, path, status)


def test_what_is_sent_is_shown(operations):
    """A body has an example, or properties that are all described."""
    for path, method, operation in operations:
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            schema = content["schema"]
            shown = content.get("examples") or schema.get("examples") or "$ref" in schema
            assert shown or schema.get("format") == "binary", (method, path, media_type)


def test_every_reference_leads_somewhere_and_nothing_is_left_over(document):
    references = set(_references(document))
    for reference in references:
        assert followed(document, {"$ref": reference}), reference

    there = {
        f"#/components/{kind}/{name}"
        for kind, items in document["components"].items()
        if kind != "securitySchemes"
        for name in items
    }
    assert there - references == set()


def test_every_security_scheme_is_described(document):
    for name, scheme in document["components"]["securitySchemes"].items():
        assert scheme["description"], name
