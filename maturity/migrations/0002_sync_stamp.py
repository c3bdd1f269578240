"""sync_stamp(): numbers the committed changes of the fed tables, one stamper at a time."""

from django.db import migrations

CREATE = """
CREATE FUNCTION sync_stamp(batch integer)
RETURNS TABLE (high_water bigint, stamped integer)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    clock maturity_syncclock%ROWTYPE;
    moment timestamptz;
    due_count integer := 0;
BEGIN
    -- Held until the commit, so that numbers become visible in their order. Whoever comes
    -- meanwhile does not wait: what is committed now gets its number from the next stamper.
    IF pg_try_advisory_xact_lock(hashtextextended('plumbline sync_stamp', 0)) THEN
        SELECT * INTO clock FROM maturity_syncclock;
        IF NOT FOUND THEN
            INSERT INTO maturity_syncclock (id, seq, synced_at, began_at)
            VALUES (1, 0, clock_timestamp(), clock_timestamp())
            RETURNING * INTO clock;
        END IF;
        -- Never behind the last stamp, even when the wall clock steps back.
        moment := greatest(clock_timestamp(), clock.synced_at);

        -- An uncommitted new row is invisible; one that is being written again is locked by
        -- its writer and skipped: it is due again when that transaction ends.
        WITH due AS (
            SELECT entity, entity_id
            FROM maturity_syncchange
            WHERE dirty_since IS NOT NULL
            ORDER BY entity, entity_id
            LIMIT batch
            FOR UPDATE SKIP LOCKED
        ), numbered AS (
            SELECT entity, entity_id, row_number() OVER (ORDER BY entity, entity_id) AS n
            FROM due
        ), written AS (
            UPDATE maturity_syncchange c
            SET seq = clock.seq + numbered.n,
                synced_at = moment + numbered.n * interval '1 microsecond',
                dirty_since = NULL
            FROM numbered
            WHERE c.entity = numbered.entity AND c.entity_id = numbered.entity_id
        )
        SELECT count(*) INTO due_count FROM numbered;

        IF due_count > 0 THEN
            UPDATE maturity_syncclock
            SET seq = clock.seq + due_count,
                synced_at = moment + due_count * interval '1 microsecond';
        END IF;
    END IF;
    RETURN QUERY
        SELECT coalesce((SELECT seq FROM maturity_syncclock), 0), due_count;
END;
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("maturity", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION sync_stamp(integer);")]
