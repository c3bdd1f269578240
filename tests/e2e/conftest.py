"""Where the journeys start: an organisation with a rubric, and Ana who leads its product ops."""

from datetime import UTC, datetime, timedelta

import pytest

from maturity.models import Membership, Organization, User
from maturity.services.rubrics import publish_pack
from maturity.services.tenancy import create_organization, grant_membership
from tests.e2e.people import PASSWORD
from tests.packs import shipped_pack


@pytest.fixture
def acme(transactional_db: None) -> Organization:
    publish_pack(shipped_pack())
    organization = create_organization("acme", name="Acme", timezone="Europe/Berlin")
    ana = User.objects.create_user("ana@acme.example", PASSWORD, name="Ana")
    grant_membership(organization, ana, role=Membership.Role.OPS_LEAD)
    return organization


@pytest.fixture
def last_quarter():
    return datetime.now(UTC).date() - timedelta(days=91)
