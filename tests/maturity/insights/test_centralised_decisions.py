from dataclasses import replace
from datetime import date

import pytest

from maturity.insights.facts import DecisionRight, Facts
from tests.maturity.insights.builders import (
    T,
    decisions,
    history,
    judge,
    months_before,
    staff,
    survey,
)

KEY = "centralised_decisions"
SCOPE = DecisionRight(decision_type="scope", function="pm")


def scene(taken, *, count=40, months=4, end=T, **columns):
    """Every month holds `count` decisions, of which `taken` were taken away."""
    rows = tuple(
        row
        for day in [*months_before(end, months - 1), end]
        for row in decisions(count, taken=taken, end=day, **columns)
    )
    return Facts(headcounts=staff(16, 2, end=end, count=8), decisions=rows)


def state(facts, as_of=T):
    verdict = judge(facts, KEY, as_of=as_of)
    return verdict.state, verdict.severity


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (4, ("clear", None)),  # 10 %
        (7, ("clear", None)),  # 17.5 %
        (8, ("raised", "medium")),  # 20 %
        (15, ("raised", "medium")),  # 37.5 %
        (16, ("raised", "high")),  # 40 %
    ],
)
def test_the_share_taken_from_pms_raises(taken, expected):
    facts = scene(taken)
    of_one_team = tuple(replace(d, team_key=_team(d)) for d in facts.decisions)

    assert state(replace(facts, decisions=of_one_team, decision_rights=(SCOPE,))) == expected


def _team(decision):
    """All that was taken was taken from one of five teams, so breadth stays small."""
    if decision.decider_function == "product_ops":
        return "hit"
    return f"t{int(decision.decision_id.rpartition('-')[2]) % 4}"


def test_figures_of_a_month():
    evidence = judge(scene(10, months=1), KEY).evidence

    assert (evidence["C"], evidence["n"], evidence["taken"]) == (0.25, 40, 10)
    # Wilson 1927 for 10 of 40, by hand.
    assert evidence["ci95"] == [
        pytest.approx(0.141871, abs=1e-6),
        pytest.approx(0.401940, abs=1e-6),
    ]
    assert (evidence["B"], evidence["teams"], evidence["teams_hit"]) == (1.0, 4, 4)
    assert evidence["logged_per_pm_month"] == pytest.approx(40 / 16 / 3, abs=1e-6)
    assert evidence["largest_types"] == ["scope"]


def test_breadth_makes_it_high():
    # 25 % in every team, all inputs there, so that confidence does not cap it.
    facts = replace(
        scene(10),
        decision_rights=(SCOPE,),
        survey_items=(survey("AUT1", 2), survey("AUT2", 2)),
    )

    assert state(facts) == ("raised", "high")


def test_what_a_team_handed_up_is_not_taken_from_it():
    assert judge(scene(16, escalated=True), KEY).evidence["taken"] == 0


@pytest.mark.parametrize("function", ["product_ops", "central"])
def test_product_ops_and_the_centre_count_alike(function):
    assert judge(scene(16, function=function), KEY).evidence["C"] == 0.4


def test_other_functions_take_nothing():
    assert judge(scene(16, function="other"), KEY).evidence["taken"] == 0


def test_decisions_that_are_not_the_pms_do_not_count():
    facts = scene(16, decision_type="taxonomy")

    verdict = judge(facts, KEY)

    assert verdict.state == "unknown"
    assert verdict.evidence["decisions"] == 0


def test_an_agreed_right_comes_before_the_seeded_one():
    agreed = DecisionRight(decision_type="taxonomy", function="pm", agreed_on=date(2026, 1, 1))
    facts = replace(scene(16, decision_type="taxonomy"), decision_rights=(agreed,))

    assert judge(facts, KEY).evidence["C"] == 0.4


def test_a_right_agreed_after_t_is_not_known_yet():
    agreed = DecisionRight(decision_type="taxonomy", function="pm", agreed_on=T)
    facts = replace(scene(16, decision_type="taxonomy"), decision_rights=(agreed,))

    assert judge(facts, KEY).evidence["decisions"] == 0


def test_kinds_of_decisions_are_called_by_their_names():
    timing = tuple(replace(d, decision_type="launch_timing") for d in scene(16).decisions)

    message = judge(replace(scene(16), decisions=timing), KEY).message

    assert message.endswith("most often: launch timing.")


def test_a_type_without_a_right_is_listed_and_counts_as_missing():
    facts = scene(16)
    odd = tuple(replace(d, decision_type="naming") for d in facts.decisions[-3:])

    verdict = judge(replace(facts, decisions=(*facts.decisions[:-3], *odd)), KEY)

    assert verdict.evidence["unknown_rights"] == ["naming"]
    assert "decision_rights" in verdict.missing


