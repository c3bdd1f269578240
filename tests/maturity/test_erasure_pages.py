"""Erasing from the admin: owners and operators, after typing once more what goes."""

import pytest
from django.urls import reverse

from maturity.models import Erasure, Membership, Organization, Person, User
from tests.factories import MembershipFactory, PersonFactory, UserFactory


@pytest.fixture
def owner(organization, login):
    user = UserFactory(email="olga@acme.example")
    MembershipFactory(organization=organization, user=user, role=Membership.Role.OWNER)
    return login(user)


def way(row) -> str:
    name = {Organization: "organization_remove", Person: "person_erase", User: "user_erase"}
    return reverse(f"admin:maturity_{name[type(row)]}", args=[row.pk])


def test_an_owner_removes_his_organisation_after_typing_its_slug(owner, organization):
    assert "Type acme to confirm." in owner.get(way(organization)).content.decode()

    response = owner.post(way(organization), {"reason": "We moved on.", "confirm": "acme"})

    assert response.status_code == 302
    assert not Organization.objects.filter(slug="acme").exists()
    assert Erasure.objects.get().erased_by.email == "olga@acme.example"


def test_an_owner_erases_somebody_on_the_roster(owner, organization):
    person = PersonFactory(organization=organization, name="Kim")
    page = reverse("admin:maturity_person_change", args=[person.pk])
    assert way(person) in owner.get(page).content.decode()

    owner.post(way(person), {"reason": "Asked.", "confirm": person.email})

    person.refresh_from_db()
    assert person.name == ""
    assert way(person) not in owner.get(page).content.decode()


def test_an_operator_erases_an_account(login, ana):
    operator = login(UserFactory(is_staff=True, is_superuser=True))

    operator.post(way(ana), {"reason": "Asked.", "confirm": "ana@acme.example"})

    ana.refresh_from_db()
    assert (ana.name, ana.is_active) == ("", False)


@pytest.mark.parametrize(
    "typed", [{"reason": "x", "confirm": "other"}, {"reason": " ", "confirm": "acme"}, {}]
)
def test_what_is_not_confirmed_stays(owner, organization, typed):
    response = owner.post(way(organization), typed)

    assert response.status_code == 200
    assert Organization.objects.filter(slug="acme").exists()
    assert not Erasure.objects.exists()


def test_ops_leads_and_viewers_may_not_and_outsiders_find_nothing(
    organization, ana, vera, carl, login
):
    person = PersonFactory(organization=organization)
    typed = {"reason": "x", "confirm": "acme"}

    for row in (organization, person):
        for user, status in ((ana, 403), (vera, 403), (carl, 404)):
            assert login(user).post(way(row), typed).status_code == status
    assert login(ana).post(way(vera), typed).status_code == 403
    assert not Erasure.objects.exists()


def test_the_log_is_read_by_those_who_may_edit(owner, organization, vera, login):
    person = PersonFactory(organization=organization)
    owner.post(way(person), {"reason": "Asked for it.", "confirm": person.email})
    line = reverse("admin:maturity_erasure_change", args=[Erasure.objects.get().pk])

    assert "Asked for it." in owner.get(line).content.decode()
    assert login(vera).get(line).status_code == 403
