"""Change history: who changed what, when, from where and why, written by the database itself.

Triggers write it, so that bulk updates, imports and raw SQL are in it too. Only tables that
people edit are tracked. Never tracked: whatever lies on the path of a survey answer, drafts,
digests, passwords and log-in times, and rows that are their own history (scores, signals).
"""

from collections.abc import Callable
from typing import Any, TypeVar

import pghistory
import pgtrigger
from django.apps import apps
from django.db import models

from maturity.models.immutability import append_only

Tracked = TypeVar("Tracked", bound=type[models.Model])


def tracked(
    *trackers: pghistory.Tracker,
    only: tuple[str, ...] = (),
    hidden: tuple[str, ...] = (),
    personal: tuple[str, ...] = (),
    editors: str = "",
) -> Callable[[Tracked], Tracked]:
    """Keep every insert, update and delete of a model's rows in a table of its own.

    `only` names the columns that are kept (else all but the `hidden` ones); a change of
    others leaves no trace. `personal` names what an erasure blanks. `editors` is the scope by
    which a key reads what viewers do not. `trackers` come on top of the three.
    """

    def track(model: Tracked) -> Tracked:
        name = f"{model.__name__.lower()}_history_append_only"
        kept = [_account_kept(name, personal)] if model.__name__ == "User" else None
        # Free text that names somebody is blanked here wherever it is blanked there.
        named: tuple[str, ...] = getattr(model, "PERSONAL", ())
        attrs: dict[str, Any] = {"PERSONAL": named, "EDITORS_SCOPE": editors}
        if model.__name__ == "Organization":
            attrs["organization_id"] = _own_id()
        wrap = pghistory.track(
            pghistory.InsertEvent(),
            pghistory.UpdateEvent(),
            pghistory.DeleteEvent(),
            *trackers,
            fields=list(only) or None,
            exclude=list(hidden),
            model_name=f"{model.__name__}Event",
            attrs=attrs,
            meta={"triggers": kept or append_only(name, personal=personal or named)},
        )
        wrapped: Tracked = wrap(model)
        return wrapped

    return track


def event_models() -> list[type[models.Model]]:
    """Every table of the change history."""
    return list(pghistory.core.event_models())


def for_editors() -> dict[type[models.Model], str]:
    """The tracked models that viewers do not read, each with the scope by which a key does."""
    tables: list[Any] = event_models()
    return {
        events.pgh_tracked_model: events.EDITORS_SCOPE for events in tables if events.EDITORS_SCOPE
    }


def events_of(model: type[models.Model]) -> models.Manager[Any]:
    """The history of one model's rows."""
    events: models.Manager[Any] = apps.get_model(
        model._meta.app_label, f"{model.__name__}Event"
    )._default_manager
    return events


def _own_id() -> models.GeneratedField:
    """An organisation's own events name it in the same column as all others."""
    return models.GeneratedField(
        expression=models.F("id"),  # type: ignore[arg-type]
        output_field=models.BigIntegerField(),
        db_persist=True,
    )


def _account_kept(name: str, personal: tuple[str, ...]) -> pgtrigger.Trigger:
    """As append_only; an account belongs to no organisation, so its erasure is found by its id."""
    columns = f"ARRAY{list(personal)}::text[]"
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func=f"""
            IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - {columns} = to_jsonb(OLD) - {columns}
                AND EXISTS (
                    SELECT 1 FROM maturity_erasure
                    WHERE transaction_id = pg_current_xact_id_if_assigned()::text::bigint
                        AND erased_at = transaction_timestamp()
                        AND kind = 'account' AND subject_id = OLD.pgh_obj_id
                )
            THEN RETURN NEW; END IF;
            RAISE EXCEPTION '% % is on the record and never changes', TG_TABLE_NAME, OLD.id
                USING ERRCODE = 'restrict_violation';
        """,  # noqa: S608 - the names are our own models', never input
    )
