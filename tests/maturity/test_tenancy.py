"""Organisations, accounts and who may see or change what."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from maturity.models import Membership, Organization, RecordClock, User
from maturity.services.tenancy import create_organization, grant_membership
from tests.factories import OrganizationFactory, UserFactory


def test_a_new_organisation_is_in_utc_and_has_a_clock(db):
    organization = create_organization("acme", name="Acme")

    assert organization.timezone == "UTC"
    assert RecordClock.objects.filter(organization=organization).exists()


def test_command_creates_an_organisation_with_its_owner(db, capsys):
    owner = UserFactory(email="owner@acme.example")

    call_command(
        "create_organization",
        "acme",
        name="Acme",
        timezone="Europe/Berlin",
        owner="Owner@acme.example",
    )

    organization = Organization.objects.get(slug="acme")
    assert (organization.name, organization.timezone) == ("Acme", "Europe/Berlin")
    assert organization.memberships.get().role == Membership.Role.OWNER
    assert organization.memberships.get().user == owner
    assert capsys.readouterr().out == "Created acme (Acme).\n"


@pytest.mark.parametrize(
    ("slug", "options", "message"),
    [
        ("no good", {}, "slug"),
        ("acme", {"timezone": "Mars/Olympus"}, "timezone: Mars/Olympus is not a time zone"),
        ("taken", {}, "slug"),
        ("acme", {"owner": "nobody@acme.example"}, "--owner: there is no account"),
    ],
)
def test_command_names_the_fault_and_exits_2(db, slug, options, message):
    OrganizationFactory(slug="taken")

    with pytest.raises(CommandError, match=message) as refused:
        call_command("create_organization", slug, **options)

    assert refused.value.returncode == 2
    assert Organization.objects.count() == 1


def test_a_member_sees_his_organisations_alone(organization, ana, carl):
    assert list(Organization.objects.visible_to(ana)) == [organization]
    assert organization not in Organization.objects.visible_to(carl)


def test_an_operator_sees_all_and_a_deactivated_account_none(organization, ana):
    operator = User.objects.create_superuser("root@plumbline.example", "a-long-password-8")
    ana.is_active = False

    assert list(Organization.objects.visible_to(operator)) == [organization]
    assert not Organization.objects.visible_to(ana).exists()
    assert not Organization.objects.editable_by(ana).exists()


def test_a_viewer_may_not_edit(organization, ana, vera):
    assert list(Organization.objects.editable_by(ana)) == [organization]
    assert not Organization.objects.editable_by(vera).exists()


def test_a_role_is_changed_not_doubled(organization, vera):
    grant_membership(organization, vera, role=Membership.Role.OWNER)

    assert [m.role for m in organization.memberships.filter(user=vera)] == ["owner"]


def test_accounts_log_in_whatever_the_case_of_the_address(db):
    user = User.objects.create_user("Ana@Acme.example", "a-long-password-8")

    assert User.objects.get_by_natural_key("ana@acme.EXAMPLE") == user


def test_one_account_per_address_whatever_its_case(db):
    UserFactory(email="ana@acme.example")

    with pytest.raises(ValidationError):
        User.objects.create_user("ANA@acme.example")
    with pytest.raises(IntegrityError, match="whatever_case"), transaction.atomic():
        UserFactory(email="ANA@acme.example")
