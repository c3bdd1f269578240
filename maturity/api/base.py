"""Bases of the API's views: rows come from the URL's organisation only."""

from datetime import UTC, date, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers, viewsets
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from maturity.api import parameters
from maturity.api.auth import KEY_PARAMETER, MayRead, visible_organizations
from maturity.api.limits import Limited
from maturity.api.pagination import PageNumberPagination
from maturity.api.parameters import FIRST_DAY, LAST_DAY
from maturity.api.repeating import RepeatedAnswers
from maturity.models import Organization

METHODS = ["get", "post", "put", "patch", "delete", "head"]


class PrivateAnswers(Limited):
    """For every view of tenant data: no shared cache keeps what it answers."""

    http_method_names = METHODS
    permission_classes = [MayRead]
    read_scope: str

    def finalize_response(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().finalize_response(*args, **kwargs)
        patch_cache_control(response, private=True, no_cache=True)
        return response


class OrganizationViewSet(RepeatedAnswers, PrivateAnswers, viewsets.GenericViewSet):
    """Base for every tenant endpoint. An organisation that is not visible is 404."""

    organization: Organization
    pagination_class = PageNumberPagination
    filterset_class: Any = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.charge(request)
        self.organization = get_object_or_404(
            visible_organizations(request), slug=self.kwargs["org"]
        )
        super().initial(request, *args, **kwargs)
        parameters.refuse_unknown(request.query_params, self.known_parameters())
        self.answer_once(request)

    def get_queryset(self) -> QuerySet[Any]:
        rows: Any = super().get_queryset()
        scoped: QuerySet[Any] = rows.for_organization(self.organization)
        return scoped

    def known_parameters(self) -> set[str]:
        """A list takes its filters and pages, anything else only the key."""
        if self.detail or self.request.method not in SAFE_METHODS:
            return {KEY_PARAMETER}
        filters = self.filterset_class.base_filters if self.filterset_class else ()
        pages = PageNumberPagination
        return {KEY_PARAMETER, *filters, pages.page_query_param, pages.page_size_query_param}


class DayField(serializers.DateField):
    """A day between 1900 and 2199: what lies further away is a slip, and no day at all to some."""

    def to_internal_value(self, value: Any) -> date:
        day: date = super().to_internal_value(value)
        if not FIRST_DAY <= day <= LAST_DAY:
            raise serializers.ValidationError(_("Give a day between 1900 and 2199."))
        return day


class UtcDateTimeField(serializers.DateTimeField):
    """A timestamp as YYYY-MM-DDTHH:MM:SS.ffffffZ, always six digits, whatever the time zone."""

    def to_representation(self, value: datetime) -> str:
        # Not by %Y: it writes a year before 1000 with fewer than four digits.
        text = value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
        return f"{text}Z"
