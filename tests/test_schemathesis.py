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

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "6"))
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


@pytest.mark.parametrize("operation", _operations(), ids=lambda operation: operation.label)
def test_every_answer_conforms(operation, organization, rows):
    _key, secret = create_key([organization], scopes=ApiKey.Scope.values)
    headers = {"X-API-Key": secret}
    seen = []

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
            seen.append((bool(sent), response.status_code))

    judge()

    assert len(seen) >= 2
    assert {status for known, status in seen if not known} <= {400, 401, 404, 405, 406, 429}


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
