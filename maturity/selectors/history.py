"""The change history, readable: who changed what from which value to which, when and why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db.models import F, JSONField, Model, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, JSONObject

from maturity.models import (
    ApiKey,
    Organization,
    Person,
    Unit,
)
from maturity.models.history import event_models
from maturity.models.tenancy import OrganizationQuerySet
from maturity.selectors.change_words import Change, told, tracked_by

PAGE = 50
# What has a history page, and what belongs to it: the column that says to which.
_OWNED: Mapping[tuple[type[Model], str], str] = {
    (Person, "Placement"): "person_id",
    (Organization, "Membership"): "organization_id",
    (Unit, "UnitVersion"): "unit_id",
    (ApiKey, "ApiKeyOrganization"): "apikey_id",
}
# Rows of one moment and number in two tables have an order too.
_NEWEST_FIRST = ("-pgh_created_at", "-pgh_id", "table")
Sources = Sequence[tuple[type[Model], Q]]


@dataclass(frozen=True)
class HistoryPage:
    """The newest changes before a moment, and the moment to go on from."""

    changes: Sequence[Change]
    older_than: datetime | None


class Changes:
    """The changes before a moment, newest first: counted, and read a slice at a time."""

    def __init__(self, sources: Sources, before: datetime | None) -> None:
        self._sources, self._before = sources, before

    def count(self) -> int:
        return 0 if not self._sources else self._rows(None).count()

    def __getitem__(self, wanted: slice) -> list[Change]:
        """At most one query, and one for each kind of thing that is named in the slice."""
        if not self._sources:
            return []
        return told(list(self._rows(wanted.stop)[wanted]))

    def _rows(self, limit: int | None) -> QuerySet[Any, dict[str, Any]]:
        return _union(self._sources, self._before, limit)


def organization_changes(
    organization: Organization,
    *,
    without: Collection[type[Model]] = (),
    before: datetime | None = None,
) -> Changes:
    """All that people changed in an organisation apart from the models `without`."""
    return Changes(_sources_of(organization, without), before)


def organization_history(
    organization: Organization,
    *,
    without: Collection[type[Model]] = (),
    before: datetime | None = None,
) -> HistoryPage:
    """What people changed in an organisation, newest first, apart from the models `without`.

    At most one query, and one for each kind of thing that is named on the page.
    """
    return _page(_sources_of(organization, without), before)


def _sources_of(organization: Organization, without: Collection[type[Model]]) -> Sources:
    keys = ApiKey.objects.filter(organizations=organization).values("pk")
    sources = []
    for model in event_models():
        tracked = tracked_by(model)
        if tracked in without:
            continue
        if "organization" in _columns(model) or tracked is Organization:
            sources.append((model, Q(organization_id=organization.pk)))
        elif tracked is ApiKey:
            sources.append((model, Q(pgh_obj__in=keys)))
    return sources


def object_history(
    row: Model, *, within: OrganizationQuerySet, before: datetime | None = None
) -> HistoryPage:
    """What was changed on one row and, in the organisations `within`, on what belongs to it.

    At most one query, and one for each kind of thing that is named on the page.
    """
    sources = []
    for model in event_models():
        tracked = tracked_by(model)
        if tracked is type(row):
            sources.append((model, Q(pgh_obj=row.pk)))
        elif owner := _OWNED.get((type(row), tracked.__name__)):
            sources.append((model, Q(organization__in=within, **{owner: row.pk})))
    return _page(sources, before)


def _page(sources: Sources, before: datetime | None) -> HistoryPage:
    if not sources:
        return HistoryPage((), None)
    found = list(_union(sources, before, PAGE + 1))
    rows = _whole_moments(found)
    older_than = rows[-1]["pgh_created_at"] if len(found) > PAGE else None
    return HistoryPage(told(rows), older_than)


def _union(
    sources: Sources, before: datetime | None, limit: int | None
) -> QuerySet[Any, dict[str, Any]]:
    """The newest events of all tables, at most so many."""
    until = Q() if before is None else Q(pgh_created_at__lt=before)
    first, *others = (_events(model, chosen & until, limit) for model, chosen in sources)
    if others:
        first = first.union(*others, all=True).order_by(*_NEWEST_FIRST)[:limit]
    return first


def _whole_moments(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What fits on a page; rows of one moment stay together, so that going on loses none."""
    if len(found) <= PAGE:
        return found
    cut = found[PAGE]["pgh_created_at"]
    return [row for row in found if row["pgh_created_at"] > cut] or found[:PAGE]


def _events(model: type[Model], chosen: Q, limit: int | None) -> QuerySet[Any, dict[str, Any]]:
    """The newest events of one table, each with its own values and those it replaced."""
    manager = cast("Any", model).objects
    values = JSONObject(**{column: F(column) for column in _columns(model)})
    earlier = manager.filter(pgh_obj=OuterRef("pgh_obj"), pgh_id__lt=OuterRef("pgh_id"))
    rows = manager.filter(chosen).annotate(
        table=Value(model._meta.label_lower, output_field=TextField()),
        context=Cast("pgh_context", JSONField()),
        new=values,
        old=Subquery(
            earlier.order_by("-pgh_id").values(values=values)[:1], output_field=JSONField()
        ),
    )
    wanted = ("pgh_created_at", "pgh_id", "pgh_label", "pgh_obj_id", "table", "context")
    page: QuerySet[Any, dict[str, Any]] = rows.order_by(*_NEWEST_FIRST).values(
        *wanted, "new", "old"
    )[:limit]
    return page


def _columns(model: type[Model]) -> list[str]:
    tracked = {field.name for field in tracked_by(model)._meta.concrete_fields}
    return [field.name for field in model._meta.concrete_fields if field.name in tracked]
