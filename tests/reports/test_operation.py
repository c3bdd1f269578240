"""The operators' page: what waits, what is slow, which keys are used, which exports run."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from maturity.models import ApiKey, SyncChange
from maturity.services.changes import stamp_changes
from maturity.services.keys import create_key
from maturity.services.valkey import valkey
from reports.feed.tables import TABLES
from reports.services.durations import KEPT, durations_of, note_duration
from tests.clients import client_with_key
from tests.factories import ScoreFactory, UserFactory
from tests.feed import URL as FEED

URL = "/operation"
NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_figures(db):
    for key in valkey().scan_iter("plumbline:feed:milliseconds:*"):
        valkey().delete(key)


@pytest.fixture
def operator(login) -> Client:
    return login(UserFactory(is_superuser=True, is_staff=True))


def _panels(client: Client) -> dict[str, str]:
    response = client.get(URL)
    assert response.status_code == 200
    page = re.sub(r"\s+", " ", response.content.decode())
    return dict(re.findall(r'data-panel="(\w+)">(.*?)</section>', page))


def test_it_is_for_operators_alone(ana, login, db):
    assert Client().get(URL)["Location"] == f"/login?next={URL}"
    assert login(ana).get(URL).status_code == 404
    assert login(UserFactory(is_staff=True)).get(URL).status_code == 404


def test_an_idle_installation_says_so(operator):
    panels = _panels(operator)

    assert "None: every change is published." in panels["stamps"]
    assert "0 of 4 slots are in use." in panels["exports"]
    assert "Nobody has read a table lately." in panels["tables"]
    assert "No key is in force." in panels["keys"]


@pytest.mark.parametrize(("seconds", "late"), [(10, False), (11, True)])
def test_a_change_that_waits_too_long_stands_out(operator, organization, seconds, late):
    ScoreFactory(organization=organization)
    SyncChange.objects.update(dirty_since=NOW - timedelta(seconds=seconds))

    with time_machine.travel(NOW, tick=False):
        operator.force_login(UserFactory(is_superuser=True))
        waiting = _panels(operator)["stamps"]
        stamp_changes()
        after = _panels(operator)["stamps"]

    assert f"The oldest has waited {seconds} s" in waiting
    assert ("is the scheduler running?" in waiting) == late
    assert "None: every change is published." in after


def test_keys_stand_with_their_last_use_the_unused_last(operator, organization):
    used, _secret = create_key([organization], scopes=["feed:read"], name="Used")
    create_key([organization], scopes=["feed:read"], name="Unused")
    gone, _secret = create_key([organization], scopes=["feed:read"], name="Gone")
    ApiKey.objects.filter(pk=used.pk).update(last_used_at=NOW)
    ApiKey.objects.filter(pk=gone.pk).update(revoked_at=timezone.now())

    keys = _panels(operator)["keys"]

    assert re.findall(r"(Used|Unused|Gone) \(", keys) == ["Used", "Unused"]
    assert "1 August 2026, 12:00 UTC" in keys
    assert "never" in keys


def test_an_answer_of_the_feed_is_measured_and_a_refusal_is_not(operator, organization):
    client = client_with_key(organization, scopes=["feed:read"])
    client.get(FEED)
    client.get(FEED, {"page_size": "x"})
    client.get("/odata/v4/Scores")

    assert [(each.table, each.count) for each in durations_of(["scores"])] == [("scores", 2)]
    assert "<code>scores</code>" in _panels(operator)["tables"]


def test_the_slowest_table_comes_first_with_its_figures():
    for number in range(1, 101):
        note_duration("scores", number / 1_000)
    note_duration("units", 0.5)

    units, scores = durations_of(["scores", "units", "areas"])

    assert (units.table, units.p95) == ("units", 500.0)
    assert (scores.count, scores.median, scores.p95, scores.longest) == (100, 50.5, 95.0, 100.0)


def test_only_the_last_figures_are_kept():
    for number in range(KEPT + 5):
        note_duration("scores", number / 1_000)

    (figures,) = durations_of(["scores"])

    assert (figures.count, figures.longest) == (KEPT, KEPT + 4)


def test_without_redis_the_page_and_the_feed_answer(operator, organization, settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock?db=0"

    assert client_with_key(organization, scopes=["feed:read"]).get(FEED).status_code == 200
    assert "Redis does not answer" in _panels(operator)["tables"]


def test_it_is_flat_in_queries(operator, organization, django_assert_num_queries):
    for more in (5, 45):
        for _ in range(more):
            create_key([organization], scopes=["feed:read"])
        ScoreFactory.create_batch(more, organization=organization)
        for table in TABLES:
            note_duration(table.name, 0.1)

        # the session, the user, the oldest change, how many keys, the keys, the exports
        with django_assert_num_queries(6):
            _panels(operator)
