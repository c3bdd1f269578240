"""The organisation's page: what is known, what is missing, and who may see it."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from maturity.services.lifecycle import acknowledge_finding, dismiss_finding, snooze_finding
from maturity.services.units import place_unit
from reports.selectors.board import board_snapshot
from tests.factories import (
    AssessmentFactory,
    FindingFactory,
    MembershipFactory,
    ScoreFactory,
    StartedInitiativeFactory,
    UserFactory,
    VerdictRecordFactory,
)
from tests.reports.scenes import FIRST_AREA, SHOWN, assess, at, block, evaluate, release, url

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


def test_first_day_says_what_to_do_next(organization, rubric, fetch):
    html = fetch()

    assert "First steps" in html
    assert "manage.py" not in html
    assert f"/importjob/add/?organization={organization.pk}&amp;format=headcount" in html
    assert reverse("admin:maturity_organization_score_sheet", args=[organization.pk]) in html
    assert reverse("admin:surveys_wave_add") in html
    assert "data-chart" not in html


def test_viewer_of_an_empty_organisation_is_not_sent_where_he_may_not_go(
    organization, rubric, vera, login
):
    html = login(vera).get(url(organization)).content.decode()

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


@pytest.mark.parametrize(
    ("period_end", "too_new"), [(date(2026, 11, 1), True), (date(2026, 11, 19), False)]
)
def test_a_wave_that_the_verdicts_do_not_see_says_so(organization, fetch, period_end, too_new):
    evaluate(organization, period_end=period_end)
    release(organization, {"LEV1": SHOWN})

    html = fetch()

    assert ("data-too-new" in html) is too_new
    assert ("look at waves closed up to 31 October 2026" in html) is too_new
    assert "95 % range" in html


def test_finding_says_what_since_when_and_how_sure(organization, fetch):
    evaluation = evaluate(organization)
    verdict = VerdictRecordFactory(evaluation=evaluation, severity="high", confidence=0.71)
    FindingFactory(verdict=verdict, organization=organization, opened_on=date(2026, 6, 1))

    card = block(fetch(), 'data-pitfall="gatekeeper"')

    for expected in ("Raised · high", "Half of requests wait", "1 June 2026", "high", "(0.71)"):
        assert expected in card


@pytest.mark.parametrize(
    ("decide", "says"),
    [
        (lambda finding, by: acknowledge_finding(finding, by=by), "Acknowledged: somebody is on"),
        (
            lambda finding, by: snooze_finding(
                finding, by=by, until=datetime.now(UTC) + timedelta(days=9)
            ),
            "Snoozed until",
        ),
        (lambda finding, by: dismiss_finding(finding, by=by, reason="Wanted"), "Dismissed as no"),
    ],
)
def test_what_people_decided_stands_beside_a_verdict_that_stands(
    organization, fetch, ana, decide, says
):
    finding = FindingFactory(
        verdict=VerdictRecordFactory(evaluation=evaluate(organization)), organization=organization
    )
    before = fetch()
    decide(finding, ana)

    card = block(fetch(), 'data-pitfall="gatekeeper"')

    assert "data-decision" not in before
    assert says in card
    assert "The verdict stands all the same." in card
    assert 'data-state="raised"' in card


def test_a_past_page_shows_what_was_decided_then(organization, fetch, ana):
    finding = FindingFactory(
        verdict=VerdictRecordFactory(evaluation=evaluate(organization)), organization=organization
    )
    acknowledge_finding(finding, by=ana)
    then = datetime.now(UTC)
    dismiss_finding(finding, by=ana, reason="Wanted")

    (row,) = at(organization, known_at=then).conclusions.pitfalls

    assert (row.finding.state, row.finding.snoozed_until) == ("acknowledged", None)


def test_benefits_are_figures_beside_a_date_and_name_no_cause(organization, fetch):
    level = {"n": 12, "of": "w1", "ci95": None}
    VerdictRecordFactory(
        evaluation=evaluate(organization), kind="benefit", key="pm_leverage", state="better",
        severity=None, message="",
        evidence={
            "product_ops_started_on": "2024-05-01",
            "metrics": {
                "chore_hours": {
                    "state": "better", "unit": "hours", "direction": "down",
                    "now": {"value": 3.0, **level}, "before": {"value": 5.5, **level},
                    "baseline": "before_product_ops", "change": -2.5, "ci90": [-3.75, -1.25],
                }
            },
        },
    )  # fmt: skip

    html = fetch()
    section = html[html.index('id="benefits"') :].partition("</section>")[0]

    for part in (
        "Product ops since 1 May 2024", "3.0 h", "5.5 h", "before product ops", "-2.5 h",
        "-3.8 h to -1.2 h", "lower is better", "/verdicts/pm_leverage?evaluation=",
    ):  # fmt: skip
        assert part in section, part
    for cause in ("because", "caused", "due to", "thanks to", "effect", "led to"):
        assert cause not in section.lower()


def test_benefit_says_why_it_is_unknown_beside_a_figure_that_is_better(organization, fetch):
    level = {"n": 12, "of": "w1", "ci95": None, "value": 0.5}
    better = {
        "state": "better", "unit": "share", "direction": "up", "now": level, "before": level,
        "baseline": "first_measured", "change": 0.2, "ci90": [0.1, 0.3],
    }  # fmt: skip
    blank = {"state": "unknown", "now": None, "before": None, "change": None, "ci90": None}
    evaluation = evaluate(organization)

    def judged(key, state, metrics):
        VerdictRecordFactory(
            evaluation=evaluation, kind="benefit", key=key, state=state, severity=None,
            message="Measured.", evidence={"product_ops_started_on": None, "metrics": metrics},
        )  # fmt: skip

    judged("cross_product_learning", "unknown", {
        "reach": better, "reuse": {**better, **blank},
        "question_to_answer": {**better, "state": "unknown", "before": None, "change": None},
        # No verdict ever waits for these.
        "event_plan_conformance": {**better, **blank},
    })  # fmt: skip
    judged("pm_leverage", "better", {"reach": better, "reuse": {**better, **blank}})
    judged("faster_ramp", "unknown", {"first_owned_decision": {**better, **blank}})

    html = fetch()

    why = block(block(html, 'data-benefit="cross_product_learning"'), "data-why-unknown")
    assert "Unknown until every figure can be compared" in why
    assert (
        "Still open: Insights used by another team within 90 days (not measured), "
        "Question to answer (median) (nothing to compare it with yet)." in why
    )
    assert "data-why-unknown" not in block(html, 'data-benefit="pm_leverage"')
    assert "data-why-unknown" not in block(html, 'data-benefit="faster_ramp"')
    (row,) = [
        row
        for section in board_snapshot(organization, at(organization))["sections"]
        for row in section["rows"]
        if row[0] == "Learning across products"
    ]
    assert row[2].startswith("Measured. Unknown until")


def test_signs_lead_to_their_explanation(organization, fetch):
    evaluation = evaluate(organization)
    VerdictRecordFactory(
        evaluation=evaluation, kind="readiness", key="readiness", state="unknown", severity=None
    )
    VerdictRecordFactory(
        evaluation=evaluation, kind="sign", key="pm_count", state="unknown", severity=None
    )

    assert f"/orgs/acme/verdicts/pm_count?evaluation={evaluation.pk}" in fetch()


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


@pytest.mark.parametrize("rounds", [2, 20])
def test_page_costs_the_same_whatever_the_amount_of_data(
    organization, rubric, ana, login, django_assert_num_queries, rounds
):
    client = login(ana)
    for number in range(1, rounds + 1):
        day = date(2025, 1, 1) + timedelta(days=30 * number)
        assess(organization, rubric, day, {}, others=3)
        evaluation = evaluate(organization, period_end=day)
        verdict = VerdictRecordFactory(evaluation=evaluation, key=f"check_{number}")
        acknowledge_finding(FindingFactory(verdict=verdict, organization=organization), by=ana)
        StartedInitiativeFactory(organization=organization)
        unit = place_unit(
            organization, f"team-{number}", name="Team", parent=None, valid_from=date(2026, 1, 1)
        )
        ScoreFactory(
            assessment=AssessmentFactory(organization=organization, rubric=rubric, unit=unit),
            capability=rubric.capabilities.first(),
        )
    release(organization, {f"Q{number}": SHOWN for number in range(rounds)})

    # 2 session and user, 1 organisation, 1 the record's moment, 4 the timeline, 3 rounds, 1 units,
    # 3 conclusions, 1 initiatives, 4 released wave, 1 open wave, 2 what changed,
    # 1 first steps
    with django_assert_num_queries(24):
        client.get(url(organization))


def test_outsider_gets_404(organization, carl, login):
    response = login(carl).get(url(organization))

    assert response.status_code == 404


def test_unknown_organisation_and_a_foreign_one_answer_alike(organization, carl, login):
    client = login(carl)

    def said(address):
        """Status and page, without the address itself and the token that no two answers share."""
        answer = client.get(address)
        return answer.status_code, TOKEN.sub("", answer.content.decode().replace(address, ""))

    foreign, absent = said(url(organization)), said("/orgs/nobody")

    assert foreign[0] == 404
    assert foreign == absent


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
