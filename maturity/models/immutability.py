"""Triggers that keep the record: the database refuses, not only Python."""

import pgtrigger


def append_only(name: str) -> list[pgtrigger.Trigger]:
    """Rows are written once; an update or a delete is refused whoever asks."""
    return [
        pgtrigger.Trigger(
            name=name,
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func="""
                RAISE EXCEPTION '% % is on the record and never changes', TG_TABLE_NAME, OLD.id
                    USING ERRCODE = 'restrict_violation';
            """,
        )
    ]


def append_only_until_replaced(name: str, *, mutable: str, once: str) -> list[pgtrigger.Trigger]:
    """As append_only, but the column `mutable` may change while the SQL `once` holds for OLD."""
    return [
        pgtrigger.Trigger(
            name=name,
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=f"""
                IF TG_OP = 'UPDATE' AND ({once})
                    AND to_jsonb(NEW) - '{mutable}' = to_jsonb(OLD) - '{mutable}'
                THEN RETURN NEW; END IF;
                RAISE EXCEPTION '% % is on the record and never changes', TG_TABLE_NAME, OLD.id
                    USING ERRCODE = 'restrict_violation';
            """,
        )
    ]


def frozen_when_published(name: str, *, mutable: tuple[str, ...] = ()) -> list[pgtrigger.Trigger]:
    """A version row: once `published_at` is set only the `mutable` columns may change."""
    allowed = ", ".join(f"'{column}'" for column in mutable)
    return [
        pgtrigger.Trigger(
            name=name,
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            condition=pgtrigger.Condition("OLD.published_at IS NOT NULL"),
            func=f"""
                IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - ARRAY[{allowed}]::text[]
                    = to_jsonb(OLD) - ARRAY[{allowed}]::text[]
                THEN RETURN NEW; END IF;
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
            ) THEN
                RAISE EXCEPTION '% belongs to a published version and never changes',
                    TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
            END IF;
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        """,  # noqa: S608 - the names are our own models', never input
    )
