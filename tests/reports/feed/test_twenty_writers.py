"""Twenty writers at once: no client that keeps its greatest position loses or holds a row."""

import pytest

from tests.factories import OrganizationFactory
from tests.feed_writers import WRITERS, play


@pytest.mark.django_db(transaction=True)
def test_every_replica_equals_the_tables(rubric):
    outcome = play(OrganizationFactory(slug="acme"), rubric, seconds=4, longest=1)

    print(outcome)  # noqa: T201 - `pytest -s` shows the delay
    assert outcome.faults == []
    assert len(WRITERS) == 20
    assert (outcome.lost, outcome.stale) == (0, 0)
    assert outcome.commits > 20
    assert outcome.rollbacks > 0
    assert outcome.polls > 4
    assert outcome.delays
