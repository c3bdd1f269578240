"""Late stamping under concurrent writers: no replica ever loses a row."""

import json
import random
import threading
import time
from datetime import datetime

import pytest
from django.db import connection, transaction

from maturity.models import Score, SyncChange
from maturity.services.changes import stamp_batch
from reports.feed.query import FeedQuery, read_page
from reports.feed.tables import SCORES
from tests.factories import AssessmentFactory, CapabilityFactory, ScoreFactory
from tests.feed import delete, edit


@pytest.fixture
def elsewhere(transactional_db):
    """Run a block in a second connection, in a transaction that stays open for a while."""
    started, release, threads = threading.Event(), threading.Event(), []

    def run(block):
        def work():
            try:
                with transaction.atomic():
                    block()
                    started.set()
                    release.wait(10)
            finally:
                connection.close()

        thread = threading.Thread(target=work)
        threads.append(thread)
        thread.start()
        assert started.wait(10)

    def finish():
        release.set()
        for thread in threads:
            thread.join(10)

    run.finish = finish
    yield run
    finish()


def test_an_uncommitted_row_gets_no_number(elsewhere):
    assessment, capability = AssessmentFactory(), CapabilityFactory()
    stamp_batch()
    elsewhere(lambda: _insert(assessment, capability))

    before = stamp_batch()
    elsewhere.finish()
    after = stamp_batch()

    # The score, and the area and the capability that it is the first to use.
    assert (before.count, after.count) == (0, 3)


def test_a_row_that_is_being_written_again_is_stamped_when_that_is_committed(elsewhere):
    score = ScoreFactory()
    stamp_batch()
    elsewhere(lambda: edit(score, level=5))

    before = stamp_batch()
    elsewhere.finish()
    after = stamp_batch()

    assert (before.count, after.count) == (0, 1)


def test_two_stampers_never_wait_for_each_other(elsewhere):
    ScoreFactory()
    due = SyncChange.objects.count()
    elsewhere(stamp_batch)
    began = time.monotonic()

    meanwhile = stamp_batch()
    elsewhere.finish()

    assert time.monotonic() - began < 2
    assert meanwhile.count == 0
    assert stamp_batch().high_water == due


def _insert(assessment, capability) -> Score:
    return Score.objects.create(
        organization_id=assessment.organization_id,
        assessment=assessment,
        capability=capability,
        state="assessed",
        level=2,
        effective_level=2,
        valid_from=assessment.valid_from,
        recorded_at=assessment.submitted_at,
    )


class _Replica:
    """A client that keeps its rows and the greatest position among them, nothing else."""

    def __init__(self, organization_id: int, field: str) -> None:
        self._organization_id = organization_id
        self._field = field
        self._last = None
        self.rows: dict[int, dict] = {}

    def poll(self) -> None:
        stamp_batch()
        for row in map(json.loads, read_page(self._query()).rows):
            self._last = row[self._field]
            if row["is_deleted"]:
                self.rows.pop(row["id"], None)
            else:
                self.rows[row["id"]] = row

    def levels(self) -> dict[int, int]:
        return {pk: row["level"] for pk, row in self.rows.items()}

    def _query(self) -> FeedQuery:
        since = {}
        if self._last is not None and self._field == "seq":
            since = {"since_seq": self._last}
        elif self._last is not None:
            since = {"updated_since": datetime.fromisoformat(self._last)}
        return FeedQuery(
            table=SCORES, organization_ids=(self._organization_id,), page_size=10_000, **since
        )


class _RolledBack(Exception):
    pass


def _write(seed: int, assessments: list, capabilities: list) -> None:
    """Transactions of up to 60 ms that insert, edit and delete; every fifth is rolled back."""
    dice = random.Random(seed)  # noqa: S311  # repeatable, not secret
    mine: list[Score] = []
    try:
        for step, assessment in enumerate(assessments):
            try:
                with transaction.atomic():
                    added = [_insert(assessment, capability) for capability in capabilities]
                    time.sleep(dice.uniform(0, 0.03))
                    if mine:
                        edit(dice.choice(mine), level=dice.choice([2, 3, 4, 5]))
                        delete(mine[0])
                    time.sleep(dice.uniform(0, 0.03))
                    if step % 5 == 4:
                        raise _RolledBack
            except _RolledBack:
                continue
            mine = [*mine[1:], *added]
    finally:
        connection.close()


def _stamp_like_the_scheduler(stop: threading.Event) -> None:
    try:
        while not stop.is_set():
            stamp_batch()
    finally:
        connection.close()


def test_replicas_that_keep_their_greatest_position_end_up_equal_to_the_table(transactional_db):
    first = AssessmentFactory()
    capabilities = [CapabilityFactory(area__rubric=first.rubric) for _ in range(3)]
    threads = [
        threading.Thread(
            target=_write,
            args=(
                seed,
                AssessmentFactory.create_batch(
                    20, organization=first.organization, rubric=first.rubric
                ),
                capabilities,
            ),
        )
        for seed in range(8)
    ]
    replicas = [
        _Replica(first.organization_id, "seq"),
        _Replica(first.organization_id, "synced_at"),
    ]
    written = threading.Event()
    scheduler = threading.Thread(target=_stamp_like_the_scheduler, args=(written,))

    for thread in [scheduler, *threads]:
        thread.start()
    polls = 0
    while any(thread.is_alive() for thread in threads):
        for replica in replicas:
            replica.poll()
        polls += 1
    written.set()
    scheduler.join(10)
    for replica in replicas:
        replica.poll()

    table = dict(Score.objects.values_list("pk", "level"))
    assert polls > 5
    assert len(table) == 8 * 16 * 3 - 8 * 15
    assert [replica.levels() for replica in replicas] == [table, table]
