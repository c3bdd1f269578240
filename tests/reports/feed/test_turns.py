"""Exports take turns: one works at a time, and rests only where another waits."""

import threading
import time

import pytest

from reports.feed import turns
from reports.feed.turns import Turn


@pytest.fixture(autouse=True)
def _own_lock(tmp_path, monkeypatch):
    monkeypatch.setattr(turns, "LOCK", tmp_path / "lock")


@pytest.fixture
def rests(monkeypatch):
    """How long anybody rested, in seconds; nobody really does."""
    rested = []
    monkeypatch.setattr(turns.time, "sleep", rested.append)
    return rested


def test_one_works_at_a_time():
    at_work, most = [], []

    def work():
        with Turn() as turn:
            for _ in range(20):
                turn.take()
                at_work.append(1)
                most.append(len(at_work))
                time.sleep(0.001)
                at_work.pop()
                turn.give()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(most) == 60
    assert max(most) == 1


def test_one_that_is_alone_never_rests(rests):
    with Turn() as turn:
        for _ in range(5):
            turn.take()
            turn.give()

    assert rests == []


def test_one_that_had_to_wait_rests_as_long_as_it_worked(rests, monkeypatch):
    clock = iter([0.0, 100.0, 103.0])
    with Turn() as first, Turn() as second:
        monkeypatch.setattr(turns.time, "monotonic", lambda: next(clock))
        first.take()
        waiting = threading.Thread(target=second.take)
        waiting.start()
        while not hasattr(second, "_is_crowded"):
            threading.Event().wait(0.001)
        first.give()
        waiting.join()
        second.give()

    assert rests == [3.0]


def test_who_leaves_gives_the_turn_back():
    with Turn() as first:
        first.take()

    with Turn() as second:
        assert second._taken_at_once()
