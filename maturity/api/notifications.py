"""What one member wants to hear of: one's own choice, or that of who made the key."""

from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import MayWrite, author_of
from maturity.api.operations import IF_MATCH, Docs
from maturity.api.preconditions import match
from maturity.api.resources import Resource
from maturity.api.webhooks import EVENTS
from maturity.models import ApiKey, Membership, NotificationChoice
from maturity.services.notifications import choose, wish_of

RHYTHMS = [(rhythm, rhythm) for rhythm in NotificationChoice.Rhythm.values]
QUIET = "%H:%M"


class NotificationChoiceSerializer(serializers.Serializer):
    """What a member hears of, how often, and when not."""

    organization = serializers.CharField(read_only=True, help_text="Slug of the organisation.")
    user_id = serializers.IntegerField(read_only=True, help_text="Id of the account.")
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=EVENTS),
        max_length=len(EVENTS),
        help_text="What is told.",
    )
    rhythm = serializers.ChoiceField(choices=RHYTHMS, help_text="How often.")
    timezone = serializers.CharField(max_length=60, help_text="Their clock, like Europe/Berlin.")
    quiet_from = serializers.TimeField(
        format=QUIET,
        allow_null=True,
        default=None,
        help_text="When the quiet hours begin; null: none.",
    )
    quiet_to = serializers.TimeField(
        format=QUIET, allow_null=True, default=None, help_text="When they end; null: none."
    )


EXAMPLE: dict[str, Any] = {
    "organization": "acme",
    "user_id": 12,
    "events": ["finding.raised"],
    "rhythm": "daily",
    "timezone": "Europe/Berlin",
    "quiet_from": "20:00",
    "quiet_to": "07:00",
}
DOCS = Docs(
    "settings",
    NotificationChoiceSerializer,
    EXAMPLE,
    read="settings:read",
    write="settings:write",
    who="every member chooses for themselves, a key for who made it",
)


class MembersWrite(MayWrite):
    """As MayWrite; and a viewer too writes what is theirs alone."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, ApiKey) or request.method not in view.allowed_methods:
            return super().has_permission(request, view)
        return bool(request.user.is_authenticated)


class NotificationsViewSet(Resource):
    queryset = NotificationChoice.objects.order_by("pk")
    serializer_class = NotificationChoiceSerializer
    permission_classes = [MembersWrite]
    read_scope = "settings:read"
    write_scope = "settings:write"

    @DOCS.reads(
        "notifications_retrieve",
        "Read the choice",
        "What the member hears of; who never chose hears of what leads hear of. 404: no member.",
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self._choice(self._membership()))

    @DOCS.writes(
        "notifications_update",
        "Choose",
        "For what happens from now on.",
        request=NotificationChoiceSerializer,
        parameters=[IF_MATCH],
    )
    def update(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(NotificationChoiceSerializer)
        with transaction.atomic():
            membership = self._membership(lock=True)
            match(request, self.version_of(self._choice(membership)))
            choose(membership, **given)
            return self.shown(self._choice(membership))

    def _membership(self, *, lock: bool = False) -> Membership:
        rows = Membership.objects.filter(organization=self.organization)
        rows = rows.select_for_update(of=("self",)) if lock else rows
        mine: Membership | None = (
            rows.select_related("organization", "user").filter(user=author_of(self.request)).first()
        )
        if mine is None:
            raise Http404(_("Only members are told."))
        return mine

    def _choice(self, membership: Membership) -> dict[str, Any]:
        mine = NotificationChoice.objects.for_organization(membership.organization)
        wish = wish_of(membership, mine.filter(user=membership.user).first())
        start, end = wish.quiet or (None, None)
        return {
            "organization": membership.organization.slug,
            "user_id": membership.user_id,
            "events": sorted(wish.events),
            "rhythm": wish.rhythm,
            "timezone": str(wish.zone),
            "quiet_from": start,
            "quiet_to": end,
        }
