"""The list of organisations one may see."""

from datetime import date

from django.test import Client
from django.urls import reverse

from maturity.models import Membership, Organization
from reports.selectors import portfolio_of
from tests.factories import (
    AssessmentFactory,
    EvaluationFactory,
    FindingFactory,
    MembershipFactory,
    OrganizationFactory,
    UnitFactory,
    UserFactory,
)

URL = "/"


def test_anonymous_is_sent_to_the_log_in_page(db):
    response = Client().get(URL)

    assert response.status_code == 302
    assert response.url == f"{reverse('login')}?next=/"


def test_member_of_one_organisation_goes_straight_to_it(organization, ana, login):
    response = login(ana).get(URL)

    assert response.status_code == 302
    assert response.url == "/orgs/acme"


def test_only_ones_own_organisations_are_listed(organization, ana, carl, login):
    MembershipFactory(user=ana, organization=OrganizationFactory(slug="beta", name="Beta"))

    response = login(ana).get(URL)

    assert [item.slug for item in response.context["page"].object_list] == ["acme", "beta"]


def test_account_without_an_organisation_is_told_whom_to_ask(db, login):
    response = login(UserFactory()).get(URL)

    assert response.status_code == 200
    assert "You do not belong to an organisation yet." in response.content.decode()


def test_each_organisation_says_how_fresh_it_is(organization):
    AssessmentFactory(organization=organization, valid_from=date(2026, 5, 1))
    AssessmentFactory(organization=organization, valid_from=date(2026, 8, 1))
    # A unit's own assessment is not the organisation's.
    unit = UnitFactory(organization=organization)
    AssessmentFactory(organization=organization, unit=unit, valid_from=date(2026, 9, 1))
    EvaluationFactory(organization=organization, period_end=date(2026, 11, 1))
    FindingFactory(organization=organization)
    OrganizationFactory(slug="blank", name="Blank")

    rows = {row.slug: row for row in portfolio_of(Organization.objects.all())}

    acme, blank = rows["acme"], rows["blank"]
    assert acme.last_assessed == date(2026, 8, 1)
    assert acme.last_evaluated == date(2026, 11, 1)
    assert acme.open_findings == 1
    assert (blank.last_assessed, blank.last_evaluated) == (None, None)
    assert blank.open_findings is None


def test_organisation_nobody_evaluated_does_not_look_clear(organization, ana, login):
    MembershipFactory(user=ana, organization=OrganizationFactory(slug="beta"))

    html = login(ana).get(URL).content.decode()

    assert html.count("Pitfalls not evaluated yet") == 2
    assert "no open finding" not in html


def test_list_is_flat_in_queries(ana, login, django_assert_num_queries):
    client = login(ana)
    for _ in range(9):
        organization = MembershipFactory(user=ana, role=Membership.Role.VIEWER).organization
        FindingFactory(organization=organization)

    # 2 session and user, 1 the count, 1 the page
    with django_assert_num_queries(4):
        response = client.get(URL)

    assert len(response.context["page"].object_list) == 10
