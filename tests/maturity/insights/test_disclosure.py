"""Counts under five are bands in all that people see, and so is what gives them away."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maturity.insights import run_checks
from maturity.insights.disclosure import disclosed
from maturity.insights.facts import Facts
from tests.maturity.insights.builders import (
    T,
    decisions,
    gate,
    judge,
    launches,
    requests,
    staff,
    tool,
    weeks,
)
from tests.maturity.insights.scenes import everything

PEOPLE = {"n", "pending", "older", "rejected", "taken", "bypassed", "active", "requesters"}


def every_number(value, name=""):
    """Yield every (name, number) of some figures."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from every_number(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from every_number(inner, name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value


def test_no_count_of_people_under_five_is_shown():
    for verdict in run_checks(everything(), as_of=T):
        for name, number in every_number(disclosed(verdict.evidence)):
            assert name not in PEOPLE or number == 0 or number >= 5, (verdict.key, name)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 4), st.integers(5, 60))
def test_a_share_beside_the_eligible_people_gives_no_small_count_away(active, eligible):
    known = Facts(
        headcounts=staff(20, 2), tools=(tool(),), tool_usage=weeks([active] * 20, eligible=eligible)
    )

    stored = judge(known, "unused_tools").evidence["tools"]["board"]
    shown = disclosed(stored)

    assert stored["A"] == pytest.approx(active / eligible, abs=1e-6)
    assert (shown["A"], shown["active"], shown["decay"]) == (None, "<5", None)
    assert shown["below"] >= 5 / eligible - 1e-9


def test_five_active_people_are_counted():
    known = Facts(headcounts=staff(20, 2), tools=(tool(),), tool_usage=weeks([5] * 20))

    shown = disclosed(judge(known, "unused_tools").evidence["tools"]["board"])

    assert (shown["A"], shown["active"], shown["eligible"]) == (0.25, 5, 20)


def test_few_decisions_hide_their_share_and_its_interval():
    known = Facts(headcounts=staff(16, 2), decisions=decisions(40, taken=3))

    shown = disclosed(judge(known, "centralised_decisions").evidence)

    assert (shown["taken"], shown["C"], shown["ci95"], shown["below"]) == ("<5", None, None, 0.13)


def test_few_rejections_hide_the_share_of_approvals():
    rows = (*requests(38, wd=3), *requests(2, wd=3, decision="rejected", days_back=50))
    known = Facts(gates=(gate(),), gate_requests=rows)

    verdict = judge(known, "gatekeeper")
    shown = disclosed(verdict.evidence)["approval"]

    assert verdict.evidence["approval"]["A"] == 0.95
    assert (shown["A"], shown["rejected"], shown["at_least"]) == (None, "<5", 0.87)
    assert "Over 88% are approved." in verdict.message


def test_few_launches_round_the_gate_hide_their_share():
    known = Facts(
        gates=(gate(),), gate_requests=requests(30, wd=1), launches=launches(20, bypassed=3)
    )

    verdict = judge(known, "gatekeeper")

    assert disclosed(verdict.evidence)["bypass"] == {
        "launches": 20,
        "bypassed": "<5",
        "share": None,
        "below": 0.25,
        "flagged": True,
    }
    assert "fewer than 5 of 20 launches" in verdict.message


def test_what_is_shown_is_still_json():
    for verdict in run_checks(everything(), as_of=T):
        shown = disclosed(verdict.evidence)
        assert json.loads(json.dumps(shown)) == shown
