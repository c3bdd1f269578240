"""What the BI feed has to publish: late-stamped changes of the fed tables.

A sequence number or a timestamp that is taken before the commit loses rows: a reader that saw
number 8 never asks for number 7 again, which was committed later. So a trigger only marks what
changed, and `sync_stamp()` (migration 0002) numbers what is committed, one stamper at a time.
"""

import pgtrigger
from django.db import models
from django.db.models import Q


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


_MARK = """
    INSERT INTO maturity_syncchange (entity, entity_id, organization_id, dirty_since, deleted)
    SELECT '{entity}', n.id, n.organization_id, now(), {deleted}
    FROM {rows}
    ORDER BY n.id
    ON CONFLICT (entity, entity_id) DO UPDATE SET
        organization_id = excluded.organization_id,
        deleted = excluded.deleted,
        dirty_since = coalesce(maturity_syncchange.dirty_since, excluded.dirty_since);
    RETURN NULL;
"""


def captured(entity: str) -> list[pgtrigger.Trigger]:
    """Publish a table in the feed under this name: every change of its rows is marked.

    Statement triggers see bulk updates, the admin and raw SQL alike; one per event, because
    PostgreSQL refuses several events with transition tables. The table has the columns `id`
    and `organization_id`, which never change. A table that already holds rows needs them
    marked once, in the migration that adds the triggers.
    """
    return [
        _statement_trigger(
            f"{entity}_captured_insert",
            pgtrigger.Insert,
            _MARK.format(entity=entity, deleted="false", rows="new_rows n"),
        ),
        _statement_trigger(
            f"{entity}_captured_update",
            pgtrigger.Update,
            _MARK.format(
                entity=entity,
                deleted="false",
                rows="new_rows n JOIN old_rows o ON o.id = n.id WHERE n.* IS DISTINCT FROM o.*",
            ),
        ),
        _statement_trigger(
            f"{entity}_captured_delete",
            pgtrigger.Delete,
            _MARK.format(entity=entity, deleted="true", rows="old_rows n"),
        ),
    ]


_REPUBLISH = """
    UPDATE maturity_syncchange c SET dirty_since = now()
    FROM new_rows n JOIN old_rows o ON o.id = n.id
    WHERE n.{column} IS DISTINCT FROM o.{column}
        AND c.organization_id = n.{organization}
        AND c.dirty_since IS NULL AND NOT c.deleted;
    RETURN NULL;
"""


def republishes(column: str, *, organization: str) -> pgtrigger.Trigger:
    """Publish an organisation's rows again when this column, which they repeat, changes.

    `organization` is the column of the trigger's table that holds the organisation's id.
    """
    return _statement_trigger(
        f"{column}_republishes",
        pgtrigger.Update,
        _REPUBLISH.format(column=column, organization=organization),
    )


def _statement_trigger(name: str, operation: pgtrigger.Operation, func: str) -> pgtrigger.Trigger:
    rows = {"new": "new_rows", "old": "old_rows"}
    if operation == pgtrigger.Insert:
        del rows["old"]
    if operation == pgtrigger.Delete:
        del rows["new"]
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**rows),  # type: ignore[no-untyped-call]
        func=func,
    )
