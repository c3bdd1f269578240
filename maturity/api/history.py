"""The change history: who changed what from which value to which, when and why."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Model
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api import parameters
from maturity.api.auth import owns
from maturity.api.base import UtcDateTimeField
from maturity.api.operations import Docs
from maturity.api.resources import Resource
from maturity.models import (
    ApiKey,
    Endpoint,
    Membership,
    NotificationChoice,
    Organization,
)
from maturity.models.history import for_editors
from maturity.models.keys import ApiKeyOrganization
from maturity.selectors.history import organization_changes

MEMBERS: tuple[type[Model], ...] = (Membership, NotificationChoice)
CHANNELS: tuple[type[Model], ...] = (ApiKey, ApiKeyOrganization, Endpoint)


class FieldChangeSerializer(serializers.Serializer):
    """One column."""

    name = serializers.CharField(help_text="What it is called.")
    before = serializers.CharField(help_text="Its value before, in words; empty: none.")
    after = serializers.CharField(help_text="Its value after, in words; empty: none.")


class ChangeSerializer(serializers.Serializer):
    """One row that was added, changed or deleted."""

    at = UtcDateTimeField(help_text="When.")
    label = serializers.CharField(  # type: ignore[assignment]  # the row's own word
        help_text="insert, update, delete or what else happened."
    )
    kind = serializers.CharField(help_text="What kind of row.")
    subject = serializers.CharField(help_text="What it is called.")
    who = serializers.CharField(help_text="Who changed it; empty: the product itself.")
    where = serializers.CharField(help_text="By which page, address or command.")
    why = serializers.CharField(help_text="The reason that was given.")
    fields = FieldChangeSerializer(  # type: ignore[assignment]  # the row's own word
        many=True, help_text="What was changed."
    )


EXAMPLE: dict[str, Any] = {
    "at": "2026-07-01T08:00:00.000000Z",
    "label": "update",
    "kind": "organisation",
    "subject": "Acme",
    "who": "Ana",
    "where": "/admin/maturity/organization/1/change/",
    "why": "",
    "fields": [{"name": "time zone", "before": "UTC", "after": "Europe/Berlin"}],
}
DOCS = Docs("settings", ChangeSerializer, EXAMPLE, read="settings:read")


class HistoryViewSet(Resource):
    queryset = Organization.objects.order_by("pk")
    serializer_class = ChangeSerializer
    http_method_names = ["get", "head"]
    filter_backends = []
    read_scope = "settings:read"
    asks = {"list": frozenset({"before"})}

    @DOCS.lists(
        "history_list",
        "Read the change history",
        "What people and keys changed in the organisation, the newest first. Members are told of "
        "to owners and keys with `members:read`, keys and channels to editors and keys with "
        "`keys:read`, embeds and schedules of reports to editors and keys with `reports:read`.",
        parameters=[
            OpenApiParameter(
                "before",
                {"type": "string", "format": "date-time"},
                description="Only what was changed before this moment.",
            ),
        ],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        changes = organization_changes(
            self.organization,
            without=self._kept_back(),
            before=parameters.moment(request.query_params, "before"),
        )
        return self.page(changes, ChangeSerializer)

    def _kept_back(self) -> Sequence[type[Model]]:
        """What the reader may not see elsewhere does not stand in the history either."""
        auth = self.request.auth
        if isinstance(auth, ApiKey):
            members, channels = "members:read" in auth.scopes, "keys:read" in auth.scopes
            closed = [model for model, scope in for_editors().items() if scope not in auth.scopes]
        else:
            members = owns(self.request.user, self.organization)
            editable = Organization.objects.editable_by(self.request.user)
            channels = editable.filter(pk=self.organization.pk).exists()
            closed = [] if channels else [*for_editors()]
        return [*(() if members else MEMBERS), *(() if channels else CHANNELS), *closed]
