"""Checks that are asked for at once refuse what Django refuses one by one, in the same words."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from tests.factories import InitiativeFactory

KEPT = [
    {},
    {"metric": "pm_onboarding_days", "predicted_change": -5},
    {"state": "started", "started_at": datetime(2026, 1, 1, tzinfo=UTC)},
]
BROKEN = [
    {"state": "abandoned"},
    {"due_on": date(2025, 1, 1)},
    {"predicted_change": 5},
    {"due_on": date(2025, 1, 1), "predicted_change": 5},
    {"state": "started"},
    # The database cannot answer this one.
    {"due_on": date(2025, 1, 1), "state": "\0"},
]


def _one_by_one(row, exclude=None):
    return _said(lambda: models.Model.validate_constraints(row, exclude))


def _at_once(row, exclude=None):
    return _said(lambda: row.validate_constraints(exclude))


def _said(validate):
    try:
        validate()
    except ValidationError as refusal:
        return refusal.message_dict
    return {}


@pytest.mark.parametrize("change", KEPT + BROKEN, ids=str)
@pytest.mark.parametrize("exclude", [None, ("due_on",), ("metric", "state")], ids=str)
def test_the_refusal_is_that_of_django(db, change, exclude):
    row = InitiativeFactory()
    for name, value in change.items():
        setattr(row, name, value)

    left_out = None if exclude is None else {*exclude}
    assert _at_once(row, left_out) == _one_by_one(row, left_out)


@pytest.mark.parametrize("change", BROKEN, ids=str)
def test_what_breaks_a_check_is_refused(db, change):
    row = InitiativeFactory()
    for name, value in change.items():
        setattr(row, name, value)

    assert _at_once(row)


def test_a_row_that_was_put_right_is_taken_and_broken_again_refused(db):
    row = InitiativeFactory()

    said = []
    for day in (date(2025, 1, 1), date(2026, 12, 31), date(2025, 1, 1)):
        row.due_on = day
        said.append(bool(_at_once(row)))

    assert said == [True, False, True]


def test_all_checks_cost_one_question(db):
    row = InitiativeFactory()
    checks = [c for c in row._meta.constraints if isinstance(c, models.CheckConstraint)]

    with CaptureQueriesContext(connection) as captured:
        row.validate_constraints()

    assert len(checks) > 1
    assert sum(query["sql"].startswith("SELECT") for query in captured) == 1
