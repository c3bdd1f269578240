"""What the BI feed has to publish: late-stamped changes of the fed tables.

A sequence number or a timestamp that is taken before the commit loses rows: a reader that saw
number 8 never asks for number 7 again, which was committed later. So a trigger only marks what
changed, and `sync_stamp()` (migration 0002) numbers what is committed, one stamper at a time.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class SyncChange(models.Model):
    """The publication state of one row of one fed table; deleted rows leave a tombstone.

    `seq` and `synced_at` never stand on the fed model itself: saving a stale instance would
    write the old numbers back and hide the change from every client.
    """

    pk = models.CompositePrimaryKey("entity", "entity_id")
    entity = models.CharField(max_length=40)
    entity_id = models.BigIntegerField()
    # No constraint: a tombstone outlives its organisation until it is purged.
    organization = models.ForeignKey(
        "maturity.Organization",
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    # Empty until the first stamp: readers never see such a row.
    seq = models.BigIntegerField(null=True)
    synced_at = models.DateTimeField(null=True)
    # Since when a change waits for its stamp; the old `seq` stays meanwhile, so that a row
    # that is edited during a full pull is still in it.
    dirty_since = models.DateTimeField(null=True)
    deleted = models.BooleanField(default=False)
    # For tables that do not note when a row came to be; it never changes.
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # Also the order in which a key that sees most organisations reads a table.
            models.UniqueConstraint(fields=["entity", "seq"], name="sync_change_seq_unique"),
            models.CheckConstraint(
                condition=Q(seq=None, synced_at=None, dirty_since__isnull=False)
                | Q(seq__isnull=False, synced_at__isnull=False),
                name="sync_change_stamped_or_dirty",
            ),
        ]
        indexes = [
            # reports.feed.query: the next page of a key that sees few organisations.
            models.Index(fields=["entity", "organization", "seq"], name="sync_change_page"),
            # reports.feed.query: the first `seq` at or after `updated_since`.
            models.Index(fields=["synced_at"], name="sync_change_synced_at"),
            # sync_stamp(): what is due.
            models.Index(
                fields=["entity", "entity_id"],
                condition=Q(dirty_since__isnull=False),
                name="sync_change_due",
            ),
            # services.changes.purge_tombstones().
            models.Index(
                fields=["synced_at"], condition=Q(deleted=True), name="sync_change_tombstones"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.entity_id}: {self.seq}"


class SyncClock(models.Model):
    """One row: the last numbers that sync_stamp() gave, and when it gave the first.

    Apart from SyncChange, because its newest row may be purged and its numbers must not return.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField()
    synced_at = models.DateTimeField()
    began_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="sync_clock_is_one_row")]

    def __str__(self) -> str:
        return f"{self.seq}"


class SyncHorizon(models.Model):
    """The newest tombstone that was purged from one table of one organisation.

    A client whose position lies before it may have missed a deletion for good.
    """

    entity = models.CharField(max_length=40)
    organization = models.ForeignKey(
        "maturity.Organization",
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    seq = models.BigIntegerField()
    synced_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "organization"], name="sync_horizon_one_per_table"
            )
        ]

    def __str__(self) -> str:
        return f"{self.entity}: {self.seq}"
