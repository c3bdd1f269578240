"""Going on from what was kept equals replaying everything, whatever happened to the past."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from maturity.insights import (
    CHECKS,
    CURRENT_THRESHOLDS,
    Facts,
    Thresholds,
    replays,
    resume,
    run_checks,
)
from maturity.insights.facts import HeadCount, OrgFacts, ToolUsage
from maturity.insights.threshold_changes import Sourced, changed
from maturity.insights.working_time import next_month
from tests.maturity.insights.builders import (
    EQUAL_LADDER,
    decisions,
    gate,
    hires,
    launches,
    requests,
    staff,
    survey,
    tool,
    weeks,
)

START = date(2025, 1, 1)
LOOSER = changed(
    CURRENT_THRESHOLDS, {"gatekeeper.t1_half_enter": Sourced(2.5, "tried")}, version="1-own-1"
)


def dice_of(seed):
    return random.Random(seed)  # noqa: S311  # reproducible on purpose


def month_of(end, dice):
    """The facts of one month as they come in, some of them late or early."""
    wd, active = dice.choice([1, 2, 3, 4, None]), dice.choice([1, 5, 15])
    closed = datetime.combine(end, time(), UTC) - timedelta(days=dice.randrange(1, 20))
    return {
        "headcounts": staff(
            dice.choice([6, 9, 12, 25]), dice.choice([0, 1, 1, 2]), end=end, count=1
        ),
        "gate_requests": (
            *requests(12, wd=wd, end=end, days_back=dice.choice([10, 35])),
            *requests(12, wd=1, end=end, days_back=30, gate_key="free", gate_owner_function="pm"),
        ),
        "decisions": decisions(30, taken=dice.choice([0, 4, 15]), end=end),
        "tool_usage": weeks([active] * 4, end=end),
        "launches": launches(4, bypassed=dice.randrange(3), end=end),
        "people_moves": hires(end=end, count=1),
        "org_facts": (OrgFacts(as_of=end - timedelta(days=3), products=dice.randrange(1, 4)),),
        "survey_items": tuple(
            survey(key, dice.choice([1, 9]), wave=f"w{end}", closed=closed)
            for key in dice.sample(["GAT1", "GAT2", "EAR1", "LEV2", "AUT1", "AUT2"], 3)
        ),
    }


def grown(facts, more):
    return replace(facts, **{name: (*getattr(facts, name), *rows) for name, rows in more.items()})


@pytest.fixture
def life():
    """Ten months of an organisation about which much is known."""
    dice, facts = dice_of(5), base_facts()
    for number in range(1, 11):
        facts = grown(facts, month_of(next_month(START, number), dice))
    return facts


def base_facts():
    return Facts(
        timezone="Europe/Berlin",
        gates=(gate(compared_gate_key="free"), gate("free", owner_function="pm")),
        tools=(tool(launched_on=START),),
        ladder=EQUAL_LADDER,
    )


LAST = next_month(START, 10)


def replayed(facts, kept, *, as_of=LAST, thresholds=CURRENT_THRESHOLDS):
    """The months that were judged again; the verdicts are those of a full replay."""
    verdicts, made = resume(facts, kept, as_of=as_of, thresholds=thresholds)
    assert verdicts == run_checks(facts, as_of=as_of, thresholds=thresholds)
    return [checkpoint.end for checkpoint in made]


@pytest.fixture
def kept(life):
    return resume(life, [], as_of=LAST)[1]


def months_from(number):
    return [next_month(START, each) for each in range(number, 11)]


@pytest.mark.parametrize("seed", range(6))
def test_going_on_equals_a_full_replay_through_any_history(seed):
    dice, facts, kept, thresholds = dice_of(seed), base_facts(), {}, CURRENT_THRESHOLDS
    for number in range(1, 11):
        end = next_month(START, number)
        facts = grown(facts, month_of(end, dice))
        facts, thresholds = disturbed(facts, thresholds, end, dice)

        verdicts, made = resume(facts, list(kept.values()), as_of=end, thresholds=thresholds)

        assert verdicts == run_checks(facts, as_of=end, thresholds=thresholds), end
        kept |= {checkpoint.end: checkpoint for checkpoint in made}
        if dice.random() < 0.2:
            kept.pop(dice.choice(list(kept)))


def disturbed(
    facts: Facts, thresholds: Thresholds, end: date, dice: random.Random
) -> tuple[Facts, Thresholds]:
    """Late rows, corrections, deletions, holidays, changed numbers and zones, two at a time."""
    for what in dice.sample(["late", "correct", "drop", "holiday", "numbers", "zone", "none"], 2):
        if what == "late":
            late = month_of(next_month(end, -dice.randrange(6)), dice)
            field = dice.choice(list(late))
            facts = grown(facts, {field: late[field][::3]})
        elif what == "correct":
            rows = list(facts.gate_requests)
            at = dice.randrange(len(rows))
            opened = rows[at].requested_at
            rows[at] = replace(rows[at], decided_at=opened + timedelta(days=dice.randrange(90)))
            facts = replace(facts, gate_requests=tuple(rows))
        elif what == "drop":
            field = dice.choice(["headcounts", "decisions", "tool_usage", "survey_items"])
            facts = replace(facts, **{field: getattr(facts, field)[dice.randrange(2) :: 2]})
        elif what == "holiday":
            day = end - timedelta(days=dice.randrange(-20, 120))
            facts = replace(facts, holidays=facts.holidays | {day})
        elif what == "numbers":
            thresholds = dice.choice([CURRENT_THRESHOLDS, LOOSER])
        elif what == "zone":
            facts = replace(facts, timezone=dice.choice(["UTC", "Pacific/Apia"]))
    return facts, thresholds


def test_the_next_month_replays_itself_alone(life, kept):
    more = grown(life, month_of(next_month(LAST), dice_of(9)))

    assert replayed(more, kept, as_of=next_month(LAST)) == [next_month(LAST)]


def test_what_lies_ahead_touches_no_month_but_the_last(life, kept):
    ahead = grown(life, month_of(next_month(LAST, 2), dice_of(9)))

    assert replayed(ahead, kept) == [LAST]


@pytest.mark.parametrize("month", [3, 7])
def test_a_late_row_replays_its_month_and_those_after(life, kept, month):
    day = next_month(START, month) - timedelta(days=5)
    late = HeadCount(as_of=day, function="pm", headcount=3, fte=3.0, team_key="late")

    assert replayed(grown(life, {"headcounts": (late,)}), kept) == months_from(month)


def test_a_quarter_s_usage_counts_where_the_quarter_ends(life, kept):
    row = ToolUsage(
        tool_key="board",
        period_start=next_month(START, 3),
        period="quarter",
        active_users=3,
        eligible_users=20,
    )

    assert replayed(grown(life, {"tool_usage": (row,)}), kept) == months_from(6)


def test_a_decision_that_comes_replays_from_its_own_day_not_from_the_request_s(life):
    opened = datetime.combine(next_month(START, 2), time(9), UTC)
    asked = grown(
        life,
        {
            "gate_requests": (
                replace(
                    life.gate_requests[0],
                    request_id="r",
                    requested_at=opened,
                    decided_at=None,
                    decision=None,
                ),
            )
        },
    )
    kept = resume(asked, [], as_of=LAST)[1]
    decided = [*asked.gate_requests]
    decided[-1] = replace(
        decided[-1],
        decided_at=datetime.combine(next_month(START, 7), time(9), UTC),
        decision="approved",
    )

    assert replayed(replace(asked, gate_requests=tuple(decided)), kept) == months_from(8)


def test_a_holiday_replays_from_its_own_month(life, kept):
    on = replace(life, holidays=frozenset([next_month(START, 4) + timedelta(days=8)]))

    assert replayed(on, kept) == months_from(5)


def test_other_numbers_replay_everything(life, kept):
    assert replayed(life, kept, thresholds=LOOSER) == months_from(0)


def test_another_zone_replays_everything(life, kept):
    assert replayed(replace(life, timezone="Asia/Tokyo"), kept) == months_from(0)


def test_an_earlier_beginning_replays_everything(life, kept):
    early = OrgFacts(as_of=START - timedelta(days=40), products=1)

    assert replayed(grown(life, {"org_facts": (early,)}), kept)[0] == date(2024, 12, 1)


def test_what_other_code_remembered_is_not_built_upon(life, kept, monkeypatch):
    monkeypatch.setattr(replays, "judgement_digest", lambda: "another release")

    assert replayed(life, kept) == months_from(0)


def test_a_lost_checkpoint_costs_its_month_alone(life, kept):
    assert replayed(life, kept[:6]) == months_from(6)
    assert replayed(life, []) == months_from(0)


def test_what_is_remembered_survives_being_written_down(life, kept):
    assert {len(checkpoint.memories) for checkpoint in kept} == {len(CHECKS)}
    assert resume(life, kept[:-1], as_of=LAST)[1] == kept[-1:]
