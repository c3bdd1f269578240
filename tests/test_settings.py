"""Settings by environment with safe defaults; health; headers."""

import gzip
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
from django.conf import settings
from django.db import OperationalError
from redis.exceptions import ConnectionError as BrokerDown

from config import health

ROOT = Path(__file__).resolve().parents[1]
PRODUCTION = {
    "SECRET_KEY": "k" * 60 + "0123456789abc",
    "BASE_URL": "https://plumbline.example",
    "DATABASE_URL": "postgresql:///plumbline",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "DJANGO_SETTINGS_MODULE": "config.settings",
}


def _django(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_check_deploy_is_clean():
    result = _django("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL"])
def test_without_a_required_setting_nothing_starts(name):
    environment = {key: value for key, value in PRODUCTION.items() if key != name}

    result = _django("check", **environment)

    assert result.returncode != 0
    assert f"Set the {name} environment variable" in result.stderr


def test_livez_answers_without_any_service(client):
    response = client.get("/livez")

    assert response.json() == {"status": "ok"}


def test_readyz_answers_when_the_services_do(client, db):
    response = client.get("/readyz")

    assert (response.status_code, response.json()["status"]) == (200, "ok")


@pytest.mark.parametrize(
    ("target", "fault", "broken"),
    [
        ("connection.cursor", OperationalError, "database"),
        ("Redis.ping", BrokerDown, "broker"),
    ],
)
def test_readyz_says_what_is_down(client, db, target, fault, broken):
    owner, name = target.split(".")

    with mock.patch.object(getattr(health, owner), name, side_effect=fault):
        response = client.get("/readyz")

    assert response.status_code == 503
    assert [key for key, up in response.json()["checks"].items() if not up] == [broken]


def test_pages_carry_the_strict_policy(client, db):
    response = client.get("/login")

    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("prefix", settings.CONTENT_SECURITY_POLICY_BY_PATH)
def test_an_exception_holds_on_its_path_alone(client, db, prefix):
    response = client.get(prefix, follow=True)

    assert "'unsafe-eval'" in response["Content-Security-Policy"]


def test_nothing_is_framed_or_fetched_from_elsewhere(client, db):
    for path in ("/login", "/admin/login/", "/api/docs/"):
        policy = client.get(path)["Content-Security-Policy"]
        assert "http" not in policy, path
        assert "frame-ancestors 'none'" in policy, path


def test_pages_are_packed_and_what_programs_pull_is_not(client, organization, ana):
    client.force_login(ana)
    asked = {"accept-encoding": "gzip"}

    page = client.get("/orgs/acme", headers=asked)
    pulled = client.get("/api/v1/openapi.json", headers=asked)

    assert page["Content-Encoding"] == "gzip"
    assert b"Acme" in gzip.decompress(page.content)
    assert "Accept-Encoding" in page["Vary"]
    assert not pulled.has_header("Content-Encoding")
