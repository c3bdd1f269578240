"""Base of the operational resources: two time axes, pages, bodies and preconditions, once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from maturity.api import parameters
from maturity.api.auth import MayWrite
from maturity.api.base import OrganizationViewSet
from maturity.api.errors import faults_of
from maturity.api.pagination import PageNumberPagination
from maturity.api.preconditions import asks_for_match, content_version, match, tagged
from maturity.services.record import record_lock

PAGES = frozenset(
    {PageNumberPagination.page_query_param, PageNumberPagination.page_size_query_param}
)
MOMENTS = frozenset({"as_of", "known_at"})


@dataclass(frozen=True)
class Moment:
    """Which day is asked about, and as known when (None: now)."""

    as_of: date
    known_at: datetime | None


class Resource(OrganizationViewSet):
    """One noun of one organisation. Reads need `read_scope`, writes `write_scope` or a role."""

    permission_classes = [MayWrite]
    write_scope: str
    write_problem_statuses = ("409", "412")
    lookup_value_converter = "int"
    # Query parameters of each action beside filters and pages.
    asks: Mapping[str, frozenset[str]] = {}

    def known_parameters(self) -> set[str]:
        return super().known_parameters() | self.asks.get(self.action or "", frozenset())

    def moment(self) -> Moment:
        query = self.request.query_params
        today = timezone.now().astimezone(self.organization.zone).date()
        return Moment(parameters.day(query, "as_of") or today, parameters.moment(query, "known_at"))

    def taken(self, serializer: type[serializers.Serializer], **options: Any) -> dict[str, Any]:
        """The body, understood; raises ValidationError naming the field."""
        given = serializer(data=self.request.data, **options)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = given.validated_data
        return values

    def page(self, rows: Any, serializer: type[serializers.BaseSerializer]) -> Response:
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(serializer(page, many=True).data)

    def shown(self, row: Any, *, status: int = HTTPStatus.OK) -> Response:
        """A row with its ETag: its own count of changes, else a hash of what it says."""
        data = self.get_serializer(row).data
        return tagged(Response(data, status=status), self.version_of(row, data))

    def version_of(self, row: Any, data: Any = None) -> int | str:
        own: int | None = getattr(row, "version", None)
        return content_version(data or self.get_serializer(row).data) if own is None else own

    def lock(self, row: Any) -> None:
        """Let writers of this row queue up; the record's clock unless a resource says otherwise."""
        record_lock(self.organization)

    def remove(self, act: Callable[[Any], object]) -> Response:
        """Act on the addressed row if it is what the client saw; there is nothing to show then."""
        self.act(act)
        return Response(status=HTTPStatus.NO_CONTENT)

    def change(self, act: Callable[[Any], object]) -> Response:
        """Act on the addressed row if it is what the client saw; answer with what stands then."""
        self.act(act)
        return self.shown(self.get_object())

    @transaction.atomic
    def act(self, act: Callable[[Any], object]) -> None:
        """Do it to the addressed row if it is what the client saw; raises PreconditionFailed."""
        row = self.get_object()
        if asks_for_match(self.request):
            self.lock(row)
            row = self.get_object()
            match(self.request, self.version_of(row))
        act(row)


def each(rows: Sequence[Any], act: Callable[[Any], object], *, field: str) -> list[Any]:
    """Do it for every row, or raise ValidationError naming the first one at fault; all or none."""
    done = []
    with transaction.atomic():
        for number, row in enumerate(rows):
            try:
                done.append(act(row))
            except ModelValidationError as error:
                detail = faults_of(error)
                raise serializers.ValidationError({field: {str(number): detail}}) from error
            except serializers.ValidationError as error:
                raise serializers.ValidationError({field: {str(number): error.detail}}) from error
    return done


def find(field: str, rows: Any, **named: Any) -> Any:
    """The row that is named, None where nothing is; a 400 naming the field where there is none."""
    if all(value in (None, "") for value in named.values()):
        return None
    row = rows.filter(**named).first()
    if row is None:
        raise serializers.ValidationError({field: _("There is none in this organisation.")})
    return row
