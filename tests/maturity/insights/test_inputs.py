"""What each check says it needs is what it needs: every declared input is taken away in turn."""

from dataclasses import fields
from datetime import date

import pytest

from maturity.insights import CHECKS, replay, run_checks
from maturity.insights.facts import Facts
from maturity.models import SIGNAL_TABLES
from tests.maturity.insights.builders import T
from tests.maturity.insights.scenes import FIELDS, everything, everything_until, without

DECLARED = {check.key: check.inputs for check in (make() for make in CHECKS)}
REQUIRED = [(key, name) for key, inputs in DECLARED.items() for name in inputs.required]
OPTIONAL = [(key, name) for key, inputs in DECLARED.items() for name in inputs.optional]
# What may stand where an input was lost; "clear" and its kin never do unless they did before.
GOOD_NEWS = {"clear", "not_applicable", "better", "absent"}


@pytest.fixture(scope="module")
def full():
    return _by_key(everything())


def _by_key(facts, as_of=T):
    return {verdict.key: verdict for verdict in run_checks(facts, as_of=as_of)}


def test_every_format_has_its_facts_and_every_fact_its_format():
    named = {field for names in FIELDS.values() for field in names}

    assert named == {field.name for field in fields(Facts)} - {"timezone", "holidays"}
    assert set(FIELDS) - {"survey_responses"} == set(SIGNAL_TABLES) - {"holidays"}


def test_with_everything_nothing_is_missing(full):
    missing = {key: verdict.missing for key, verdict in full.items() if verdict.missing}

    assert missing == {}


def test_with_everything_every_check_concludes_something(full):
    assert {key: v.state for key, v in full.items()} == {
        "too_early": "raised",
        "gatekeeper": "raised",
        "centralised_decisions": "raised",
        "unused_tools": "raised",
        "separate_career_path": "raised",
        "pm_count": "absent",
        "multi_product": "present",
        "experimentation": "absent",
        "global": "absent",
        "public_company": "absent",
        "readiness": "not_yet",
        "pm_leverage": "worse",
        "quality_consistency": "better",
        "faster_ramp": "better",
        # One figure is better and one is worse.
        "better_analytics": "no_clear_change",
        "cross_product_learning": "no_clear_change",
    }


def test_every_declared_input_has_facts():
    assert {name for _, name in REQUIRED + OPTIONAL} <= set(FIELDS)
    assert all(inputs.count for inputs in DECLARED.values())


@pytest.mark.parametrize(("key", "name"), REQUIRED)
def test_without_a_required_input_the_verdict_is_unknown(key, name):
    verdict = _by_key(without(everything(), name))[key]

    assert verdict.state == "unknown"
    assert name in {missing.partition(".")[0] for missing in verdict.missing}
    assert (verdict.severity, verdict.confidence) == (None, None)


@pytest.mark.parametrize(("key", "name"), OPTIONAL)
def test_without_an_optional_input_confidence_falls_and_nothing_clears(full, key, name):
    verdict = _by_key(without(everything(), name))[key]

    before = full[key]
    assert verdict.state == before.state or verdict.state not in GOOD_NEWS
    if verdict.kind == "readiness":
        return  # has no confidence, and few PMs settle it whatever the signs say
    assert name in {missing.partition(".")[0] for missing in verdict.missing}
    assert verdict.confidence < before.confidence


@pytest.mark.parametrize("key", [key for key, inputs in DECLARED.items() if not inputs.required])
def test_without_any_input_a_verdict_is_unknown(key):
    verdict = _by_key(without(everything(), *DECLARED[key].optional))[key]

    assert verdict.state == "unknown"
    assert set(verdict.missing) == set(DECLARED[key].optional)


PITFALLS = [
    (key, name)
    for key, name in REQUIRED + OPTIONAL
    if key in {check.key for check in (make() for make in CHECKS[:5])}
]


LATER = date(2026, 12, 1)


@pytest.mark.parametrize("name", sorted({name for _, name in PITFALLS}))
def test_an_input_that_stops_coming_never_clears_what_was_raised(name):
    """Every other format goes on as it was; this one ends with T."""
    keys = {key for key, lost in PITFALLS if lost == name}
    states = {key: set() for key in keys}

    for end, verdicts in replay(everything_until(LATER, stops=name), until=LATER):
        for verdict in verdicts:
            if verdict.key in keys and end >= T:
                states[verdict.key].add(verdict.state)

    assert all("raised" in seen for seen in states.values())
    assert {state for seen in states.values() for state in seen} <= {"raised", "unknown"}
