"""The list of organisations one may see."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from maturity.models import Capability, Finding, Membership, Organization
from maturity.services.lifecycle import acknowledge_finding, dismiss_finding, snooze_finding
from maturity.services.rubrics import publish_pack
from reports.selectors import (
    PortfolioRow,
    Wanted,
    dashboard_of,
    days_of,
    heat_map_of,
    portfolio_of,
)
from tests.factories import (
    AssessmentFactory,
    EvaluationFactory,
    FindingFactory,
    MembershipFactory,
    OrganizationFactory,
    ScoreFactory,
    TargetFactory,
    UnitFactory,
    UserFactory,
    VerdictRecordFactory,
)
from tests.packs import guild_pack
from tests.reports.scenes import FIRST_AREA, LATE, SHOWN, assess, block, evaluate, release

URL = "/"
D = date(2026, 11, 24)
ATTENTION = Finding.ATTENTION


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


def rows(known_at: datetime = LATE, as_of: date | None = D, **wanted: str) -> list[PortfolioRow]:
    found = portfolio_of(
        Organization.objects.all(), known_at=known_at, as_of=as_of, wanted=Wanted(**wanted)
    )
    days = days_of(found, known_at=known_at, as_of=as_of)
    return list(heat_map_of(days, known_at=known_at).rows)


def test_each_organisation_says_how_fresh_it_is(organization):
    AssessmentFactory(organization=organization, valid_from=date(2026, 5, 1))
    AssessmentFactory(organization=organization, valid_from=date(2026, 8, 1))
    # A unit's own assessment is not the organisation's.
    unit = UnitFactory(organization=organization)
    AssessmentFactory(organization=organization, unit=unit, valid_from=date(2026, 9, 1))
    evaluated = EvaluationFactory(organization=organization, period_end=date(2026, 11, 1))
    FindingFactory(organization=organization, verdict__evaluation=evaluated)
    OrganizationFactory(slug="blank", name="Blank")

    acme, blank = rows()

    assert (acme.last_assessed, acme.days_old) == (date(2026, 8, 1), 115)
    assert (acme.last_evaluated, acme.open_findings) == (date(2026, 11, 1), 1)
    assert (blank.last_assessed, blank.last_evaluated, blank.released_at) == (None, None, None)


def test_organisation_nobody_evaluated_does_not_look_clear(organization, ana, login):
    MembershipFactory(user=ana, organization=OrganizationFactory(slug="beta"))

    html = login(ana).get(URL).content.decode()

    assert html.count("Not evaluated yet") == 2
    assert "none open" not in html


class TestEqualToTheOrganisationsOwnPage:
    """One rule for both: whatever the page of many says, the page of one says too."""

    @pytest.fixture
    def many(self, organization, rubric, ana, vera):
        beta = OrganizationFactory(slug="beta", name="Beta", timezone="Pacific/Auckland")
        own = OrganizationFactory(slug="own", name="Own", rubric_key="guild")
        OrganizationFactory(slug="zero", name="Zero")
        publish_pack(guild_pack())
        first, second, third = FIRST_AREA
        assess(organization, rubric, date(2026, 5, 1), {first: 3, second: 4, third: "unknown"})
        assess(organization, rubric, date(2026, 8, 1), {first: "not_applicable", second: 2})
        assess(beta, rubric, date(2026, 6, 1), {}, others=3)
        for organization_ in (organization, beta):
            TargetFactory(
                organization=organization_,
                capability=Capability.objects.get(rubric=rubric, key=second),
                level=2 if organization_ == organization else 5,
            )
        release(beta, {"Q1": SHOWN})
        for month, state in ((9, "not_yet"), (10, "ready")):
            VerdictRecordFactory(
                evaluation=evaluate(beta, period_end=date(2026, month, 1)),
                kind="readiness", key="readiness", state=state, severity=None,
            )  # fmt: skip
        finding = FindingFactory(verdict=VerdictRecordFactory(evaluation=evaluate(own)),
                                 organization=own)  # fmt: skip
        acknowledge_finding(finding, by=ana)
        return Organization.objects.all()

    @pytest.mark.parametrize("known_at", [LATE, datetime(2026, 7, 1, tzinfo=UTC)])
    @pytest.mark.parametrize("as_of", [D, date(2026, 6, 15), date(2025, 1, 1)])
    def test_profile_readiness_findings_and_response(self, many, known_at, as_of):
        by_slug = {row.slug: row for row in rows(known_at, as_of)}

        for organization in many:
            row = by_slug[organization.slug]
            page = dashboard_of(organization, as_of=as_of, known_at=known_at)
            areas = () if page.profile is None else page.profile.areas
            assert row.areas == areas, organization
            readiness = page.conclusions and page.conclusions.readiness
            assert row.readiness == (readiness.state if readiness else None)
            pitfalls = page.conclusions.pitfalls if page.conclusions else ()
            attention = [one for one in pitfalls if one.finding and one.finding.state in ATTENTION]
            assert row.open_findings == len(attention) or page.conclusions is None
            assert row.response_rate == (page.wave.response_rate if page.wave else None)


def test_each_organisation_stands_on_its_own_day(organization):
    """At noon in London it is tomorrow in Kiritimati and still yesterday nowhere but west."""
    OrganizationFactory(name="East", timezone="Pacific/Kiritimati")
    OrganizationFactory(name="West", timezone="Pacific/Pago_Pago")
    moment = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)

    days = {row.name: row.as_of.day for row in rows(moment, as_of=None)}

    assert days == {"Acme": 24, "East": 25, "West": 23}


@pytest.fixture
def three(organization):
    """Acme with a finding, Beta assessed and evaluated with nothing open, Zero with nothing."""
    FindingFactory(organization=organization, verdict__evaluation=evaluate(organization))
    beta = OrganizationFactory(slug="beta-labs", name="Beta")
    AssessmentFactory(organization=beta, valid_from=date(2026, 8, 1))
    VerdictRecordFactory(
        evaluation=evaluate(beta), kind="readiness", key="readiness", state="ready", severity=None
    )
    release(beta, {"Q1": SHOWN})
    OrganizationFactory(slug="zero", name="Zero")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["Acme", "Beta", "Zero"]),
        ({"search": "ETA"}, ["Beta"]),
        ({"search": "-labs"}, ["Beta"]),
        ({"search": "%"}, []),
        ({"assessed": "yes"}, ["Beta"]),
        ({"assessed": "no"}, ["Acme", "Zero"]),
        ({"findings": "yes"}, ["Acme"]),
        ({"findings": "no"}, ["Beta"]),
        ({"readiness": "ready"}, ["Beta"]),
        ({"readiness": "unknown"}, ["Acme", "Zero"]),
        ({"sort": "findings"}, ["Acme", "Beta", "Zero"]),
        ({"sort": "assessed"}, ["Acme", "Zero", "Beta"]),
        ({"sort": "response"}, ["Beta", "Acme", "Zero"]),
    ],
)
def test_address_narrows_and_sorts(three, wanted, found):
    assert [row.name for row in rows(**wanted)] == found


@pytest.mark.parametrize(
    "query",
    [{"sort": "level"}, {"assessed": "maybe"}, {"findings": "x"}, {"readiness": "x"},
     {"from": "soon"}, {"from": "2026-05-02", "to": "2026-05-01"},
     {"q": "a\x00"}, {"q": "a" * 201}, {"as_of": "soon"}, {"known_at": "2026-01-01"}],
)  # fmt: skip
def test_what_cannot_be_read_is_400(ana, login, query):
    assert login(ana).get(URL, query).status_code == 400


def test_level_is_a_number_and_missing_is_never_a_level(organization, rubric, ana, login):
    MembershipFactory(user=ana, organization=OrganizationFactory(slug="zero", name="Zero"))
    assess(organization, rubric, date(2026, 5, 1), dict.fromkeys(FIRST_AREA, 3))

    html = login(ana).get(URL).content.decode()

    cell = block(html, 'data-area="analytics_infrastructure"')
    assert '<span class="pl-mark" data-level="3">3</span>' in cell
    assert "at target" in cell
    assert "3/3" in cell
    missing = block(html, 'data-area="pm_tooling"')
    assert "Incomplete" in missing
    assert "data-level" not in missing
    nothing = block(html, 'data-org="zero"')
    assert "Nothing assessed: its page says how to begin." in nothing
    assert "data-level" not in nothing
    assert "No wave released yet" in nothing


@pytest.fixture
def decided(organization, ana):
    """Acme's finding is snoozed, Beta's dismissed, Clear was evaluated and has none."""

    def found(tenant):
        MembershipFactory(user=ana, organization=tenant)
        return FindingFactory(organization=tenant, verdict__evaluation=evaluate(tenant))

    Membership.objects.filter(user=ana).delete()
    snooze_finding(found(organization), until=datetime.now(UTC) + timedelta(days=9), by=ana)
    beta = found(OrganizationFactory(slug="beta", name="Beta"))
    dismiss_finding(beta, by=ana, reason="Wanted")
    clear = OrganizationFactory(slug="clear", name="Clear")
    MembershipFactory(user=ana, organization=clear)
    evaluate(clear)


def test_finding_that_is_put_aside_is_told_beside_none_open(decided, ana, login):
    html = login(ana).get(URL).content.decode()

    acme, beta, clear = (
        block(block(html, f'data-org="{slug}"'), "data-findings")
        for slug in ("acme", "beta", "clear")
    )
    assert "none open" in acme
    assert "1 snoozed" in acme
    assert "none open" in beta
    assert "1 dismissed" in beta
    assert "none open" in clear
    assert "data-snoozed" not in beta + clear
    assert "data-dismissed" not in acme + clear


@pytest.mark.parametrize(
    ("findings", "found"), [("yes", []), ("snoozed", ["Acme"]), ("no", ["Beta", "Clear"])]
)
def test_filter_tells_snoozed_from_none(decided, findings, found):
    assert [row.name for row in rows(findings=findings)] == found


def test_rate_of_too_few_is_hidden_not_missing(organization, ana, login):
    MembershipFactory(user=ana, organization=OrganizationFactory())
    release(organization, {}, responded=None)

    row = block(login(ana).get(URL).content.decode(), 'data-org="acme"')

    assert "Not enough answers to show" in row
    assert "%" not in row


def test_search_for_nothing_leads_back_to_all(organization, ana, login):
    html = login(ana).get(URL, {"q": "nobody"}).content.decode()

    assert "No organisation matches." in html
    assert f'<a href="{URL}">Show all organisations</a>' in html


def test_pages_and_links_keep_what_was_asked(ana, login):
    for number in range(60):
        MembershipFactory(user=ana, organization=OrganizationFactory(name=f"Org {number:02}"))
    known = "2030-01-01T00:00:00+00:00"

    asked = {"q": "org", "as_of": "2026-05-01", "known_at": known, "from": "2026-01-01"}
    html = login(ana).get(URL, {**asked, "unit": "core"}).content.decode()

    assert html.count("data-org=") == 50
    assert "?q=org&amp;as_of=2026-05-01&amp;" in html
    assert "&amp;page=2" in html
    # A unit is one organisation's alone.
    rest = r"\?as_of=2026-05-01&amp;known_at=2030[^\"&]*&amp;from=2026-01-01\""
    assert len(re.findall(rf'href="/orgs/org-\d+{rest}', html)) == 50
    assert re.search(rf'<a href="/{rest}', html)
    assert '<input type="hidden" name="from" value="2026-01-01">' in html


@pytest.mark.parametrize("organizations", [10, 1000])
def test_list_is_flat_in_queries(rubric, ana, login, django_assert_num_queries, organizations):
    client = login(ana)
    capability = Capability.objects.filter(rubric=rubric).first()
    made = Organization.objects.bulk_create(
        Organization(slug=f"flat-{number}", name=f"Flat {number:04}")
        for number in range(organizations - 1)
    )
    Membership.objects.bulk_create(
        Membership(organization=one, user=ana, role=Membership.Role.VIEWER) for one in made
    )
    for one in made[:9]:
        assessment = AssessmentFactory(organization=one, rubric=rubric)
        ScoreFactory(assessment=assessment, capability=capability)
        TargetFactory(organization=one, capability=capability)
        FindingFactory(organization=one, verdict__evaluation=evaluate(one))

    # 2 session and user, 1 the count, 1 the page, 1 its rows, 4 rubrics, 3 standing
    with django_assert_num_queries(12):
        response = client.get(URL)

    assert len(response.context["map"].rows) == min(organizations, 50)
