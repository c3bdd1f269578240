"""The cast of OData's tests: a client that sends its key as Excel does, and five scores."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from maturity.models import Organization, Score
from maturity.services.keys import create_key
from tests.factories import ScoreFactory

ROOT = "/odata/v4/"


def basic(secret: str) -> str:
    return f"Basic {base64.b64encode(f'anything:{secret}'.encode()).decode()}"


def client_of(*organizations: Organization, scopes: tuple[str, ...] = ("feed:read",)) -> Client:
    _key, secret = create_key(organizations, scopes=list(scopes))
    return Client(headers={"authorization": basic(secret), "accept": "application/json"})


@pytest.fixture
def excel(organization: Organization) -> Client:
    """A client of the organisation that has been here before, so its use is noted."""
    client = client_of(organization)
    client.get(ROOT)
    return client


@pytest.fixture
def five(organization: Organization) -> list[Score]:
    levels = [3, 1, None, 5, 3]
    return [
        ScoreFactory(
            organization=organization,
            level=level,
            effective_level=level,
            state="unknown" if level is None else "assessed",
            evidence_kind="" if level is None else "link",
        )
        for level in levels
    ]


@pytest.fixture
def rows(excel: Client) -> Callable[..., list[dict[str, Any]]]:
    """Ask for Scores with these options; the rows of one page."""

    def _rows(**options: Any) -> list[dict[str, Any]]:
        response = ask(excel, "Scores", **options)
        assert response.status_code == 200, response.content
        body: dict[str, Any] = response.json()
        return body["value"]

    return _rows


def ask(client: Client, resource: str, headers: Any = None, **options: Any) -> Any:
    query = urlencode({f"${name}": value for name, value in options.items()})
    return client.get(f"{ROOT}{resource}?{query}", headers=headers)
