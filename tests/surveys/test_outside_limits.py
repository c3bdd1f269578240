"""How much of an outside survey is held in memory, and what a file beyond that is told."""

import tracemalloc

import pytest

from maturity.sources import BadFileError
from surveys.services.outside import imports, rounds
from surveys.services.outside.rounds import MAX_ANSWERS, MAX_BYTES, MAX_PEOPLE, rounds_of
from surveys.sources import Answer
from tests.surveys.test_outside import CROWD, bring, long_file

# The shapes are played at a hundredth of the limits; what they take grows with them.
PART = 100


def answers(people, items):
    """As a reader makes them: every text of every row an object of its own."""
    for person in range(people):
        for item in range(items):
            who, unit = f"{person:0200}", f"unit-{person % 40}"
            yield Answer(1, f"r{1}", who, f"item-{item}", float(item % 5), (unit,), (0, 4, False))


@pytest.mark.parametrize(
    ("people", "items"),
    [(MAX_PEOPLE, MAX_ANSWERS // MAX_PEOPLE), (MAX_PEOPLE, 1), (MAX_ANSWERS // 250, 250)],
)
def test_at_the_limits_a_file_takes_less_than_its_bound(people, items):
    tracemalloc.start()
    try:
        found = rounds_of(answers(people // PART, items), is_tree=True, on_fault=pytest.fail)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert sum(map(len, found["r1"].answers.values())) == people // PART * items
    assert PART * most < MAX_BYTES


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ("MAX_ANSWERS", "more than 13 answers; import one round at a time"),
        ("MAX_PEOPLE", "more than 13 respondents; import one round at a time"),
    ],
)
def test_a_file_beyond_a_limit_is_refused_with_the_limit(monkeypatch, limit, sentence):
    monkeypatch.setattr(rounds, limit, 13)

    assert len(rounds_of(answers(13, 1), is_tree=True, on_fault=pytest.fail)["r1"].answers) == 13
    with pytest.raises(BadFileError, match=sentence):
        rounds_of(answers(14, 1), is_tree=True, on_fault=pytest.fail)


def test_people_are_stored_some_at_a_time_as_if_all_at_once(organization, monkeypatch):
    monkeypatch.setattr(imports, "PEOPLE_AT_A_TIME", 4)

    first = bring(organization, long_file(*CROWD))
    again = bring(organization, long_file(*CROWD))

    assert (first.accepted, first.unchanged) == (14, 0)
    assert (again.accepted, again.updated, again.unchanged) == (0, 0, 14)
