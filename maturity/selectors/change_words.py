"""One change of the history in a reader's words: names for ids, labels for columns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from django.contrib.postgres.fields import DateRangeField
from django.db.models import Model
from django.utils.translation import gettext

from maturity.models import (
    ApiKey,
    Finding,
    Initiative,
    Organization,
    Person,
    RubricVersion,
    Unit,
    UnitVersion,
    User,
)
from maturity.models.history import event_models
from maturity.models.keys import ApiKeyOrganization

# What is called by its name where an id stands for it.
_NAMED: tuple[type[Model], ...] = (
    ApiKey,
    Finding,
    Initiative,
    Organization,
    Person,
    RubricVersion,
    Unit,
    User,
)
_NOTHING: tuple[Any, ...] = (None, "", [])


@dataclass(frozen=True)
class FieldChange:
    """One column: its value before and after, as a reader would say them."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """One row that was added, changed or deleted."""

    at: datetime
    label: str
    kind: str
    subject: str
    who: str
    where: str
    why: str
    fields: Sequence[FieldChange]


def told(rows: Sequence[Mapping[str, Any]]) -> list[Change]:
    """The events in words; one query for each kind of thing that they name."""
    names = _Names(rows)
    return [_change(row, names) for row in rows]


def tracked_by(events: type[Model]) -> type[Model]:
    tracked: type[Model] = events.pgh_tracked_model  # type: ignore[attr-defined]
    return tracked


@cache
def _tracked_by_table() -> Mapping[str, type[Model]]:
    """What the events of each table are about, by the table's label."""
    return {model._meta.label_lower: tracked_by(model) for model in event_models()}


class _Names:
    """What the ids on one page stand for; one query for each kind of thing."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        wanted: dict[type[Model], set[int]] = {}
        for row in rows:
            tracked = _tracked_by_table()[row["table"]]
            _want(wanted, User, (row["context"] or {}).get("user"))
            _want(wanted, tracked, row["pgh_obj_id"])
            for column, value in (*row["new"].items(), *(row["old"] or {}).items()):
                _want(wanted, tracked._meta.get_field(column).related_model, value)
        self._texts = {model: _texts(model, ids) for model, ids in wanted.items()}

    def of(self, model: Any, pk: Any) -> str:
        return self._texts.get(model, {}).get(pk, f"{model._meta.verbose_name} {pk}")


def _want(wanted: dict[type[Model], set[int]], model: Any, pk: Any) -> None:
    if model in _NAMED and pk is not None:
        wanted.setdefault(model, set()).add(pk)


def _texts(model: type[Model], ids: set[int]) -> dict[int, str]:
    if model is Unit:
        versions = UnitVersion.objects.filter(unit__in=ids, recorded__upper_inf=True)
        # Of several the last one wins: what the unit is called from the latest day on.
        return dict(versions.order_by("valid").values_list("unit_id", "name"))
    return {row.pk: str(row) for row in cast("Any", model).objects.filter(pk__in=ids)}


def _change(row: Mapping[str, Any], names: _Names) -> Change:
    tracked, context = _tracked_by_table()[row["table"]], row["context"] or {}
    return Change(
        at=row["pgh_created_at"],
        label=row["pgh_label"],
        kind=str(tracked._meta.verbose_name),
        subject=_subject(row, tracked, names),
        who=_who(context, names),
        where=context.get("command") or context.get("task") or context.get("path") or "",
        why=context.get("reason", ""),
        fields=_differences(row, tracked, names),
    )


def _who(context: Mapping[str, Any], names: _Names) -> str:
    if context.get("user"):
        return names.of(User, context["user"])
    if context.get("api_key"):
        return gettext("API key %(prefix)s…") % {"prefix": context["api_key"]}
    return str(context.get("account", ""))


def _subject(row: Mapping[str, Any], tracked: type[Model], names: _Names) -> str:
    """What a reader calls the row: its own name, else that of what it is about."""
    values = row["new"]
    if values.get("title"):
        return str(values["title"])
    if row["pgh_label"] != "delete" and tracked in _NAMED:
        return names.of(tracked, row["pgh_obj_id"])
    for column in ("person", "user", "initiative", "unit", "apikey"):
        if values.get(column):
            return names.of(tracked._meta.get_field(column).related_model, values[column])
    own = (values.get(column) for column in ("name", "email", "key"))
    return str(next(filter(None, own), ""))


def _differences(row: Mapping[str, Any], tracked: type[Model], names: _Names) -> list[FieldChange]:
    """The columns that changed; all that say something where a row came or went."""
    empty: Mapping[str, Any] = {}
    old, new = row["old"] or empty, row["new"]
    if row["pgh_label"] == "delete":
        old, new = new, empty
    # Where the organisation is the very thing that was given, it is said.
    unsaid = {"id"} if tracked is ApiKeyOrganization else {"id", "organization"}
    changes = []
    for name in row["new"]:
        before, after = old.get(name), new.get(name)
        if name in unsaid or before == after or (before in _NOTHING and after in _NOTHING):
            continue
        field = tracked._meta.get_field(name)
        label = _label(field)
        changes.append(FieldChange(label, _said(field, before, names), _said(field, after, names)))
    return changes


def _label(field: Any) -> str:
    """A column's name; a relation that has none is called by what it leads to."""
    unnamed = field.related_model is not None and field._verbose_name is None
    return str(field.related_model._meta.verbose_name if unnamed else field.verbose_name)


def _said(field: Any, value: Any, names: _Names) -> str:
    """A stored value in a reader's words."""
    if value in _NOTHING:
        return ""
    if isinstance(field.related_model, type):
        return names.of(field.related_model, value)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(field, DateRangeField):
        return str(value).strip("[)").replace(",", " – ")
    return str(dict(field.flatchoices).get(value, value))
