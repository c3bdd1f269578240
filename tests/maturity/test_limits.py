"""Rate limits: per key or per address, told on every answer, and never in the API's way."""

import json
import threading
from uuid import uuid4

import pytest
import structlog
from django.test import Client

from maturity.services.limits import Policy, take
from tests.clients import client_with_key
from tests.contract import followed

URL = "/api/v1/feed/scores"


@pytest.fixture
def few(settings):
    """Three requests in a minute for everybody."""
    settings.RATE_LIMITS = {"key": 3, "person": 3, "address": 3}
    settings.RATE_LIMIT_WINDOW = 60


@pytest.fixture
def nowhere(settings, tmp_path):
    """A Redis that nobody listens at."""
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock?db=0"


@pytest.fixture
def somewhere() -> str:
    """An address that no other test comes from."""
    number = uuid4().int
    return f"10.{number % 256}.{number // 256 % 256}.{number // 65536 % 256}"


def _client(address: str, key: str = "") -> Client:
    headers = {"x-api-key": key} if key else {}
    return Client(headers=headers, REMOTE_ADDR=address)


class TestBuckets:
    def test_a_bucket_holds_its_quota_and_says_what_is_left(self):
        policy, client = Policy("test", 3, 60), str(uuid4())

        standings = [take(policy, client) for _ in range(4)]

        assert [each.remaining for each in standings] == [2, 1, 0, 0]
        assert [each.full_in for each in standings] == [20, 40, 60, 60]
        assert [each.wait for each in standings] == [None, None, None, 20]

    def test_one_request_comes_back_after_its_share_of_the_window(self):
        policy, client = Policy("test", 100, 1), str(uuid4())
        while take(policy, client).wait is None:
            pass
        threading.Event().wait(0.05)

        assert take(policy, client).wait is None

    def test_buckets_are_apart(self):
        policy, one, other = Policy("test", 1, 60), str(uuid4()), str(uuid4())
        take(policy, one)

        assert (take(policy, one).wait, take(policy, other).wait) == (60, None)

    def test_many_at_once_get_no_more_than_there_is(self):
        policy, client = Policy("test", 20, 120), str(uuid4())
        taken = []

        def work():
            taken.extend(take(policy, client).wait is None for _ in range(10))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert (len(taken), sum(taken)) == (40, 20)

    def test_no_wait_is_longer_than_two_minutes(self):
        policy, client = Policy("test", 1, 900), str(uuid4())
        take(policy, client)

        assert take(policy, client).wait == 120


class TestAnswers:
    def test_every_answer_of_a_key_tells_its_standing(self, organization, few):
        client = client_with_key(organization, scopes=["feed:read"])

        answers = [client.get(address) for address in (URL, f"{URL}?x=1", "/api/v1/orgs/acme/x")]

        assert [answer.status_code for answer in answers] == [200, 400, 404]
        assert [answer["RateLimit"] for answer in answers[:2]] == [
            '"key";r=2;t=20',
            '"key";r=1;t=40',
        ]
        assert answers[0]["RateLimit-Policy"] == '"key";q=3;w=60'
        # An address that does not exist asks for no key.
        assert answers[2]["RateLimit"].startswith('"address";')

    def test_one_too_many_is_a_problem_that_says_when_to_come_back(self, organization, few):
        client = client_with_key(organization, scopes=["feed:read"])
        for _ in range(3):
            client.get(URL)

        answer = client.get(URL)

        assert (answer.status_code, answer["Retry-After"]) == (429, "20")
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "throttled"
        assert answer.json()["error"]["message"]
        assert answer["RateLimit"] == '"key";r=0;t=60'
        assert answer["RateLimit-Policy"] == '"key";q=3;w=60'

    def test_a_key_has_one_bucket_whichever_resource_it_reads(self, organization, few):
        client = client_with_key(organization, scopes=["feed:read", "findings:read"])
        for _ in range(3):
            client.get("/api/v1/orgs/acme/findings")

        assert client.get(f"{URL}.csv").status_code == 429

    def test_keys_do_not_share_it_though_they_come_from_one_address(self, organization, few):
        one = client_with_key(organization, scopes=["feed:read"])
        other = client_with_key(organization, scopes=["feed:read"])
        for _ in range(4):
            last = one.get(URL)

        assert (last.status_code, other.get(URL).status_code) == (429, 200)

    def test_a_person_has_one_of_his_own(self, ana, login, few):
        client = login(ana)

        assert client.get(URL)["RateLimit"] == '"person";r=2;t=20'

    def test_without_a_key_the_address_is_counted(self, db, few, somewhere):
        answers = [_client(somewhere).get(URL) for _ in range(4)]

        assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
        assert answers[0]["RateLimit"] == '"address";r=2;t=20'

    def test_keys_are_not_tried_without_end(self, organization, few, somewhere):
        tried = [_client(somewhere, f"plumb_0000000{n}_{'x' * 43}") for n in range(4)]

        statuses = [client.get(URL).status_code for client in tried]

        assert statuses == [401, 401, 401, 429]

    def test_what_others_try_from_an_address_costs_a_good_key_nothing(
        self, organization, few, somewhere
    ):
        for _ in range(4):
            _client(somewhere, "plumb_nonsense").get(URL)
        good = client_with_key(organization, scopes=["feed:read"])

        assert good.get(URL, REMOTE_ADDR=somewhere).status_code == 200

    @pytest.mark.parametrize(("proxies", "statuses"), [(0, [401, 429]), (1, [401, 401])])
    def test_a_forwarded_address_counts_only_behind_proxies_of_ones_own(
        self, db, settings, somewhere, proxies, statuses
    ):
        settings.RATE_LIMITS = {"address": 1}
        settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": proxies}
        client = _client(somewhere)

        answers = [
            client.get(URL, headers={"x-forwarded-for": f"9.9.9.9, {somewhere[:-1]}{n}"})
            for n in (1, 2)
        ]

        assert [answer.status_code for answer in answers] == statuses


class TestWithoutRedis:
    def test_the_api_answers_all_the_same_and_the_log_says_so(self, organization, few, nowhere):
        client = client_with_key(organization, scopes=["feed:read"])

        with structlog.testing.capture_logs() as lines:
            answers = [client.get(URL) for _ in range(4)]

        assert [answer.status_code for answer in answers] == [200] * 4
        assert "RateLimit" not in answers[0]
        told = [line for line in lines if line["event"] == "rate_limit_unavailable"]
        assert [line["log_level"] for line in told] == ["warning"] * 4


def test_the_defaults_let_a_full_sync_through(settings):
    """A million rows in pages of 1,000, as fast as one client can ask: 1,000 requests."""
    assert settings.RATE_LIMITS["key"] >= 2_000
    assert 1 <= settings.RATE_LIMIT_WINDOW <= 120


def test_every_operation_documents_the_limit():
    contract = json.loads(Client().get("/api/v1/openapi.json").content)

    for path, item in contract["paths"].items():
        for method, operation in item.items():
            for status, named in operation["responses"].items():
                body = followed(contract, named)
                assert {"RateLimit", "RateLimit-Policy"} <= set(body["headers"]), (method, path)
                assert ("Retry-After" in body["headers"]) == (status == "429"), (method, path)
    headers = contract["components"]["headers"]
    assert set(headers) == {"RateLimit", "RateLimit-Policy", "Retry-After"}
