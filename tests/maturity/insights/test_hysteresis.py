from datetime import date

import pytest

from maturity.insights.hysteresis import (
    Answer,
    Band,
    Latch,
    Standing,
    advance_latches,
    band,
    held,
    one_lower,
)
from maturity.insights.thresholds import V1
from maturity.insights.working_time import next_month

FRAME = V1.frame
START = date(2026, 1, 1)
B, M, X, U = Band.BREACHED, Band.BETWEEN, Band.BEYOND_EXIT, Band.UNKNOWN


def run(*answers, standing=None):
    """Return the standing after each answer, a month apart."""
    standings, standing = [], standing or Standing()
    for month, answer in enumerate(answers):
        standing = standing.after(answer, at=next_month(START, month), rules=FRAME)
        standings.append(standing)
    return standings


def answer(severity=None, latched=None, **changes):
    defaults = {"behavioural": severity is not None, "wave": None}
    return Answer(severity=severity, latched=latched or severity, **defaults | changes)


def shown(standings):
    return [(s.state, s.severity) for s in standings]


CALM = answer()
HELD_LOW = answer(None, "low")


@pytest.mark.parametrize(
    ("breached", "beyond_exit", "expected"),
    [
        (True, False, B),
        (True, None, B),
        (False, False, M),
        (False, True, X),
        (None, True, U),
        (False, None, U),
    ],
)
def test_bands(breached, beyond_exit, expected):
    assert band(breached=breached, beyond_exit=beyond_exit) is expected


@pytest.mark.parametrize(
    ("readings", "latched"),
    [
        ([B], True),
        ([M], False),
        ([B, M, M, M], True),
        ([B, X], True),
        ([B, X, X], False),
        ([B, X, M, X], True),
        ([B, X, B, X], True),
        ([B, X, U, X], False),
        ([B, U, U, U, U], True),
        ([U, X, X], False),
    ],
)
def test_a_latch_is_released_by_two_evaluable_periods_in_a_row_beyond_exit(readings, latched):
    latch = Latch()

    for reading in readings:
        latch = latch.after(reading, FRAME)

    assert latch.held is latched


def test_latches_keep_tests_that_were_not_read():
    before = {"T1": Latch(held=True)}

    after = advance_latches(before, {"T5": B}, FRAME)

    assert held(after) == ("T1", "T5")


def test_before_the_first_evaluable_period_all_is_unknown():
    (standing,) = run(None)

    assert standing.is_unknown(FRAME)
    assert standing.last_known() is None


def test_one_breach_is_watched_two_in_a_row_are_raised():
    standings = run(CALM, answer("medium"), answer("medium"))

    assert [s.state for s in standings] == ["clear", "watch", "raised"]
    assert standings[-1].since == date(2026, 3, 1)


def test_breaches_that_are_not_in_a_row_stay_watched():
    standings = run(answer("low"), HELD_LOW, answer("low"), HELD_LOW)

    assert [s.state for s in standings] == ["watch"] * 4


def test_unknown_periods_neither_confirm_nor_interrupt():
    standings = run(answer("low"), None, answer("low"))

    assert [s.state for s in standings] == ["watch", "watch", "raised"]


def test_a_critical_value_raises_at_once():
    (standing,) = run(answer("medium", critical=True))

    assert (standing.state, standing.severity) == ("raised", "medium")


def test_severity_rises_at_once_and_falls_to_what_is_latched():
    standings = run(
        answer("low"),
        answer("low"),
        answer("high"),
        answer("low", "high"),
        answer("low", "medium"),
        answer("low", "high"),
    )

    assert [s.severity for s in standings] == ["low", "low", "high", "high", "medium", "medium"]


def test_nothing_latched_is_clear():
    standings = run(answer("low"), answer("low"), HELD_LOW, CALM)

    assert shown(standings)[-2:] == [("raised", "low"), ("clear", None)]


def test_low_confidence_caps_a_rise():
    standings = run(*[answer("high", low_confidence=True)] * 2)

    assert standings[-1].severity == "medium"


def test_low_confidence_never_lowers_what_is_held():
    standings = run(answer("high"), answer("high"), answer("high", low_confidence=True))

    assert standings[-1].severity == "high"


def test_after_three_unknown_periods_the_state_reads_unknown():
    standings = run(answer("high"), answer("high"), None, None, None)

    assert [s.is_unknown(FRAME) for s in standings] == [False, False, False, False, True]
    assert standings[-1].last_known() == {
        "state": "raised",
        "severity": "high",
        "on": "2026-02-01",
        "text": "last known: raised(high) on 2026-02-01",
    }


def test_the_last_known_date_is_that_of_the_severity():
    standings = run(answer("medium", critical=True), answer("high"), answer("high"), None)

    assert standings[-1].since == date(2026, 1, 1)
    assert standings[-1].last_known()["on"] == "2026-02-01"


def test_the_frozen_state_resumes_with_the_next_evaluable_period():
    standings = run(answer("low"), answer("low"), None, None, None, None, HELD_LOW)

    assert not standings[-1].is_unknown(FRAME)
    assert shown(standings)[-1] == ("raised", "low")


def test_a_last_known_clear_has_no_severity():
    standing = run(CALM, None, None, None)[-1]

    assert standing.last_known()["text"] == "last known: clear on 2026-01-01"


def test_two_breaches_felt_in_one_wave_count_once():
    def felt(wave):
        return answer("low", behavioural=False, wave=wave)

    same = run(felt("w1"), felt("w1"), felt("w1"))
    other = run(felt("w1"), felt("w1"), felt("w2"))

    assert [s.state for s in same] == ["watch"] * 3
    assert [s.state for s in other] == ["watch", "watch", "raised"]


def test_one_severity_lower():
    assert [one_lower(s) for s in ("high", "medium", "low")] == ["medium", "low", "low"]
