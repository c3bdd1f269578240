"""API keys: shown once, sent in five ways, refused alike, and never in a log."""

import io
import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from config.redaction import mask_keys
from maturity.models import ApiKey, Membership
from maturity.services.keys import create_key, find_key, note_use, revoke_key
from tests.factories import OrganizationFactory

URL = "/api/v1/feed/scores"


@pytest.fixture
def secret(organization) -> str:
    _key, secret = create_key([organization], scopes=["feed:read"])
    return secret


@pytest.mark.parametrize("scope", ["members:write", "keys:write", "members:read", "keys:read"])
def test_who_is_no_owner_hands_out_nothing_of_an_owners(organization, ana, scope):
    with pytest.raises(ValidationError, match="Only owners hand out"):
        create_key([organization], scopes=["feed:read", scope], by=ana)

    Membership.objects.filter(user=ana).update(role="viewer")
    with pytest.raises(ValidationError, match="Only owners and ops leads"):
        create_key([organization], scopes=["feed:read"], by=ana)
    assert not ApiKey.objects.exists()
    Membership.objects.filter(user=ana).update(role="owner")
    create_key([organization], scopes=["feed:read", scope], by=ana)
    with pytest.raises(ValidationError, match="Only owners hand out"):
        create_key([organization, OrganizationFactory()], scopes=[scope], by=ana)


def _status(secret: str) -> int:
    return Client().get(URL, headers={"authorization": f"Bearer {secret}"}).status_code


class TestUse:
    def test_a_revocation_keeps_its_first_moment(self, secret):
        key, first = ApiKey.objects.get(), datetime(2026, 1, 1, tzinfo=UTC)
        revoke_key(key, at=first)

        revoke_key(key, at=first + timedelta(days=1))

        assert key.revoked_at == first

    def test_the_first_use_is_noted(self, secret):
        before = timezone.now()

        _status(secret)

        assert ApiKey.objects.get().last_used_at >= before

    def test_it_is_noted_once_a_minute(self, secret):
        key, first = ApiKey.objects.get(), datetime(2026, 1, 1, tzinfo=UTC)
        moments = []
        for seconds in (0, 59, 60):
            note_use(key, at=first + timedelta(seconds=seconds))
            key.refresh_from_db()
            moments.append(key.last_used_at)

        assert moments == [first, first, first + timedelta(seconds=60)]

    def test_a_later_use_of_a_stale_copy_is_not_noted_twice(self, secret):
        now = timezone.now()
        stale = ApiKey.objects.get()
        note_use(ApiKey.objects.get(), at=now)

        note_use(stale, at=now + timedelta(seconds=30))

        assert ApiKey.objects.get().last_used_at == now

    def test_noting_does_not_wait_for_whoever_holds_the_row(self, locked_key):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            note_use(locked_key, at=timezone.now())

        assert ApiKey.objects.get(pk=locked_key.pk).last_used_at is None

    @pytest.fixture
    def locked_key(self, transactional_db):
        """A key whose row another connection has locked."""
        key, _secret = create_key([OrganizationFactory()], scopes=["feed:read"])
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM maturity_apikey WHERE id = %s FOR UPDATE", [key.pk])
            yield key
            cursor.execute("ROLLBACK")
        other.close()


class TestSecrets:
    def test_only_its_digest_is_stored(self, organization):
        key, secret = create_key([organization], scopes=["feed:read"])

        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(k)::text FROM maturity_apikey k")
            stored = cursor.fetchone()[0]

        assert secret not in stored
        assert secret.split("_", 2)[2] not in stored
        assert key.digest == ApiKey.digest_of(secret)

    def test_finding_a_key_is_one_query_with_its_organisations(
        self, organization, django_assert_num_queries
    ):
        other = OrganizationFactory()
        key, secret = create_key([organization, other], scopes=["feed:read"])

        with django_assert_num_queries(1):
            found = find_key(secret, at=timezone.now())

        assert found == key
        assert found.organization_ids == sorted([organization.pk, other.pk])

    def test_text_that_is_no_key_costs_no_query(self, db, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert find_key("plumb_nonsense", at=timezone.now()) is None

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"scopes": ["feed:write"]}, "scopes"),
            ({"scopes": []}, "scopes"),
            ({"name": "x" * 101}, "name"),
        ],
    )
    def test_an_impossible_key_is_refused(self, organization, changes, field):
        with pytest.raises(ValidationError) as refusal:
            create_key([organization], **({"scopes": ["feed:read"]} | changes))

        assert list(refusal.value.message_dict) == [field]
        assert not ApiKey.objects.exists()

    def test_a_key_belongs_to_somebody(self, db):
        with pytest.raises(ValidationError) as refusal:
            create_key([], scopes=["feed:read"])

        assert list(refusal.value.message_dict) == ["organizations"]


class TestLogs:
    @pytest.fixture
    def lines(self):
        """What the configured handler writes, at every level."""
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        config = settings.LOGGING["formatters"]["json"]
        handler.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                processors=config["processors"], foreign_pre_chain=config["foreign_pre_chain"]
            )
        )
        root, level = logging.getLogger(), logging.getLogger().level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
        root.removeHandler(handler)
        root.setLevel(level)

    def test_a_key_in_the_address_is_masked(self, secret, lines):
        Client().get(URL, {"api_key": secret, "page_size": 1})
        Client().get(URL, {"api_key": secret[:-1], "page_size": "x"})

        told = json.dumps(lines())

        finished = [line for line in lines() if line["event"] == "request_finished"]
        assert [line["code"] for line in finished] == [200, 401]
        assert finished[0]["request"] == (
            f"GET {URL}?api_key=plumb_{secret.split('_')[1]}_…&page_size=1"
        )
        assert secret.split("_", 2)[2][:-1] not in told

    def test_the_prefix_says_whose_request_it_was(self, secret, lines):
        Client().get(URL, headers={"x-api-key": secret})

        finished = [line for line in lines() if line["event"] == "request_finished"]
        assert [line["key_prefix"] for line in finished] == [secret.split("_")[1]]

    @pytest.mark.parametrize(
        ("line", "masked"),
        [
            ("?api_key=abc&x=1", "?api_key=…&x=1"),
            ('"?API%5FKEY=abc"', '"?API%5FKEY=…"'),
            ("Bearer plumb_0123abcd_S3-cr_et", "Bearer plumb_0123abcd_…"),
            ("api_key=plumb_0123abcd_S3-cr_et.", "api_key=plumb_0123abcd_…."),
            ("nothing to hide", "nothing to hide"),
        ],
    )
    def test_a_key_is_masked_wherever_it_stands(self, line, masked):
        assert mask_keys(None, "info", line) == masked
