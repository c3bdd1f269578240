"""The cast: Ana leads an organisation's product ops, Carl belongs to another one."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client
from django.test.utils import CaptureQueriesContext

from maturity.models import Membership, Organization, RubricVersion, User
from maturity.services.rubrics import publish_pack
from reports.selectors.rubrics import forget_rubrics
from tests import flush, migrated
from tests.browser import chromium
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory
from tests.packs import shipped_pack

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_configure(config: pytest.Config) -> None:
    """Where workers are about to start, begin to make what their databases are copied from."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        migrated.make()


def pytest_collection_finish() -> None:
    """What is loaded by now stays; looking through it for garbage takes a tenth of all time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


def pytest_sessionfinish() -> None:
    chromium.quit()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """A worker's database is a copy of the migrated one."""
    if hasattr(request.config, "workerinput") and (name := migrated.template()):
        configured.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = name


@pytest.fixture(scope="session", autouse=True)
def quick_flush() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", flush.filled)
        patch.setattr(DatabaseOperations, "execute_sql_flush", flush.empty)
        yield


@pytest.fixture
def shared() -> Path:
    """The folder of real samples; tests that use it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not here")
    return SHARED


@pytest.fixture
def organization(db: None) -> Organization:
    return OrganizationFactory(slug="acme", name="Acme", timezone="Europe/Berlin")


@pytest.fixture
def ana(organization: Organization) -> User:
    """Ops lead of the organisation."""
    user = UserFactory(email="ana@acme.example", name="Ana")
    MembershipFactory(organization=organization, user=user, role=Membership.Role.OPS_LEAD)
    return user


@pytest.fixture
def vera(organization: Organization) -> User:
    """Viewer of the organisation."""
    user = UserFactory(email="vera@acme.example", name="Vera")
    MembershipFactory(organization=organization, user=user, role=Membership.Role.VIEWER)
    return user


@pytest.fixture
def carl(db: None) -> User:
    """Ops lead of another organisation: to this one he is an outsider."""
    user = UserFactory(email="carl@other.example", name="Carl")
    other = OrganizationFactory(slug="other", name="Other")
    MembershipFactory(organization=other, user=user, role=Membership.Role.OPS_LEAD)
    return user


@pytest.fixture
def rubric(db: None) -> RubricVersion:
    """The shipped rubric, published; no process remembers one of another test."""
    forget_rubrics()
    return publish_pack(shipped_pack())


@pytest.fixture
def login() -> Callable[[User], Client]:
    def _login(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return _login


@pytest.fixture
def assert_locks() -> Callable[[str], object]:
    """Assert that the block takes a row lock on a table before it writes."""

    @contextmanager
    def _assert_locks(table: str) -> Iterator[None]:
        with CaptureQueriesContext(connection) as captured:
            yield
        locks = [
            q["sql"] for q in captured if "FOR UPDATE" in q["sql"] and f'"{table}"' in q["sql"]
        ]
        assert locks, f"no row of {table} was locked"

    return _assert_locks
