from dataclasses import replace
from datetime import timedelta

import pytest

from maturity.insights.facts import PM_AND_PRODUCT_OPS, Facts
from tests.maturity.insights.builders import (
    EQUAL_LADDER,
    T,
    grade,
    hires,
    judge,
    move,
    staff,
    survey,
)

KEY = "separate_career_path"
UNEQUAL = (*EQUAL_LADDER, grade("o3"))
RECENT = T - timedelta(days=40)


def scene(ladder=EQUAL_LADDER, *, ops=4, months=25, moves=(), pms=20):
    """Two years of `ops` people in product ops: 2 * ops person-years."""
    return Facts(
        headcounts=staff(pms, ops, count=months),
        ladder=ladder,
        people_moves=(*hires(count=months), *moves),
    )


def crossing():
    """Return a move from before the first month that can be judged."""
    return move(T - timedelta(days=600), "product_ops", "pm", number=99)


def promotions(ops, pms):
    return tuple(
        move(RECENT, function, function, kind="promotion", number=100 + number)
        for number, function in enumerate(["product_ops"] * ops + ["pm"] * pms)
    )


def state(facts):
    verdict = judge(facts, KEY)
    return verdict.state, verdict.severity


def test_without_a_ladder_it_is_unknown():
    verdict = judge(scene(ladder=()), KEY)

    assert verdict.state == "unknown"
    assert verdict.missing[0] == "ladder"


def test_a_ladder_of_pms_alone_does_not_say():
    assert judge(scene(EQUAL_LADDER[:2]), KEY).state == "unknown"


def test_an_equal_ladder_with_moves_is_clear():
    assert state(scene(moves=(crossing(),))) == ("clear", None)


def test_a_grade_without_an_equivalent_is_medium():
    verdict = judge(scene(UNEQUAL, moves=(crossing(),)), KEY)

    assert (verdict.state, verdict.severity) == ("raised", "medium")
    assert verdict.evidence["grades_without_equivalent"] == ["o3"]


def test_a_top_that_is_no_senior_role_is_medium():
    ladder = (grade("p1", function="pm"), grade("o1", "p1"))

    assert state(scene(ladder, moves=(crossing(),))) == ("raised", "medium")


def test_an_equivalent_that_is_no_pm_grade_is_none():
    assert judge(scene((*EQUAL_LADDER, grade("o9", "x9"))), KEY).evidence["S1"] is False


def test_an_unequal_ladder_and_no_move_in_six_person_years_is_high():
    verdict = judge(scene(UNEQUAL), KEY)

    assert verdict.evidence["point"] in {"high", "medium"}
    assert verdict.evidence["breached"] == ["S1", "S2"]


def test_with_the_survey_beside_it_high_is_not_capped():
    said = tuple(survey(i, 2, audience=PM_AND_PRODUCT_OPS) for i in ("CAR1", "CAR2"))

    assert state(replace(scene(UNEQUAL), survey_items=said)) == ("raised", "high")


def test_under_six_person_years_no_move_says_nothing():
    verdict = judge(scene(UNEQUAL, ops=2), KEY)

    assert verdict.evidence["person_years"] == pytest.approx(4.0, abs=0.2)
    assert verdict.evidence["bands"]["S2"] == "unknown"


@pytest.mark.parametrize(("ops", "band"), [(14, "unknown"), (16, "breached")])
def test_rule_of_three_at_thirty_person_years(ops, band):
    assert judge(scene(ops=ops, pms=60), KEY).evidence["bands"]["S2"] == band


def test_person_years_carry_the_last_value_forward():
    facts = Facts(
        headcounts=staff(20, 4, end=T, count=13), ladder=EQUAL_LADDER, people_moves=hires()
    )

    # Twelve months and a day of four people; before the first snapshot nothing is known.
    assert judge(facts, KEY).evidence["person_years"] == pytest.approx(4 * 366 / 365.25, abs=1e-6)


def test_far_fewer_promotions_are_medium():
    # 0 of 30 person-years against 20 of 40: upper limit of the ratio 0.25.
    facts = scene(ops=15, pms=20, moves=(crossing(), *promotions(0, 20)))

    verdict = judge(facts, KEY)

    assert verdict.evidence["breached"] == ["S3"]
    assert verdict.evidence["S3"]["ci95"][1] < 1
    assert (verdict.state, verdict.severity) == ("raised", "medium")


def test_four_promotions_are_too_few_to_compare():
    facts = scene(ops=15, pms=20, moves=(crossing(), *promotions(0, 4)))

    assert judge(facts, KEY).evidence["bands"]["S3"] == "unknown"


def test_the_survey_alone_is_low():
    said = tuple(survey(i, 2, audience=PM_AND_PRODUCT_OPS) for i in ("CAR1", "CAR2"))
    facts = replace(scene(moves=(crossing(),)), survey_items=said)

    verdict = judge(facts, KEY)

    assert (verdict.state, verdict.evidence["point"]) == ("watch", "low")


def test_the_pooled_answers_come_before_those_of_pms_alone():
    items = (
        *(survey(i, 9) for i in ("CAR1", "CAR2")),
        *(survey(i, 2, audience=PM_AND_PRODUCT_OPS) for i in ("CAR1", "CAR2")),
    )

    verdict = judge(replace(scene(moves=(crossing(),)), survey_items=items), KEY)

    assert verdict.evidence["S4"]["CAR1"]["favourable"] == 0.2


def test_it_does_not_clear_while_nobody_moves_and_nobody_was_asked():
    facts = scene(UNEQUAL)
    later = replace(facts, ladder=EQUAL_LADDER)

    assert judge(later, KEY).evidence["bands"]["S1"] == "unknown"


def test_half_a_year_of_product_ops_is_needed():
    verdict = judge(scene(months=5), KEY)

    assert verdict.state == "unknown"
    assert verdict.evidence["unknown_because"] == ["product ops exists for 4 months, 6 needed"]


def test_a_log_of_moves_that_stopped_says_nothing():
    facts = replace(scene(), people_moves=hires(end=T - timedelta(days=31)))

    verdict = judge(facts, KEY)

    assert verdict.evidence["S2"] is None
    assert "people_moves" in verdict.missing


def test_with_few_person_years_only_the_ladder_is_shown():
    verdict = judge(scene(UNEQUAL, ops=1), KEY)

    assert {verdict.evidence[leg] for leg in ("S2", "S3", "S4")} == {"hidden: too few person-years"}
    assert "not shown" in verdict.message


def test_persons_are_never_named():
    assert "x99" not in str(judge(scene(moves=(crossing(),)), KEY).as_dict())
