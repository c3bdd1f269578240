"""Triggers that mark in SyncChange what the BI feed has to publish.

Statement triggers see bulk updates, the admin and raw SQL alike; one per event, because
PostgreSQL refuses several events with transition tables.
"""

import pgtrigger

_MARK = """
    INSERT INTO maturity_syncchange (entity, entity_id, organization_id, dirty_since, deleted)
    SELECT '{entity}', n.id, n.{organization}, now(), {deleted}
    FROM {rows}
    ORDER BY n.id
    ON CONFLICT (entity, entity_id) DO UPDATE SET
        organization_id = excluded.organization_id,
        deleted = excluded.deleted,
        dirty_since = coalesce(maturity_syncchange.dirty_since, excluded.dirty_since);
    RETURN NULL;
"""


def captured(
    entity: str,
    *,
    organization: str = "organization_id",
    published: str = "",
    watched: tuple[str, ...] = (),
) -> list[pgtrigger.Trigger]:
    """Publish a table in the feed under this name: every change of its rows is marked.

    The columns `id` and `organization` never change. `published` is SQL over `{row}`: a row it
    does not hold for is not in the feed, and one it ceases to hold for leaves a tombstone.
    `watched` names the columns whose change counts (else all). A table that already holds rows
    needs them marked once, in the migration that adds the triggers.
    """
    names = watched or ("*",)
    new, old = (", ".join(f"{row}.{name}" for name in names) for row in "no")
    differs = (
        f"ROW({new}) IS DISTINCT FROM ROW({old})" if watched else f"{new} IS DISTINCT FROM {old}"
    )
    is_in, was_in = published.format(row="n"), published.format(row="o")
    of_one = f" WHERE {is_in}" if published else ""
    of_both = f" AND ({is_in} OR {was_in})" if published else ""
    changed = f"new_rows n JOIN old_rows o ON o.id = n.id WHERE {differs}{of_both}"
    gone = f"NOT ({is_in})" if published else "false"
    return [
        _statement_trigger(
            f"{entity}_captured_{event}",
            operation,
            _MARK.format(entity=entity, organization=organization, deleted=deleted, rows=rows),
        )
        for event, operation, deleted, rows in (
            ("insert", pgtrigger.Insert, "false", f"new_rows n{of_one}"),
            ("update", pgtrigger.Update, gone, changed),
            ("delete", pgtrigger.Delete, "true", f"old_rows n{of_one}"),
        )
    ]


_CONCERN = """
    UPDATE maturity_syncchange c SET dirty_since = coalesce(c.dirty_since, now())
    WHERE c.entity = '{entity}' AND c.entity_id IN (SELECT n.{column} FROM {rows} n)
        AND NOT c.deleted;
    RETURN NULL;
"""


def concerns(entity: str, *, column: str) -> list[pgtrigger.Trigger]:
    """Publish a row of this entity again when a row of this table that it repeats changes.

    `column` holds the published row's id and never changes.
    """
    return [
        _statement_trigger(
            f"{entity}_concerned_{event}",
            operation,
            _CONCERN.format(entity=entity, column=column, rows=rows),
        )
        for event, operation, rows in (
            ("insert", pgtrigger.Insert, "new_rows"),
            ("update", pgtrigger.Update, "new_rows"),
            ("delete", pgtrigger.Delete, "old_rows"),
        )
    ]


# Of the rows of one period only those are in the feed that say something new.
_OF_PERIOD = """
    WITH concluded AS (
        SELECT n.*, e.period_end FROM new_rows n
        JOIN maturity_evaluation e ON e.id = n.evaluation_id
        WHERE {only}
    ), shown AS (
        SELECT n.id AS by_id, s.id, s.organization_id,
            ROW({new_values}) IS NOT DISTINCT FROM ROW({old_values}) AS says_the_same
        FROM concluded n
        JOIN maturity_evaluation e
            ON e.organization_id = n.organization_id AND e.period_end = n.period_end
        JOIN {table} s ON s.evaluation_id = e.id AND {same}
        JOIN maturity_syncchange c
            ON c.entity = '{entity}' AND c.entity_id = s.id AND NOT c.deleted
        WHERE s.id <> n.id
    )
    INSERT INTO maturity_syncchange (entity, entity_id, organization_id, dirty_since, deleted)
    SELECT '{entity}', id, organization_id, now(), deleted FROM (
        SELECT n.id, n.organization_id, false AS deleted FROM concluded n
        WHERE NOT EXISTS (SELECT 1 FROM shown s WHERE s.by_id = n.id AND s.says_the_same)
        UNION SELECT s.id, s.organization_id, true FROM shown s WHERE NOT s.says_the_same
    ) n
    ORDER BY id
    ON CONFLICT (entity, entity_id) DO UPDATE SET
        deleted = excluded.deleted,
        dirty_since = coalesce(maturity_syncchange.dirty_since, excluded.dirty_since);
    RETURN NULL;
"""
_GONE = """
    UPDATE maturity_syncchange c
    SET deleted = true, dirty_since = coalesce(c.dirty_since, now())
    FROM old_rows n
    WHERE c.entity = '{entity}' AND c.entity_id = n.id AND NOT c.deleted;
    RETURN NULL;
"""


def captured_of_period(
    entity: str, table: str, *, same: tuple[str, ...], says: tuple[str, ...], only: str = "true"
) -> list[pgtrigger.Trigger]:
    """Publish what evaluations concluded: of each period the row that says what holds now.

    `same` are the columns that tell what a row is about, `says` those that it says about it,
    `only` SQL over the row `n` that holds for those of the table that are fed.
    An evaluation that says nothing new about a period leaves its row as it is; one that does
    replaces it by its own. The rows are append-only.
    """
    names = {
        "new_values": ", ".join(f"n.{name}" for name in says),
        "old_values": ", ".join(f"s.{name}" for name in says),
        "same": " AND ".join(f"s.{name} = n.{name}" for name in same),
        "only": only,
    }
    return [
        _statement_trigger(
            f"{entity}_captured_insert",
            pgtrigger.Insert,
            _OF_PERIOD.format(entity=entity, table=table, **names),
        ),
        _statement_trigger(
            f"{entity}_captured_delete", pgtrigger.Delete, _GONE.format(entity=entity)
        ),
    ]


_REPUBLISH = """
    UPDATE maturity_syncchange c SET dirty_since = coalesce(c.dirty_since, now())
    FROM new_rows n JOIN old_rows o ON o.id = n.id
    WHERE n.{column} IS DISTINCT FROM o.{column}
        AND c.organization_id = n.{organization} AND NOT c.deleted;
    RETURN NULL;
"""


def republishes(column: str, *, organization: str) -> pgtrigger.Trigger:
    """Publish an organisation's rows again when this column, which they repeat, changes.

    Those that wait for a stamp already are marked as well: a stamper may be numbering them with
    what stood there before.

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