@pytest.mark.parametrize(
    ("facts", "because"),
    [
        (scene(8, count=19, months=1), "log incomplete: 0.40 decisions per PM and month"),
        (scene(8, teams=2), "fewer than 3 teams"),
        (scene(0, decider_function=None), "the decider of fewer than 80% is known"),
        (scene(8, decided_on=None), "none of 160 decisions has a date"),
        (replace(scene(8), headcounts=()), "no headcount snapshot of PMs"),
    ],
)
def test_what_makes_it_unknown(facts, because):
    verdict = judge(facts, KEY)

    assert verdict.state == "unknown"
    assert any(reason.startswith(because) for reason in verdict.evidence["unknown_because"])
    assert verdict.missing


def test_a_log_that_stopped_keeps_the_state_but_cannot_be_judged():
    verdict = judge(scene(12, end=date(2026, 5, 1)), KEY)

    assert (verdict.state, verdict.confidence) == ("raised", None)
    assert verdict.evidence["unknown_because"] == [
        "newest entry of the decision log 62 days old, at most 45"
    ]


def test_fewer_than_twenty_decisions_of_pms_are_unknown():
    facts = replace(scene(8, count=19, months=1), headcounts=staff(10, 2, count=8))

    assert judge(facts, KEY).evidence["unknown_because"] == [
        "19 decisions that belong to PMs in 90 days, at least 20 needed"
    ]


def test_an_undated_log_names_what_is_missing():
    verdict = judge(Facts(decisions=decisions(30, decided_on=None)), KEY)

    assert verdict.state == "unknown"
    assert verdict.missing == (
        "decision_log",
        "decision_log.decided_on",
        "decision_rights",
        "headcount",
        "survey_responses",
    )


def test_the_first_breach_is_a_watch():
    assert list(history(scene(12, months=2), KEY).values())[-2:] == [
        ("watch", None),
        ("raised", "medium"),
    ]


def test_forty_per_cent_raise_at_once():
    facts = scene(24, months=1)

    assert state(facts)[0] == "raised"


def test_forty_per_cent_of_few_do_not_raise_at_once():
    facts = replace(scene(8, count=20, months=1), headcounts=staff(8, 2, count=8))

    # 40 %, but the interval begins at 22 %; at 19 % it would not exclude the enter threshold.
    assert judge(facts, KEY).evidence["ci95"][0] == pytest.approx(0.2188, abs=1e-4)


def test_ten_to_twenty_per_cent_and_an_unfavourable_survey_are_low():
    facts = replace(scene(6), survey_items=(survey("AUT1", 2), survey("AUT2", 9)))

    verdict = judge(facts, KEY)

    # One wave speaks once: a second one has to confirm it.
    assert (verdict.state, verdict.evidence["point"]) == ("watch", "low")


def test_the_survey_alone_is_medium_with_low_confidence():
    facts = replace(scene(0), survey_items=(survey("AUT1", 2), survey("AUT2", 2)))

    verdict = judge(facts, KEY)

    assert (verdict.state, verdict.evidence["point"]) == ("watch", "medium")
    assert verdict.evidence["breached"] == ["felt"]
    assert verdict.confidence < 0.4


def test_it_clears_after_two_months_below_fifteen_per_cent():
    high = [
        row
        for day in months_before(date(2026, 3, 1), 3)
        for row in decisions(40, taken=12, end=day)
    ]
    low = [
        row
        for day in [*months_before(date(2026, 9, 1), 6), date(2026, 9, 1)]
        for row in decisions(40, taken=0, end=day)
    ]
    facts = Facts(headcounts=staff(16, 2, end=date(2026, 9, 1), count=12), decisions=(*high, *low))

    months = history(facts, KEY, until=date(2026, 9, 1))

    shares = {
        end: judge(facts, KEY, as_of=end).evidence["C"] for end in months if end >= date(2026, 2, 1)
    }
    below = [end for end, share in shares.items() if share < 0.15]
    assert months[below[0]][0] == "raised"
    assert months[below[1]] == ("clear", None)


def test_few_decisions_are_not_counted_exactly_in_words():
    message = judge(scene(1, months=1), KEY).message

    assert message.startswith("fewer than 5 of 40 decisions")
    assert "under 12%" in message


def test_people_are_never_named():
    facts = scene(16, decider_key="anna")

    assert "anna" not in str(judge(facts, KEY).as_dict())
