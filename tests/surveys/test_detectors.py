"""What goes down to the detectors: the released figures of PMs, and nothing that is hidden."""

import statistics

import pytest

from maturity import stats
from maturity.models.survey_results import SurveyFigureResult, SurveyItemResult
from maturity.services.units import place_unit
from surveys.models import Invitation, Question, ReleasedCell
from surveys.services.answers import Submission, submit_response
from surveys.services.sheets import sheet_for
from surveys.services.waves import close_wave, create_wave, open_wave
from tests.factories import PersonFactory, PlacementFactory
from tests.surveys.test_groups import LONG_AGO

TEAMS = ("cards", "fraud", "loans", "risk")
CONSISTENCY = ("CON1", "CON2", "EXP2")
# What the members of a team say in turn: both sides in each, so that no team is masked.
VALUES = dict(zip(TEAMS, [(1, 5), (2, 5), (3, 5), (3, 4)], strict=True))
# Answered by four alone, and by seven who all agree: hidden, and told as a bound only.
FEW, SIDED = "LEV1", "GAT1"


@pytest.fixture
def closed(organization, bank):
    """Five teams of 8 PMs, of whom four of the last answer, 6 in no team, 6 of product ops."""
    for key in (*TEAMS, "silent"):
        unit = place_unit(organization, key, name=key.title(), parent=None, valid_from=LONG_AGO)
        _place(organization, 8, unit=unit)
    _place(organization, 6)
    _place(organization, 6, role="product_ops")
    wave = create_wave(organization, title="Full", instrument="full")
    wave.audiences = ["pm", "product_ops"]
    wave.save()
    open_wave(wave)
    for number, invitation in enumerate(_answering(wave)):
        submit_response(invitation, Submission(_answers(invitation, number)))
    close_wave(wave)
    return wave


def _place(organization, count, **placement):
    for person in PersonFactory.create_batch(count, organization=organization):
        PlacementFactory(person=person, valid=(LONG_AGO, None), **placement)


def _answering(wave):
    """42 PMs, team by team, then those of product ops."""
    invited = Invitation.objects.filter(wave=wave).select_related("wave__bank")
    pms = list(invited.filter(audience="pm"))
    by_team = [[i for i in pms if i.group == key] for key in (*TEAMS, "")]
    silent = [i for i in pms if i.group == "silent"][:4]
    ops = list(invited.filter(audience="product_ops"))
    return [*(i for team in by_team for i in team), *silent, *ops]


def _answers(invitation, number):
    keys = {q.key: q.scale for q in sheet_for(invitation).questions}
    answers = {key: 2 + number % 3 for key, scale in keys.items() if scale == Question.Scale.AGREE}
    if invitation.group in TEAMS:
        answers |= dict.fromkeys(CONSISTENCY, VALUES[invitation.group][number % 2])
    if "LEV3" in keys:
        answers["LEV3"] = number % 10
    if number >= 4:
        answers.pop(FEW, None)
    answers.pop(SIDED, None)
    return answers | ({SIDED: 5} if SIDED in keys and number < 7 else {})


def test_exactly_the_shown_cells_of_the_pms_arrive(closed):
    cells = ReleasedCell.objects.filter(
        release__wave=closed, kind="item", state="shown", favourable__isnull=False
    )
    shown = cells.filter(group_key="organization").values_list("key", "n", "favourable")
    rows = SurveyItemResult.objects.filter(audience="pm")
    handed = set(rows.values_list("item_key", "n", "favourable"))

    assert handed == set(shown)
    assert len(handed) > 20
    # 14 of 42 gave a 4, the only favourable answer among 2, 3 and 4.
    assert {("ANA1", 42, 14), ("CAR1", 42, 14)} < handed
    assert rows.values_list("eligible", "response_rate").distinct().get() == (46, 42 / 46)


def test_nothing_hidden_one_sided_or_of_others_arrives(closed):
    states = dict(
        ReleasedCell.objects.filter(
            group_key="organization", kind="item", key__in=(FEW, SIDED)
        ).values_list("key", "state")
    )
    of_ops_alone = Question.objects.filter(audiences=["product_ops"]).values_list("key", flat=True)
    handed = set(SurveyItemResult.objects.values_list("item_key", flat=True))

    assert states == {FEW: "suppressed", SIDED: "one_sided"}
    assert not handed & {FEW, SIDED, *of_ops_alone}
    assert not SurveyItemResult.objects.filter(n__lt=closed.k).exists()


def test_pms_and_product_ops_are_pooled_where_both_are_asked(closed):
    pooled = SurveyItemResult.objects.filter(audience="pm_and_product_ops")

    # Numbers 42 to 47 are product ops: two of them gave a 4.
    assert set(pooled.values_list("item_key", "n", "favourable", "eligible", "response_rate")) == {
        (key, 48, 16, 52, 48 / 52) for key in ("CAR1", "CAR2")
    }


def test_hours_arrive_as_the_median_and_the_mean_of_the_released_cell(closed):
    hours = [number % 10 for number in range(42)]
    figures = {
        row.key: (row.value, row.n, row.deviation, row.eligible)
        for row in SurveyFigureResult.objects.filter(key__startswith="LEV3")
    }

    spread = pytest.approx(statistics.stdev(hours))
    assert figures == {
        "LEV3_median": (4.0, 42, spread, 46),
        "LEV3_mean": (pytest.approx(statistics.fmean(hours)), 42, spread, 46),
    }


def test_the_spread_between_teams_leaves_hidden_teams_out(closed):
    row = SurveyFigureResult.objects.get(key="CON_EXP2_tau")

    teams = [list(VALUES[team]) * 4 for team in TEAMS]
    assert row.value == pytest.approx(stats.tau_between(teams))
    assert (row.groups, row.n) == (4, 32)
    hidden = ReleasedCell.objects.get(group_key="silent", kind="item", key="CON1")
    assert hidden.state == "suppressed"
