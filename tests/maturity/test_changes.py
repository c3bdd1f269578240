"""Late stamping: every committed change gets a number, and none gets it too early."""

from datetime import UTC, datetime, timedelta

import pgtrigger
import pytest
from django.db import connection

from maturity.models import Organization, Score, SyncChange, SyncClock, SyncHorizon, Unit
from maturity.services import changes
from maturity.services.changes import purge_tombstones, stamp_batch, stamp_changes
from tests.factories import AssessmentFactory, CapabilityFactory, ScoreFactory, UnitFactory
from tests.feed import delete, edit

KEPT = "maturity.Score:score_append_only"


def _change(score: Score) -> SyncChange:
    return SyncChange.objects.get(entity="scores", entity_id=score.pk)


def test_a_new_row_waits_unnumbered_for_its_stamp(organization):
    score = ScoreFactory(organization=organization)

    change = _change(score)

    assert (change.seq, change.synced_at, change.deleted) == (None, None, False)
    assert change.dirty_since is not None
    assert change.organization_id == organization.pk


def test_stamping_numbers_every_row_once_and_in_order(organization):
    scores = [ScoreFactory(organization=organization) for _ in range(3)]
    other = SyncChange.objects.exclude(entity="scores").count()

    high_water = stamp_changes()

    stamped = [_change(score) for score in scores]
    numbers = sorted(SyncChange.objects.values_list("seq", flat=True))
    assert high_water == other + 3
    assert numbers == list(range(1, high_water + 1))
    assert stamped[0].seq + 2 == stamped[1].seq + 1 == stamped[2].seq
    assert stamped[0].synced_at < stamped[1].synced_at < stamped[2].synced_at
    assert [change.dirty_since for change in stamped] == [None, None, None]


def test_stamping_again_changes_nothing(organization):
    ScoreFactory(organization=organization)
    stamp_changes()
    before = list(SyncChange.objects.values())

    high_water = stamp_changes()

    assert high_water == len(before)
    assert list(SyncChange.objects.values()) == before


def test_an_edited_row_keeps_its_number_until_it_is_stamped_again(organization):
    score, _other = ScoreFactory(organization=organization), ScoreFactory()
    high_water = stamp_changes()
    before = _change(score)

    edit(score, level=5)
    waiting = _change(score)
    stamp_changes()

    assert waiting.seq == before.seq
    assert waiting.dirty_since is not None
    assert _change(score).seq == high_water + 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE maturity_score SET level = 5",
        "UPDATE maturity_score SET level = 1, effective_level = 1 WHERE level > 1",
    ],
)
def test_raw_sql_is_seen_like_any_other_change(organization, statement):
    score = ScoreFactory(organization=organization)
    stamp_changes()

    with pgtrigger.ignore(KEPT), connection.cursor() as cursor:
        cursor.execute(statement)

    assert _change(score).dirty_since is not None


def test_a_bulk_insert_is_seen(organization):
    assessment = AssessmentFactory(organization=organization)
    rows = [
        ScoreFactory.build(
            organization=organization,
            assessment=assessment,
            capability=CapabilityFactory(area__rubric=assessment.rubric),
        )
        for _ in range(3)
    ]

    Score.objects.bulk_create(rows)

    assert SyncChange.objects.filter(entity="scores", seq=None).count() == 3


def test_writing_the_same_values_again_is_no_change(organization):
    score = ScoreFactory(organization=organization)
    stamp_changes()

    edit(score, level=score.level)

    assert _change(score).dirty_since is None


def test_a_deleted_row_leaves_a_tombstone_with_a_new_number(organization):
    score = ScoreFactory(organization=organization)
    high_water = stamp_changes()

    delete(score)
    stamp_changes()

    change = _change(score)
    assert (change.deleted, change.seq) == (True, high_water + 1)
    assert change.organization_id == organization.pk


