"""The organisation's page: what is known, what is missing, and who may see it."""

import re
from datetime import date

from django.test import Client
from django.urls import reverse

from tests.factories import FindingFactory, MembershipFactory, UserFactory, VerdictRecordFactory
from tests.reports.scenes import FIRST_AREA, SHOWN, assess, block, evaluate, release, url


def test_first_day_says_what_to_do_next(organization, rubric, fetch):
    html = fetch()

    assert "First steps" in html
    assert "manage.py import_data acme headcount" in html
    assert reverse("admin:maturity_organization_score_sheet", args=[organization.pk]) in html
    assert reverse("admin:surveys_wave_add") in html
    assert "data-chart" not in html


def test_viewer_of_an_empty_organisation_is_not_sent_where_he_may_not_go(
    organization, rubric, vera, login
):
    html = login(vera).get(url(organization)).content.decode()

    assert "An owner or ops lead of this organisation can" in html
    assert "/admin/" not in html
    assert "import_data" not in html


def test_unknown_is_never_shown_as_success(organization, fetch):
    evaluation = evaluate(organization)
    for key in ("too_early", "gatekeeper", "unused_tools"):
        VerdictRecordFactory(
            evaluation=evaluation,
            key=key,
            state="unknown",
            severity=None,
            confidence=None,
            missing=["headcount"],
            message="",
        )
    VerdictRecordFactory(
        evaluation=evaluation, kind="readiness", key="readiness", state="unknown", severity=None
    )
    VerdictRecordFactory(
        evaluation=evaluation, kind="sign", key="pm_count", state="unknown", severity=None
    )

    html = fetch()

    card = block(html, 'data-pitfall="gatekeeper"')
    assert "pl-state-unknown" in card
    assert "icons.svg#unknown" in card
    assert "Unknown" in card
    assert "head-count" in card
    for success in ("pl-state-clear", "icons.svg#clear", "pl-met", "pl-band-good", ">Clear<"):
        assert success not in html


def test_finding_says_what_since_when_and_how_sure(organization, fetch):
    evaluation = evaluate(organization)
    verdict = VerdictRecordFactory(evaluation=evaluation, severity="high", confidence=0.71)
    FindingFactory(verdict=verdict, organization=organization, opened_on=date(2026, 6, 1))

    card = block(fetch(), 'data-pitfall="gatekeeper"')

    for expected in ("Raised · high", "Half of requests wait", "1 June 2026", "high", "(0.71)"):
        assert expected in card


def test_incomplete_area_has_no_level_anywhere(organization, rubric, fetch):
    assess(organization, rubric, date(2026, 5, 1), {FIRST_AREA[0]: 4})

    html = fetch()

    row = block(html, 'data-area="analytics_infrastructure"')
    assert "Incomplete" in row
    assert "1/3" in row
    assert 'data-level=""' in row
    assert "pl-met" not in row
    assert "icons.svg#clear" not in row
    assert '"level": null' in block(html, 'id="chart-data"')
    assert '"level": 0' not in html


def test_every_chart_has_its_table(organization, rubric, fetch):
    for day, level in ((date(2026, 5, 1), 2), (date(2026, 8, 1), 3)):
        assess(organization, rubric, day, {}, others=level)

    html = fetch()

    for chart, table in (("radar", "pl-areas"), ("trend", "pl-rounds")):
        section = html[html.index(f'data-chart="{chart}"') :].partition("</section>")[0]
        assert table in section
    assert "25.0 → <b>50.0</b>" in html
    assert "18/18" in html


def test_page_states_as_of_when_it_is_known_in_the_organisations_zone(fetch):
    line = block(fetch(), "data-known-as-of")

    assert re.search(r"Known as of \d+ \w+ \d{4}, \d\d:\d\d CES?T", line)


def test_page_costs_the_same_whatever_the_amount_of_data(
    organization, rubric, ana, login, django_assert_num_queries
):
    client = login(ana)
    for month in range(1, 11):
        assess(organization, rubric, date(2026, month, 1), {}, others=3)
        evaluation = evaluate(organization, period_end=date(2026, month, 1))
        VerdictRecordFactory(evaluation=evaluation)
    release(organization, {f"Q{number}": SHOWN for number in range(9)})

    # 2 session and user, 1 organisation, 1 record's moment, 6 rounds, 4 standing,
    # 3 conclusions, 4 released wave, 1 open wave, 1 may edit
    with django_assert_num_queries(29):
        client.get(url(organization))


def test_outsider_gets_404(organization, carl, login):
    response = login(carl).get(url(organization))

    assert response.status_code == 404


def test_unknown_organisation_and_a_foreign_one_answer_alike(organization, carl, login):
    client = login(carl)

    foreign, absent = client.get(url(organization)), client.get("/orgs/nobody")

    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.content == absent.content


def test_anonymous_is_sent_to_the_log_in_page(organization):
    response = Client().get(url(organization))

    assert response.status_code == 302
    assert response.url == f"{reverse('login')}?next={url(organization)}"


def test_rows_of_others_never_appear(organization, rubric, fetch):
    other = MembershipFactory(user=UserFactory()).organization
    assess(other, rubric, date(2026, 5, 1), {}, others=5)
    VerdictRecordFactory(evaluation=evaluate(other), message="Somebody else's gate.")

    html = fetch()

    assert "First steps" in html
    assert "Somebody else" not in html


def test_page_cannot_be_posted_to(organization, ana, login):
    response = login(ana).post(url(organization))

    assert response.status_code == 405
