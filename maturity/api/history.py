"""The change history: who changed what from which value to which, when and why."""

from typing import Any

from django.db.models import Model
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api import parameters
from maturity.api.auth import owns
from maturity.api.base import UtcDateTimeField
from maturity.api.operations import ORG
from maturity.api.resources import Resource
from maturity.models import (
    ApiKey,
    Endpoint,
    Membership,
    NotificationChoice,
    Organization,
)
from maturity.models.tenancy import ApiKeyOrganization
from maturity.selectors.history import organization_history

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


class ChangesSerializer(serializers.Serializer):
    """The newest changes before a moment."""

    results = ChangeSerializer(many=True, help_text="The newest first.")
    before = UtcDateTimeField(
        allow_null=True, help_text="Send this as `before` to go on; null: that was all."
    )


EXAMPLE: dict[str, Any] = {
    "results": [
        {
            "at": "2026-07-01T08:00:00.000000Z",
            "label": "update",
            "kind": "organisation",
            "subject": "Acme",
            "who": "Ana",
            "where": "/admin/maturity/organization/1/change/",
            "why": "",
            "fields": [{"name": "time zone", "before": "UTC", "after": "Europe/Berlin"}],
        }
    ],
    "before": None,
}


class HistoryViewSet(Resource):
    queryset = Organization.objects.order_by("pk")
    serializer_class = ChangesSerializer
    http_method_names = ["get", "head"]
    read_scope = "settings:read"

    def known_parameters(self) -> set[str]:
        return super().known_parameters() | {"before"}

    @extend_schema(
        operation_id="history_retrieve",
        summary="Read the change history",
        description=(
            "What people and keys changed in the organisation, the newest first. Members are "
            "told of to owners and keys with `members:read`, keys and channels to editors and "
            "keys with `keys:read`. Scope `settings:read`."
        ),
        tags=["settings"],
        parameters=[
            ORG,
            OpenApiParameter(
                "before",
                {"type": "string", "format": "date-time"},
                description="Only what was changed before this moment.",
            ),
        ],
        responses=OpenApiResponse(ChangesSerializer, description="One page."),
        examples=[OpenApiExample("An example", EXAMPLE, response_only=True)],
        filters=False,
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        page = organization_history(
            self.organization,
            without=self._kept_back(),
            before=parameters.moment(request.query_params, "before"),
        )
        shown = {"results": page.changes, "before": page.older_than}
        return Response(ChangesSerializer(shown).data)

    def _kept_back(self) -> list[type[Model]]:
        """What the reader may not see elsewhere does not stand in the history either."""
        auth = self.request.auth
        if isinstance(auth, ApiKey):
            members, channels = "members:read" in auth.scopes, "keys:read" in auth.scopes
        else:
            members = owns(self.request.user, self.organization)
            editable = Organization.objects.editable_by(self.request.user)
            channels = editable.filter(pk=self.organization.pk).exists()
        return [*(() if members else MEMBERS), *(() if channels else CHANNELS)]
