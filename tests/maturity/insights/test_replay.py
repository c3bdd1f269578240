import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from maturity.insights import CHECKS, replay, run_checks
from maturity.insights.benefits import BENEFITS
from maturity.insights.facts import DecisionRight, Facts, OrgFacts
from tests.maturity.insights.builders import (
    T,
    decisions,
    gate,
    grade,
    hires,
    months_before,
    request,
    requests,
    staff,
    survey,
    tool,
    weeks,
)

KEYS = [
    "too_early",
    "gatekeeper",
    "centralised_decisions",
    "unused_tools",
    "separate_career_path",
    "pm_count",
    "multi_product",
    "experimentation",
    "global",
    "public_company",
    "readiness",
    "pm_leverage",
    "quality_consistency",
    "faster_ramp",
    "better_analytics",
    "cross_product_learning",
]


@pytest.fixture
def everything():
    """Facts of each kind, so that every check concludes something."""
    return Facts(
        headcounts=staff(8, 1, count=8),
        decisions=tuple(
            row for day in [*months_before(T, 3), T] for row in decisions(40, taken=12, end=day)
        ),
        decision_rights=(DecisionRight(decision_type="scope", function="pm"),),
        ladder=(grade("o1"),),
        people_moves=hires(count=3),
        gates=(gate(compared_gate_key="free"), gate("free", owner_function="pm")),
        gate_requests=(
            *requests(30, wd=3),
            *requests(30, wd=1, gate_key="free", gate_owner_function="pm"),
        ),
        tools=(tool(),),
        tool_usage=weeks([2] * 20),
        org_facts=(
            OrgFacts(
                as_of=T - timedelta(days=90),
                products=3,
                business_units=1,
                markets=1,
                timezone_span_hours=Decimal("2.5"),
                public_company="no",
                experiments_finished_90d=2,
                teams_running_experiments=1,
            ),
        ),
        survey_items=tuple(
            survey(key, 2)
            for key in ("GAT1", "GAT2", "EAR1", "LEV2", "AUT1", "AUT2", "CAR1", "CAR2")
        ),
    )


def shown(verdicts):
    return [verdict.as_dict() for verdict in verdicts]


def test_without_facts_everything_is_unknown():
    verdicts = run_checks(Facts(), as_of=T)

    assert [verdict.key for verdict in verdicts] == KEYS
    assert [verdict.state for verdict in verdicts] == ["unknown"] * len(CHECKS)
    assert all(verdict.missing for verdict in verdicts)
    assert all(verdict.severity is None for verdict in verdicts)


def test_with_all_facts_no_pitfall_and_no_sign_is_unknown(everything):
    states = {verdict.key: verdict.state for verdict in run_checks(everything, as_of=T)}

    assert states == {
        "too_early": "raised",
        "gatekeeper": "raised",
        "centralised_decisions": "raised",
        "separate_career_path": "raised",
        "unused_tools": "raised",
        "pm_count": "absent",
        "multi_product": "present",
        "experimentation": "absent",
        "global": "absent",
        "public_company": "absent",
        "readiness": "not_yet",
        # Measured, but there is no second wave to compare with.
        **dict.fromkeys(BENEFITS, "unknown"),
    }


def test_two_runs_agree_whatever_the_order_of_the_rows(everything):
    backwards = replace(
        everything,
        **{
            field.name: getattr(everything, field.name)[::-1]
            for field in fields(Facts)
            if isinstance(getattr(everything, field.name), tuple)
        },
    )

    first = shown(run_checks(everything, as_of=T))

    assert shown(run_checks(everything, as_of=T)) == first
    assert shown(run_checks(backwards, as_of=T)) == first


def test_what_is_dated_at_or_after_t_is_never_seen(everything):
    at_t = datetime(2026, 7, 1, tzinfo=UTC)
    later = replace(
        everything,
        headcounts=(*everything.headcounts, *staff(500, 0, end=date(2026, 8, 1), count=1)),
        gate_requests=(
            *everything.gate_requests,
            request(at_t, timedelta(hours=1)),
            request(at_t + timedelta(days=3), number=1),
        ),
        tool_usage=(*everything.tool_usage, *weeks([20], end=date(2026, 7, 8))),
        org_facts=(*everything.org_facts, OrgFacts(as_of=T, public_company="yes")),
        survey_items=(*everything.survey_items, survey("GAT1", 9, wave="w2", closed=at_t)),
    )

    assert shown(run_checks(later, as_of=T)) == shown(run_checks(everything, as_of=T))
    assert shown(run_checks(later, as_of=date(2026, 9, 1))) != shown(
        run_checks(everything, as_of=date(2026, 9, 1))
    )


def test_a_month_reads_the_same_in_a_longer_replay(everything):
    longer = dict(replay(everything, until=date(2026, 12, 31)))

    assert shown(longer[T]) == shown(run_checks(everything, as_of=date(2026, 7, 31)))


def test_the_replay_begins_with_the_first_month_after_data(everything):
    ends = [end for end, _ in replay(replace(everything, tool_usage=()), until=T)]

    assert ends == [date(2025, 12, 1)] + [date(2026, month, 1) for month in range(1, 8)]


def test_the_replay_of_nothing_is_one_month():
    assert [end for end, _ in replay(Facts(), until=date(2026, 7, 20))] == [T]


def test_facts_that_all_lie_ahead_are_unknown(everything):
    (only,) = replay(everything, until=date(2020, 1, 1))

    assert {verdict.state for verdict in only[1]} == {"unknown"}


def test_verdicts_are_plain_json(everything):
    printed = [verdict.as_dict() for verdict in run_checks(everything, as_of=T)]

    assert json.loads(json.dumps(printed)) == printed
    assert {tuple(item) for item in printed} == {
        ("kind", "key", "state", "severity", "confidence", "evidence", "missing", "message")
    }
    assert [item["kind"] for item in printed] == ["pitfall"] * 5 + ["sign"] * 5 + ["readiness"] + [
        "benefit"
    ] * 5
    assert {item["evidence"]["thresholds_version"] for item in printed} == {"1"}
    assert {item["evidence"]["T"] for item in printed} == {"2026-07-01"}


def test_every_verdict_has_words(everything):
    for facts in (everything, Facts(), replace(everything, headcounts=staff(8, 0))):
        assert all(verdict.message for verdict in run_checks(facts, as_of=T))


def test_numbers_are_rounded_to_six_places(everything):
    evidence = run_checks(everything, as_of=T)[0].evidence

    assert evidence["survey"]["EAR1"]["upper90"] == round(evidence["survey"]["EAR1"]["upper90"], 6)
    assert evidence["R"] == 8.0


def test_holidays_shorten_waits(everything):
    first = datetime(2026, 5, 4, tzinfo=UTC)
    thursdays = frozenset((first + timedelta(days=3 + 7 * week)).date() for week in range(8))
    rows = tuple(
        replace(row, decided_at=row.requested_at + timedelta(days=4))
        for row in everything.gate_requests
        if row.gate_key == "review"
    )
    known = replace(everything, gate_requests=rows)

    def half(facts):
        return run_checks(facts, as_of=T)[1].evidence["W50"]["wd"]

    assert (half(known), half(replace(known, holidays=thursdays))) == (4.0, 3.0)
