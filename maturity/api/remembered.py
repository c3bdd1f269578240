"""Base of the resources that are read as they stood: what the change history keeps of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django_filters.utils import translate_validation  # type: ignore[import-untyped]

from maturity.api.resources import MOMENTS, Resource


class Remembered(Resource):
    """`as_of` and `known_at` ask for the rows as they stood; there is one axis, that of knowing."""

    asks = {"list": MOMENTS, "retrieve": MOMENTS}

    def past(self) -> datetime | None:
        """The moment asked about: the end of the day, or earlier when it was known. None: now."""
        asked = MOMENTS & self.asks.get(self.action or "", frozenset())
        if not asked & self.request.query_params.keys():
            return None
        when = self.moment()
        morrow = datetime.combine(when.as_of + timedelta(days=1), time.min, self.organization.zone)
        end = morrow.astimezone(UTC) - timedelta(microseconds=1)
        at = end if when.known_at is None else min(end, when.known_at)
        return at if at < timezone.now() else None

    def complete(self, rows: Sequence[Any], at: datetime) -> None:
        """Give rows of the history what does not stand on them."""

    def paginate_queryset(self, queryset: Any) -> Any:
        rows, at = super().paginate_queryset(queryset), self.past()
        if at is not None:
            self.complete(rows or (), at)
        return rows

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of the history take the same filters, though they are of another table."""
        if self.past() is None or self.filterset_class is None:
            return super().filter_queryset(queryset)
        query = self.request.query_params
        chosen = self.filterset_class(query, queryset=queryset, request=self.request)
        if not chosen.is_valid():
            raise translate_validation(chosen.errors)
        rows: QuerySet[Any] = chosen.qs
        return rows

    def get_object(self) -> Any:
        at = self.past()
        if at is None:
            return super().get_object()
        row = self.get_queryset().filter(id=self.kwargs["pk"]).first()
        if row is None:
            raise Http404
        self.complete([row], at)
        return row
