"""Settings of the organisation: what it is called, its time zone, its rubric."""

from typing import Any

from django.db import transaction
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.base import UtcDateTimeField
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, Docs
from maturity.api.preconditions import match
from maturity.api.remembered import Remembered
from maturity.models import Organization
from maturity.selectors.past import as_it_stood
from maturity.services.tenancy import change_organization


class SettingsSerializer(serializers.Serializer):
    """What an organisation is and measures itself by."""

    id = serializers.IntegerField(help_text="Id of the organisation.")
    slug = serializers.CharField(help_text="Its name in addresses; never changes.")
    name = serializers.CharField(help_text="What it is called.")
    timezone = serializers.CharField(help_text="Its clock, like Europe/Berlin.")
    rubric_key = serializers.CharField(
        help_text="Rubric of new assessments, in its newest version; empty: the default one."
    )
    created_at = UtcDateTimeField(help_text="When it was set up.")


class SettingsChangeSerializer(serializers.Serializer):
    """What is to be otherwise."""

    name = serializers.CharField(max_length=200, required=False, help_text="What it is called.")
    timezone = serializers.CharField(
        max_length=60, required=False, help_text="Its clock, like Europe/Berlin."
    )
    rubric_key = serializers.CharField(
        max_length=60,
        allow_blank=True,
        required=False,
        help_text="Key of a published rubric, or empty for the default one.",
    )


EXAMPLE: dict[str, Any] = {
    "id": 1,
    "slug": "acme",
    "name": "Acme",
    "timezone": "Europe/Berlin",
    "rubric_key": "",
    "created_at": "2026-01-01T08:00:00.000000Z",
}
DOCS = Docs("settings", SettingsSerializer, EXAMPLE, read="settings:read", write="settings:write")


class SettingsViewSet(Remembered):
    queryset = Organization.objects.order_by("pk")
    serializer_class = SettingsSerializer
    read_scope = "settings:read"
    write_scope = "settings:write"

    @DOCS.reads(
        "settings_retrieve",
        "Read the settings",
        "What the organisation is, or was on a day as known at a moment; 404: not there yet.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        at = self.past()
        if at is None:
            return self.shown(self.organization)
        then = as_it_stood(Organization, self.organization, at=at).first()
        if then is None:
            raise Http404
        return self.shown(then)

    @DOCS.writes(
        "settings_update",
        "Change the settings",
        "Change name, clock or rubric; what is on the record stays as it was.",
        request=SettingsChangeSerializer,
        parameters=[IF_MATCH],
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(SettingsChangeSerializer)
        with transaction.atomic():
            locked = Organization.objects.select_for_update(no_key=True)
            organization = locked.get(pk=self.organization.pk)
            match(request, self.version_of(organization))
            return self.shown(change_organization(organization, **given))
