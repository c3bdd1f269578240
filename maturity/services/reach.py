"""A key that opens other organisations than before: its readers start afresh, once."""

from django.db import connection, transaction

from maturity.models import ApiKey


@transaction.atomic
def settle_reach(key: ApiKey) -> None:
    """Note the newest stamp: positions up to it are no longer gone on from (see is_expired()).

    What the key opens keeps no tombstones for one reader, and rows that it gained lie before
    every position. Of each table one row is published once more, because a reader keeps only
    the greatest stamp of its rows: without that one who has everything would be sent back for
    ever. Does nothing where another request did it meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NOTED, [key.pk])
        if cursor.rowcount:
            organization_ids = list(key.organizations.values_list("pk", flat=True))
            cursor.execute(_PUBLISHED, [organization_ids])
    key.refresh_from_db(fields=["reach_changed", "reach_seq", "reach_synced_at"])


_NOTED = """
UPDATE maturity_apikey k
SET reach_changed = false, reach_seq = clock.seq, reach_synced_at = clock.synced_at
FROM maturity_syncclock clock
WHERE k.id = %s AND k.reach_changed
"""
_PUBLISHED = """
UPDATE maturity_syncchange c SET dirty_since = now()
FROM (
    SELECT entity, max(seq) AS seq FROM maturity_syncchange
    WHERE organization_id = ANY(%s) AND NOT deleted GROUP BY entity
) newest
WHERE c.entity = newest.entity AND c.seq = newest.seq AND c.dirty_since IS NULL
"""
