"""Decisions, careers and outcomes as imported: what is taken and what is set aside, per format."""

import io
from datetime import UTC, date, datetime

import pytest

from maturity.sources import SOURCES, CsvReader, Fault

GOOD = {
    "decision_log": {
        "decision_id": "d1",
        "decided_on": "2026-03-02",
        "decision_type": "scope",
        "team_key": "growth",
        "decider_key": "u1",
        "decider_function": "pm",
        "escalated": "false",
        "reversed": "false",
    },
    "decision_rights": {"decision_type": "scope", "function": "pm", "agreed_on": "2026-01-01"},
    "people_moves": {
        "person_key": "p1",
        "effective_on": "2026-03-02",
        "kind": "lateral",
        "from_function": "product_ops",
        "to_function": "pm",
    },
    "ladder": {"function": "product_ops", "grade": "o1", "is_senior_product_role": "false"},
    "pm_ramp": {"person_key": "p1", "milestone_key": "first_decision", "started_on": "2026-01-05"},
    "launches": {"launch_id": "l1", "launched_on": "2026-03-02"},
    "insights": {"insight_id": "i1", "published_on": "2026-03-02"},
    "questions": {
        "question_id": "q1",
        "asked_at": "2026-03-02T09:00:00+01:00",
        "self_served": "false",
    },
}


def read(name: str, **values: str) -> tuple[list[tuple[object, ...]], list[Fault]]:
    row = GOOD[name] | values
    text = ",".join(row) + "\n" + ",".join(row.values()) + "\n"
    missing = [c.name for c in SOURCES[name].columns if c.name not in row]
    if missing:
        text = ",".join([*row, *missing]) + "\n" + ",".join([*row.values(), *[""] * len(missing)])
        text += "\n"
    faults: list[Fault] = []
    rows = list(CsvReader(SOURCES[name], io.BytesIO(text.encode()), on_fault=faults.append))
    return rows, faults


@pytest.mark.parametrize("name", GOOD)
def test_the_smallest_row_is_taken(name):
    rows, faults = read(name)

    assert (len(rows), faults) == (1, [])


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("decision_log", ("decision_id",)),
        ("decision_rights", ("decision_type",)),
        ("people_moves", ("person_key", "effective_on", "kind")),
        ("ladder", ("function", "grade")),
        ("pm_ramp", ("person_key", "milestone_key")),
        ("launches", ("launch_id",)),
        ("insights", ("insight_id",)),
        ("questions", ("question_id",)),
    ],
)
def test_what_identifies_a_row(name, columns):
    assert SOURCES[name].keys == columns


@pytest.mark.parametrize(
    ("name", "values", "column", "reason"),
    [
        ("decision_log", {"decider_function": "sales"}, "decider_function", "is an unknown fun"),
        ("decision_log", {"escalated": "maybe"}, "escalated", "is neither true nor false"),
        ("decision_log", {"decided_on": "soon"}, "decided_on", "is not a date"),
        ("decision_rights", {"function": "central"}, "function", "is an unknown function"),
        ("people_moves", {"effective_on": "2026-02-30"}, "effective_on", "is a date that does"),
        ("people_moves", {"effective_on": "2999-01-01"}, "effective_on", "is outside the years"),
        ("people_moves", {"kind": "moved"}, "kind", "is an unknown kind"),
        ("people_moves", {"kind": "hire"}, "from_function", "is given although the person was"),
        ("people_moves", {"kind": "exit"}, "to_function", "is given although the person left"),
        ("people_moves", {"from_function": ""}, "from_function", "is empty although kind is"),
        ("people_moves", {"to_function": ""}, "to_function", "is empty although kind is lateral"),
        ("ladder", {"function": "sales"}, "function", "is an unknown function"),
        ("pm_ramp", {"reached_on": "2026-01-04"}, "reached_on", "is before started_on"),
        ("pm_ramp", {"left_on": "2026-01-04"}, "left_on", "is before started_on"),
        (
            "pm_ramp",
            {"left_on": "2026-02-01", "reached_on": "2026-02-02"},
            "reached_on",
            "is after left_on",
        ),
        ("launches", {"checklist_done": "3"}, "checklist_done", "is given without checklist"),
        (
            "launches",
            {"checklist_done": "3", "checklist_total": "2"},
            "checklist_done",
            "is larger than checklist_total",
        ),
        ("launches", {"gate_request_id": "r1"}, "gate_request_id", "is given without a required"),
        ("insights", {"first_reused_on": "2026-03-01"}, "first_reused_on", "is before published"),
        ("insights", {"reused_by_team_key": "core"}, "reused_by_team_key", "is given without"),
        ("questions", {"asked_at": "2026-03-02T09:00:00"}, "asked_at", "has no offset from UTC"),
        (
            "questions",
            {"answered_at": "2026-03-02T08:59:59+01:00"},
            "answered_at",
            "is before asked_at",
        ),
    ],
)
def test_an_impossible_row_is_set_aside_with_its_reason(name, values, column, reason):
    rows, faults = read(name, **values)

    assert rows == []
    assert [(fault.line, fault.column) for fault in faults] == [(2, column)]
    assert faults[0].reason.startswith(reason)


def test_a_decision_without_a_date_is_kept_as_undated():
    rows, faults = read("decision_log", decided_on="")

    assert faults == []
    assert rows == [(2, "d1", None, "scope", "growth", "u1", "pm", False, False)]


def test_a_question_keeps_its_moment_in_utc():
    rows, _ = read("questions")

    assert rows == [(2, "q1", datetime(2026, 3, 2, 8, tzinfo=UTC), None, False)]


def test_a_promotion_may_cross_functions():
    rows, faults = read("people_moves", kind="promotion", from_grade="o2", to_grade="p3")

    assert faults == []
    assert rows == [
        (2, "p1", date(2026, 3, 2), "promotion", "product_ops", "pm", "o2", "p3"),
    ]
