"""A figure that swings around a threshold changes a pitfall's state at most once."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maturity.insights import CHECKS, replay
from maturity.insights.facts import Facts
from tests.maturity.insights.builders import (
    EQUAL_LADDER,
    decisions,
    gate,
    grade,
    hires,
    months_before,
    move,
    request,
    staff,
    tool,
    weeks,
)

END = date(2026, 7, 1)
MONTHS = [*months_before(END, 13), END]
WORSENED = ("watch", "raised")
PITFALLS = [check.key for check in (make() for make in CHECKS[:5])]


def too_early(highs):
    """6.8 or 7.2 PMs for each in product ops: under 7 enters, 8.5 would leave."""
    return Facts(
        headcounts=tuple(
            row
            for end, high in zip(MONTHS, highs, strict=True)
            for row in staff(20.4 if high else 21.6, 3, end=end, count=1)
        )
    )


def gatekeeper(highs):
    """A median wait of 1.8 or 2.2 wd: over 2 enters, 1.5 would leave."""
    rows = []
    for end, high in zip(MONTHS, highs, strict=True):
        monday = _first_monday(end)
        wait = timedelta(days=2.2 if high else 1.8)
        rows += [request(monday, wait, number=number) for number in range(40)]
    return Facts(gates=(gate(),), gate_requests=tuple(rows), headcounts=staff(20, 2, count=20))


def centralised_decisions(highs):
    """19 or 21 % of the decisions: 20 % enters, under 15 % would leave."""
    rows = [
        row
        for end, high in zip(MONTHS, highs, strict=True)
        for row in decisions(100, taken=21 if high else 19, end=end)
    ]
    return Facts(decisions=tuple(rows), headcounts=staff(16, 2, count=20))


def unused_tools(highs):
    """19 or 21 % of the eligible people: under 20 % enters, 30 % would leave."""
    rows = [
        row
        for end, high in zip(MONTHS, highs, strict=True)
        for row in weeks([19 if high else 21] * 5, eligible=100, end=end)
    ]
    unique = {(row.tool_key, row.period_start): row for row in rows}
    return Facts(
        tools=(tool(),), tool_usage=tuple(unique.values()), headcounts=staff(20, 2, count=20)
    )


def separate_career_path(highs):
    """A move that comes and goes from the window of two years beside an unequal ladder."""
    since = [end for end, high in zip(MONTHS, highs, strict=True) if not high]
    moves = tuple(
        move(end - timedelta(days=725), "product_ops", "pm", number=number)
        for number, end in enumerate(since)
    )
    return Facts(
        ladder=(*EQUAL_LADDER, grade("o3")),
        people_moves=(*hires(count=30), *moves),
        headcounts=staff(20, 4, count=40),
    )


SCENES = {
    "too_early": too_early,
    "gatekeeper": gatekeeper,
    "centralised_decisions": centralised_decisions,
    "unused_tools": unused_tools,
    "separate_career_path": separate_career_path,
}


def _first_monday(end):
    """Return the first Monday of the month before `end`, at midnight."""
    start = (end - timedelta(days=1)).replace(day=1)
    monday = start + timedelta(days=-start.weekday() % 7)
    return datetime(monday.year, monday.month, monday.day, tzinfo=UTC)


def states(facts, key):
    """Return the states of the months that can be judged, oldest first."""
    found = []
    for end, verdicts in replay(facts, until=END):
        verdict = next(verdict for verdict in verdicts if verdict.key == key)
        if end in MONTHS and verdict.confidence is not None:
            found.append(verdict.state)
    return found


def test_every_pitfall_has_its_scene():
    assert list(SCENES) == PITFALLS


@pytest.mark.parametrize("key", PITFALLS)
@settings(max_examples=6, deadline=None)
@given(highs=st.lists(st.booleans(), min_size=len(MONTHS), max_size=len(MONTHS)))
def test_whatever_the_swings_what_was_raised_stays_raised(key, highs):
    found = states(SCENES[key](highs), key)

    turns = [(old, new) for old, new in pairwise(found) if old != new]
    assert len(found) >= 6
    # From clear by way of a watch, and never back.
    assert [turn for turn in turns if turn[0] == "raised"] == []
    assert len([turn for turn in turns if turn[1] == "raised"]) <= 1


@pytest.mark.parametrize("key", PITFALLS)
def test_a_figure_that_alternates_changes_the_state_at_most_once(key):
    found = states(SCENES[key]([True, False] * 7), key)

    # A watch that is confirmed is one change that took two months.
    turns = [turn for turn in pairwise(found) if len(set(turn)) == 2 and turn != WORSENED]
    assert len(turns) <= 1