def test_a_row_that_comes_back_is_no_tombstone(organization):
    score = ScoreFactory(organization=organization)
    delete(score)
    high_water = stamp_changes()

    score.save(force_insert=True)
    stamp_changes()

    change = _change(score)
    assert (change.deleted, change.seq) == (False, high_water + 1)


def test_numbers_are_never_given_twice_even_after_the_newest_row_is_purged(organization):
    score = ScoreFactory(organization=organization)
    stamp_changes()
    delete(score)
    high_water = stamp_changes()
    purge_tombstones(at=datetime.now(UTC) + timedelta(days=91))

    other = ScoreFactory(organization=organization)
    stamp_changes()

    assert _change(other).seq > high_water


def test_stamps_rise_even_when_the_wall_clock_steps_back(organization):
    stamp_changes()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    SyncClock.objects.update(synced_at=tomorrow)
    score = ScoreFactory(organization=organization)

    stamp_changes()

    later = SyncChange.objects.filter(synced_at__gt=tomorrow).earliest("seq")
    assert later.synced_at == tomorrow + timedelta(microseconds=1)
    assert _change(score).synced_at > tomorrow


def test_more_changes_than_one_batch_are_stamped_all_the_same(organization, monkeypatch):
    monkeypatch.setattr(changes, "BATCH", 2)
    for _ in range(5):
        ScoreFactory(organization=organization)

    first = stamp_batch()
    high_water = stamp_changes()

    assert (first.high_water, first.count) == (2, 2)
    assert high_water == SyncChange.objects.count() >= 5
    assert not SyncChange.objects.filter(seq=None).exists()


def test_a_renamed_organisation_publishes_its_rows_again(organization):
    score, other = ScoreFactory(organization=organization), ScoreFactory()
    stamp_changes()

    Organization.objects.filter(pk=organization.pk).update(slug="acme-inc")

    assert _change(score).dirty_since is not None
    assert _change(other).dirty_since is None


def test_a_renamed_unit_publishes_its_organisations_rows_again(organization):
    unit = UnitFactory(organization=organization)
    score = ScoreFactory(organization=organization, unit=unit)
    stamp_changes()

    Unit.objects.filter(pk=unit.pk).update(key="renamed")

    assert _change(score).dirty_since is not None


def test_an_organisations_other_columns_publish_nothing(organization):
    score = ScoreFactory(organization=organization)
    stamp_changes()

    Organization.objects.filter(pk=organization.pk).update(timezone="UTC")

    assert _change(score).dirty_since is None


def test_tombstones_are_kept_for_90_days(organization):
    score = ScoreFactory(organization=organization)
    delete(score)
    stamp_changes()
    published = _change(score).synced_at

    purged = purge_tombstones(at=published + timedelta(days=90))

    assert purged == 0
    assert _change(score).deleted
    assert not SyncHorizon.objects.exists()


def test_a_purged_tombstone_leaves_a_horizon_for_its_organisation_alone(organization):
    gone, _kept = ScoreFactory(organization=organization), ScoreFactory()
    delete(gone)
    stamp_changes()
    tombstone = _change(gone)

    purged = purge_tombstones(at=tombstone.synced_at + timedelta(days=90, seconds=1))

    assert purged == 1
    assert not SyncChange.objects.filter(entity_id=gone.pk).exists()
    horizon = SyncHorizon.objects.get()
    assert (horizon.entity, horizon.organization_id) == ("scores", organization.pk)
    assert (horizon.seq, horizon.synced_at) == (tombstone.seq, tombstone.synced_at)


def test_rows_from_before_a_new_horizon_are_published_once_more(organization):
    quiet, gone = ScoreFactory(organization=organization), ScoreFactory(organization=organization)
    foreign = ScoreFactory()
    stamp_changes()
    before = _change(foreign).seq
    delete(gone)
    high_water = stamp_changes()

    purge_tombstones(at=datetime.now(UTC) + timedelta(days=91))
    stamp_changes()

    assert _change(quiet).seq > high_water
    assert _change(foreign).seq == before
