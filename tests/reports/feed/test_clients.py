"""Clients that nobody here wrote read everything and then exactly the changes."""

import importlib
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import openapi_python_client
import pytest
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from openapi_python_client.config import Config, ConfigFile, MetaType

from config.api import contract
from maturity.services.keys import create_key
from tests.factories import ScoreFactory
from tests.feed import delete, edit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scores(organization) -> list[Any]:
    return [ScoreFactory(organization=organization, level=level) for level in (2, 3, 4, 5, 2)]


@pytest.fixture
def secret(organization, scores) -> str:
    _key, secret = create_key([organization], scopes=["feed:read"])
    return secret


@pytest.fixture(scope="module")
def generated(tmp_path_factory) -> Any:
    """The package that openapi-python-client writes for our contract, imported."""
    folder: Path = tmp_path_factory.mktemp("client")
    document = folder / "openapi.json"
    document.write_text(json.dumps(contract()))
    config = Config.from_sources(
        ConfigFile(post_hooks=[], package_name_override="plumbline_client"),
        MetaType.NONE,
        document,
        "utf-8",
        overwrite=True,
        output_path=folder / "plumbline_client",
    )
    complaints = openapi_python_client.generate(config=config)
    # It sends signals as JSON and does without the CSV.
    assert {complaint.detail for complaint in complaints} <= {"Unsupported content type text/csv"}
    sys.path.insert(0, str(folder))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # theirs, not ours
            yield importlib.import_module("plumbline_client")
    finally:
        sys.path.remove(str(folder))


def test_a_generated_client_reads_everything_and_then_the_changes(
    generated, live_server, secret, scores
):
    feed_scores = importlib.import_module("plumbline_client.api.feed.feed_scores")
    client = generated.AuthenticatedClient(base_url=live_server.url, token=secret)

    def pull(**query: Any) -> list[Any]:
        rows: list[Any] = []
        while True:
            page = feed_scores.sync(client=client, page_size=2, **query)
            rows += page.results
            if page.next_cursor is None:
                return rows
            query["cursor"] = page.next_cursor

    with client:
        first = pull()
        edit(scores[1], level=5, effective_level=5)
        delete(scores[3])
        second = pull(since_seq=max(row.seq for row in first))
        third = pull(since_seq=max(row.seq for row in second))

    assert [(row.id, row.level) for row in first] == [(score.pk, score.level) for score in scores]
    assert [(row.id, row.level, row.is_deleted) for row in second] == [
        (scores[1].pk, 5, False),
        (scores[3].pk, None, True),
    ]
    assert third == []


def test_dlt_finds_the_pages_by_itself(live_server, secret, scores):
    """No paginator and no selector are named: it reads the Link header and finds the rows."""
    client = RESTClient(f"{live_server.url}/api/v1/feed", auth=BearerTokenAuth(secret))

    with client.session:
        pages = list(client.paginate("scores", params={"page_size": 2}))

    assert [[row["id"] for row in page] for page in pages] == [
        [scores[0].pk, scores[1].pk],
        [scores[2].pk, scores[3].pk],
        [scores[4].pk],
    ]
