"""The dashboard as its ops lead sees it."""

from collections.abc import Callable

import pytest
from django.test import Client

from maturity.models import Organization, User
from tests.reports.scenes import url


@pytest.fixture
def fetch(
    organization: Organization, ana: User, login: Callable[[User], Client]
) -> Callable[[], str]:
    """Read the organisation's page, in full."""
    client = login(ana)

    def _fetch() -> str:
        response = client.get(url(organization))
        assert response.status_code == 200
        return response.content.decode()

    return _fetch
