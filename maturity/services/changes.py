"""Publish what changed to the BI feed: stamps for changes, an end for old tombstones."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

# Large enough for any import, small enough that a writer who waits for one hardly notices.
BATCH = 20_000
TOMBSTONES_KEPT = timedelta(days=90)


@dataclass(frozen=True)
class Stamped:
    """`high_water` is the greatest `seq` ever given; `count` how many rows this call stamped."""

    high_water: int
    count: int


def stamp_batch() -> Stamped:
    """Number up to BATCH committed changes, in one statement and a transaction of its own.

    Call it outside of a transaction: the stampers' lock is held until the commit. While
    somebody else stamps this stamps nothing and does not wait.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT high_water, stamped FROM sync_stamp(%s)", [BATCH])
        return Stamped(*cursor.fetchone())


def stamp_changes() -> int:
    """Number every change that is committed by now; return the greatest `seq`."""
    while True:
        stamped = stamp_batch()
        if stamped.count < BATCH:
            return stamped.high_water


def purge_tombstones(*, at: datetime) -> int:
    """Forget deletions that were published more than 90 days before `at`; return how many.

    Who has not asked since then is told to start afresh (see SyncHorizon). Rows that stood
    before the horizon are published once more: a client keeps only the greatest `seq` of its
    rows, so without this one that has everything would look like one that missed a deletion,
    and would start afresh for ever.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PURGE, [at - TOMBSTONES_KEPT])
        count: int = cursor.fetchone()[0]
    return count


_PURGE = """
WITH purged AS (
    DELETE FROM maturity_syncchange
    WHERE deleted AND dirty_since IS NULL AND synced_at < %s
    RETURNING entity, organization_id, seq, synced_at
), horizon AS (
    INSERT INTO maturity_synchorizon (entity, organization_id, seq, synced_at)
    SELECT entity, organization_id, max(seq), max(synced_at)
    FROM purged
    GROUP BY entity, organization_id
    ON CONFLICT (entity, organization_id) DO UPDATE
    SET seq = greatest(maturity_synchorizon.seq, excluded.seq),
        synced_at = greatest(maturity_synchorizon.synced_at, excluded.synced_at)
    RETURNING entity, organization_id, seq
), republished AS (
    UPDATE maturity_syncchange c SET dirty_since = now()
    FROM horizon
    WHERE c.entity = horizon.entity
        AND c.organization_id = horizon.organization_id
        AND c.seq <= horizon.seq
        AND c.dirty_since IS NULL AND NOT c.deleted
)
SELECT count(*) FROM purged
"""
