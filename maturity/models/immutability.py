"""Triggers that keep the record: the database refuses, not only Python.

Two things alone get past them, both written to the log (`Erasure`) in the same transaction:
removing a whole organisation, and blanking the `personal` columns of an erased person. The SQL
function `erasure_covers()` (migration 0003) decides it from the log.
"""

import pgtrigger

Columns = tuple[str, ...]


def unless_erased(*, personal: Columns = ()) -> str:
    """SQL for the head of a trigger's body: let the row pass where an erasure covers it."""
    return f"""
                IF erasure_covers(TG_OP, to_jsonb(OLD), to_jsonb(NEW), {_array(personal)}) THEN
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                END IF;"""


def append_only(name: str, *, personal: Columns = ()) -> list[pgtrigger.Trigger]:
    """Rows are written once; an update or a delete is refused whoever asks."""
    return [
        pgtrigger.Trigger(
            name=name,
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=f"""{unless_erased(personal=personal)}
                RAISE EXCEPTION '% % is on the record and never changes', TG_TABLE_NAME, OLD.id
                    USING ERRCODE = 'restrict_violation';
            """,
        )
    ]


def append_only_until_replaced(
    name: str, *, mutable: str, once: str, personal: Columns = ()
) -> list[pgtrigger.Trigger]:
    """As append_only, but the column `mutable` may change while the SQL `once` holds for OLD."""
    return [
        pgtrigger.Trigger(
            name=name,
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=f"""
                IF TG_OP = 'UPDATE' AND ({once})
                    AND to_jsonb(NEW) - '{mutable}' = to_jsonb(OLD) - '{mutable}'
                THEN RETURN NEW; END IF;{unless_erased(personal=personal)}
                RAISE EXCEPTION '% % is on the record and never changes', TG_TABLE_NAME, OLD.id
                    USING ERRCODE = 'restrict_violation';
            """,
        )
    ]


def frozen_when_published(name: str, *, mutable: Columns = ()) -> list[pgtrigger.Trigger]:
    """A version row: once `published_at` is set only the `mutable` columns may change."""
    allowed = _array(mutable)
    return [
        pgtrigger.Trigger(
            name=name,
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            condition=pgtrigger.Condition("OLD.published_at IS NOT NULL"),
            func=f"""
                IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - {allowed} = to_jsonb(OLD) - {allowed}
                THEN RETURN NEW; END IF;{unless_erased()}
                RAISE EXCEPTION '% % is published and never changes; publish a new version',
                    TG_TABLE_NAME, OLD.id USING ERRCODE = 'restrict_violation';
            """,
        )
    ]


def part_of_published(name: str, *, parent_table: str, parent_column: str) -> pgtrigger.Trigger:
    """A part of a version: it may be written only until its version is published."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"""
            IF EXISTS (
                SELECT 1 FROM {parent_table}
                WHERE id IN (OLD.{parent_column}, NEW.{parent_column})
                    AND published_at IS NOT NULL
            ) AND NOT erasure_covers(TG_OP, to_jsonb(OLD), to_jsonb(NEW), {_array(())}) THEN
                RAISE EXCEPTION '% belongs to a published version and never changes',
                    TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
            END IF;
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        """,  # noqa: S608 - the names are our own models', never input
    )


def never_changes(name: str) -> pgtrigger.Trigger:
    """A row of the log of erasures: nothing whatever gets past this one."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func="""
            RAISE EXCEPTION '% % is in the log and never changes', TG_TABLE_NAME, OLD.id
                USING ERRCODE = 'restrict_violation';
        """,
    )


def _array(columns: Columns) -> str:
    return f"ARRAY[{', '.join(repr(column) for column in columns)}]::text[]"
