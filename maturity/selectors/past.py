"""How the rows of a tracked table stood at a moment, read out of the change history."""

from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet

from maturity.models import Organization
from maturity.models.history import events_of


def as_it_stood(
    model: type[Model], organization: Organization, *, at: datetime
) -> QuerySet[Any, Any]:
    """What the organisation had at that moment: rows with the table's own columns and `id`.

    What was deleted before is not among them, what was deleted since is.
    """
    return rows_then(model, at=at, organization_id=organization.pk)


def rows_then(model: type[Model], *, at: datetime, **chosen: Any) -> QuerySet[Any, Any]:
    """The same of the rows that are `chosen` by what they never change."""
    until = events_of(model).filter(pgh_created_at__lte=at, **chosen)
    newest = until.order_by("pgh_obj_id", "-pgh_id").distinct("pgh_obj_id")
    rows: QuerySet[Any, Any] = events_of(model).filter(pk__in=newest.values("pk"))
    return rows.exclude(pgh_label="delete")
