"""One capability's page: level, evidence, history, target, exemption and the PMs' view."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from maturity.models import Area, ScoreEvidence
from reports.selectors.capability import capability_of
from tests.factories import EvidenceFactory, ScoreFactory, SurveyItemResultFactory, TargetFactory
from tests.reports.scenes import FIRST_AREA, LATE, assess, block

D = date(2026, 11, 24)
KEY = FIRST_AREA[0]


def address(organization, key=KEY):
    return reverse("reports:capability", args=[organization.slug, key])


@pytest.fixture
def fetch(organization, ana, login):
    client = login(ana)

    def _fetch(**query):
        response = client.get(address(organization), {"as_of": D.isoformat(), **query})
        assert response.status_code == 200
        return response.content.decode()

    return _fetch


def stood(organization, as_of=D, known_at=LATE):
    return capability_of(organization, KEY, as_of=as_of, known_at=known_at)


def said(organization, favourable, n=16):
    """Every question of the first area was answered by `n` of twenty PMs in one wave."""
    for item in Area.objects.get(key="analytics_infrastructure").survey_items:
        SurveyItemResultFactory(
            organization=organization, item_key=item, n=n, favourable=favourable
        )


def test_nobody_assessed_it_yet_says_what_to_do(organization, rubric, fetch):
    html = fetch()

    assert "Nobody has assessed this capability here yet." in block(html, "data-next")
    assert reverse("admin:maturity_organization_score_sheet", args=[organization.pk]) in html
    assert 'class="pl-mark"' not in html


def test_level_stands_beside_target_evidence_and_every_earlier_score(organization, rubric, fetch):
    assess(organization, rubric, date(2026, 5, 1), {KEY: 2})
    assessment = assess(organization, rubric, date(2026, 8, 1), {})
    score = assessment.scores.get(capability__key=KEY)
    better = ScoreFactory(
        organization=organization, assessment=assessment, capability=score.capability, level=4,
        effective_level=3, replaces=score, reason="The dashboards were there.", evidence_count=1,
        recorded_at=datetime(2026, 8, 2, tzinfo=UTC),
    )  # fmt: skip
    evidence = EvidenceFactory(organization=organization, title="Viewers per week")
    ScoreEvidence.objects.create(organization=organization, score=better, evidence=evidence)
    TargetFactory(organization=organization, capability=score.capability, level=5)

    html, row = fetch(), stood(organization)

    assert (row.level, row.target_level, row.gap.levels) == (3, 5, 2)
    assert [(each.score.effective_level, each.corrected) for each in row.history] == [
        (3, False), (None, True), (2, False),
    ]  # fmt: skip
    for part in (
        "claimed 4, but its evidence does not carry that",
        "2 levels below",
        "The dashboards were there.",
        "corrected later",
        "by 31 December 2026",
    ):
        assert part in html, part
    assert "Viewers per week" in block(html, "data-evidence")


def test_what_does_not_apply_has_no_level_and_says_until_when(organization, rubric, fetch):
    assess(organization, rubric, date(2026, 5, 1), {KEY: "not_applicable"})

    html = fetch()

    assert "exempt until 1 January 2031: No such work here." in block(html, "data-exemption")
    assert stood(organization).state == "not_applicable"


@pytest.mark.parametrize(
    ("level", "favourable", "verdict"),
    [(4, 3, "overclaimed"), (2, 15, "underclaimed"), (3, 9, "no_clear_gap")],
)
def test_pms_view_stands_beside_the_areas_level(organization, rubric, level, favourable, verdict):
    assess(organization, rubric, date(2026, 5, 1), dict.fromkeys(FIRST_AREA, level))
    said(organization, favourable)

    assert stood(organization).perception.verdict == verdict


def test_too_few_answers_are_hidden_and_say_so(organization, rubric, fetch):
    assess(organization, rubric, date(2026, 5, 1), dict.fromkeys(FIRST_AREA, 4))
    said(organization, 0, n=4)

    card = block(fetch(), 'data-perception="unknown"')

    assert "Not enough answers to show" in card
    assert "favourable" not in card


@pytest.mark.parametrize("key", ["nothing", "specs"])
def test_capability_of_no_rubric_is_404(organization, rubric, ana, login, key):
    assert login(ana).get(address(organization, key)).status_code == 404


def test_outsider_gets_404(organization, rubric, carl, login):
    assert login(carl).get(address(organization)).status_code == 404


@pytest.mark.parametrize("rounds", [1, 10])
def test_page_costs_the_same_whatever_the_amount_of_data(
    organization, rubric, ana, login, django_assert_num_queries, rounds
):
    client = login(ana)
    for month in range(1, rounds + 1):
        assess(organization, rubric, date(2026, month, 1), {}, others=3)
    said(organization, 9)

    # 2 session and user, 1 organisation, 1 record's moment, 3 rubric, 4 standing, 1 answers,
    # 1 evidence, 1 levels, 1 history
    with django_assert_num_queries(15):
        client.get(address(organization))
