"""The contract tried out by schemathesis: whatever comes in, what goes out is what it says.

Few examples each, the same ones in every run; SCHEMATHESIS_EXAMPLES=200 digs deeper.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.api import contract
from config.wsgi import application
from maturity.models import ApiKey, Organization, RubricVersion
from maturity.services.keys import create_key
from tests.factories import AssessmentFactory, FindingFactory, InitiativeFactory, ScoreFactory

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "4"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def _operations() -> list[Any]:
    schema = schemathesis.openapi.from_dict(contract())
    schema.app = application
    return [result.ok() for result in schema.get_all_operations()]


OPERATIONS = _operations()
TAGS = sorted({tag for operation in OPERATIONS for tag in operation.tags})


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """The test's own, with its transaction: as Django's test client does it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def rows(organization: Organization, rubric: RubricVersion) -> dict[str, Any]:
    """What an address needs to lead somewhere: the organisation and a row of each noun."""
    assessment = AssessmentFactory(organization=organization, rubric=rubric)
    score = ScoreFactory(assessment=assessment, capability=rubric.capabilities.first())
    return {
        "org": organization.slug,
        "/findings/": FindingFactory(organization=organization).pk,
        "/initiatives/": InitiativeFactory(organization=organization).pk,
        "/assessments/": assessment.pk,
        "/scores/": score.pk,
    }


@pytest.mark.parametrize("tag", TAGS)
def test_every_answer_conforms(tag, organization, rows):
    """One scene for the operations of a tag: what one leaves behind the next one meets."""
    _key, secret = create_key([organization], scopes=ApiKey.Scope.values)
    for operation in OPERATIONS:
        if operation.tags == [tag]:
            _judge(operation, {"X-API-Key": secret}, rows)


def _judge(operation: Any, headers: dict[str, str], rows: dict[str, Any]) -> None:
    """Call one operation with each example, without and with a key."""
    strangers = set()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=_cases(operation), leads=st.booleans())
    def judge(case: Any, leads: bool) -> None:
        if leads:
            _lead_somewhere(case, rows)
        for sent in ({}, headers):
            response = case.call(headers=sent)
            case.validate_response(response, checks=CHECKS)
            if not sent:
                strangers.add(response.status_code)

    judge()

    assert strangers
    assert strangers <= {400, 401, 404, 405, 406}, operation.label


def _cases(operation: Any) -> Any:
    return st.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )


def _lead_somewhere(case: Any, rows: dict[str, Any]) -> None:
    if "org" in case.path_parameters:
        case.path_parameters["org"] = rows["org"]
    for part, pk in rows.items():
        if part in case.path and "id" in case.path_parameters:
            case.path_parameters["id"] = pk
