"""Every verdict can be explained from what is stored of it."""

import pytest

from maturity.insights import CHECKS, run_checks
from maturity.insights.disclosure import disclosed
from maturity.insights.explanations import as_text, explain
from maturity.insights.facts import Facts
from maturity.insights.thresholds import V1
from tests.maturity.insights.builders import T
from tests.maturity.insights.scenes import everything

KEYS = [make().key for make in CHECKS]


def explained(facts, key):
    verdict = next(v for v in run_checks(facts, as_of=T) if v.key == key)
    return explain(key, disclosed(verdict.evidence), verdict.missing, V1)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("facts", [Facts(), everything()], ids=["nothing", "everything"])
def test_every_check_can_be_explained(key, facts):
    explanation = explained(facts, key)

    assert explanation.inputs
    assert all(line for line in as_text(explanation))
    for test in explanation.tests:
        assert test.formula
        assert test.enter
        assert all(used.source for used in test.thresholds)
        assert "{" not in test.formula + test.enter + test.exit


@pytest.mark.parametrize("key", KEYS[:5])
def test_what_is_latched_says_what_would_clear_it(key):
    explanation = explained(everything(), key)

    latched = [test for test in explanation.tests if test.latched]
    assert latched
    assert len(explanation.clears_when) == len(latched)
    assert all("in 2 months in a row" in end for end in explanation.clears_when)


def test_each_gate_and_each_tool_stands_on_its_own():
    assert {test.subject for test in explained(everything(), "gatekeeper").tests} == {"review"}
    assert {test.subject for test in explained(everything(), "unused_tools").tests} == {
        "board",
        "form",
    }


def test_gates_and_tests_are_called_by_their_names():
    figures = {"name": "Launch review", "bands": {"T1": "breached"}, "latched": ["T1"]}
    shares = {"bands": {"C_felt": "breached"}, "latched": ["C_felt"]}

    slow = explain("gatekeeper", {"gates": {"launch_review": figures}}, (), V1)
    felt = explain("centralised_decisions", shares, (), V1)

    assert slow.clears_when[0].startswith("T1 of Launch review: ")
    assert {test.subject for test in slow.tests} == {"launch_review"}
    assert felt.clears_when[0].startswith("C and survey: ")


def test_an_interval_says_its_level():
    levels = {
        test.name: test.interval_level for test in explained(everything(), "gatekeeper").tests
    }
    change = explained(everything(), "pm_leverage").tests[0]

    assert (levels["T1"], levels["T3"], change.interval_level) == (95, None, 90)


def test_a_survey_is_asked_for_where_detectors_read_it():
    survey = next(
        row for row in explained(Facts(), "pm_leverage").inputs if row.format == "survey_responses"
    )

    assert survey.how.startswith("release a survey wave")
    assert "outside surveys never" in survey.how


def test_a_missing_required_input_comes_before_everything_else():
    explanation = explained(Facts(), "separate_career_path")

    ladder = next(row for row in explanation.inputs if row.format == "ladder")
    assert (ladder.required, ladder.usable) == (True, False)
    assert explanation.clears_when[0].startswith("career ladder has to be known again")


def test_a_figure_stands_beside_its_thresholds():
    slow = next(t for t in explained(everything(), "gatekeeper").tests if t.name == "T1")

    assert slow.figure == {"W50.text": "3.0", "W85.text": "3.0"}
    assert (slow.enter, slow.band) == ("W50 > 2 wd or W85 > 5 wd", "breached")
    assert slow.thresholds[0].name == "gatekeeper.t1_half_enter"
    assert slow.thresholds[0].source.startswith("LinearB")


def test_a_share_that_is_hidden_is_told_by_its_bound_and_never_as_unknown():
    figures = {"active": 3, "eligible": 25, "A": 0.12, "decay": None}

    shown = explain("unused_tools", disclosed({"tools": {"board": figures}}), (), V1)

    assert {test.figure["A"] for test in shown.tests} == {"<0.2"}
