"""The feed's cast: a reader with a key, three scores, and somebody who stamps at the same time."""

import pytest
from django.test import Client

from maturity.models import Organization, Score
from maturity.services.changes import Stamped
from reports.api import feed
from tests.clients import client_with_key
from tests.factories import ScoreFactory
from tests.feed import URL


@pytest.fixture
def reader(organization: Organization) -> Client:
    """A client of the organisation that has been here before, so its use is noted."""
    client = client_with_key(organization, scopes=["feed:read"])
    client.get(URL)
    return client


@pytest.fixture
def three(organization: Organization) -> list[Score]:
    return [ScoreFactory(organization=organization, level=level) for level in (3, 4, 5)]


@pytest.fixture
def busy(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else stamps at the same time: the requests themselves stamp nothing."""
    monkeypatch.setattr(feed, "stamp_batch", lambda: Stamped(high_water=0, count=0))
