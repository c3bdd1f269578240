"""What every survey promises that opens from now on: read by all, set by owners."""

from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import OwnersWrite
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, Docs
from maturity.api.preconditions import match
from maturity.api.remembered import Remembered
from maturity.models import Organization
from maturity.selectors.past import as_it_stood
from surveys.models import PrivacySetting
from surveys.models.privacy_settings import K_COMMENT_FLOOR, K_FLOOR
from surveys.services.privacy_settings import privacy_of, set_privacy

MOST, MOST_COMMENTS, LONGEST_DAYS = 100, 200, 3_650


class PrivacySerializer(serializers.Serializer):
    """How few people may be shown, and how long answers stay."""

    k = serializers.IntegerField(
        min_value=K_FLOOR, max_value=MOST, help_text="Smallest group whose figures are shown."
    )
    k_comment = serializers.IntegerField(
        min_value=K_COMMENT_FLOOR,
        max_value=MOST_COMMENTS,
        help_text="Fewest commenters whose comments are; at least `k`.",
    )
    retention_days = serializers.IntegerField(
        min_value=1, max_value=LONGEST_DAYS, help_text="For how many days answers are kept."
    )


EXAMPLE: dict[str, Any] = {"k": 5, "k_comment": 10, "retention_days": 400}
DOCS = Docs(
    "surveys",
    PrivacySerializer,
    EXAMPLE,
    read="surveys:read",
    write="surveys:write",
    who="only owners, and keys that one of them made",
)


class PrivacyViewSet(Remembered):
    queryset = PrivacySetting.objects.order_by("pk")
    serializer_class = PrivacySerializer
    permission_classes = [OwnersWrite]
    read_scope = "surveys:read"
    write_scope = "surveys:write"

    @DOCS.reads(
        "privacy_retrieve",
        "Read the promises",
        "What surveys promise that open next, or opened after a day as known at a moment.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        at = self.past()
        if at is None:
            return self.shown(privacy_of(self.organization))
        then = as_it_stood(PrivacySetting, self.organization, at=at).first()
        return self.shown(then or PrivacySetting(organization=self.organization))

    @DOCS.writes(
        "privacy_update",
        "Set the promises",
        "For every survey that opens from now on; what was opened keeps what its page said.",
        request=PrivacySerializer,
        parameters=[IF_MATCH],
    )
    def update(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(PrivacySerializer)
        with transaction.atomic():
            Organization.objects.select_for_update(no_key=True).get(pk=self.organization.pk)
            match(request, self.version_of(privacy_of(self.organization)))
            return self.shown(set_privacy(self.organization, **given))
