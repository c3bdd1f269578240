"""Keys: made for one organisation and shown once, listed and revoked by its owners."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import Count, DateTimeField, OuterRef, QuerySet, Subquery, Value
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import EditorsAlone, actor_of, author_of, visible_organizations
from maturity.api.base import UtcDateTimeField
from maturity.api.fields import NameField
from maturity.api.finding_serializers import MomentField
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, Docs, row_id
from maturity.api.remembered import Remembered
from maturity.api.repeating import blanked
from maturity.models import ApiKey, Organization
from maturity.models.keys import ApiKeyOrganization
from maturity.selectors.past import as_it_stood, rows_then
from maturity.services.keys import create_key, end_key

MAX_ORGANIZATIONS = 100
SCOPES = [(scope, scope) for scope in ApiKey.Scope.values]


class KeySerializer(serializers.Serializer):
    """A key without its secret."""

    id = serializers.IntegerField(help_text="Id of the key.")
    name = serializers.CharField(help_text="What uses it.")
    prefix = serializers.CharField(help_text="What its secret begins with, after `plumb_`.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=SCOPES), help_text="What it may do."
    )
    opens = serializers.IntegerField(help_text="How many organisations it opens; others unnamed.")
    created_at = UtcDateTimeField(help_text="When it was made.")
    created_by = NameField(help_text="Who made it; null: the operator.")
    expires_at = UtcDateTimeField(allow_null=True, help_text="When it ends; null: when revoked.")
    last_used_at = UtcDateTimeField(allow_null=True, help_text="To the minute; null: never.")
    revoked_at = UtcDateTimeField(allow_null=True, help_text="When it was revoked; null: not.")


class KeyWithSecretSerializer(KeySerializer):
    """A key as it is answered once, when it is made."""

    secret = serializers.CharField(
        allow_null=True,
        help_text="Keep it: it is stored nowhere and never shown again. Null: an answer repeated.",
    )


class NewKeySerializer(serializers.Serializer):
    """A key to be made for this organisation, and for others of one's own."""

    name = serializers.CharField(max_length=100, help_text="What will use it.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=SCOPES),
        allow_empty=False,
        max_length=len(SCOPES),
        help_text="What it may do; a key gives no scope that it has not itself.",
    )
    organizations = serializers.ListField(
        child=serializers.SlugField(max_length=60),
        default=list,
        max_length=MAX_ORGANIZATIONS,
        help_text="Slugs of the others that it opens too; a key names none that it does not open.",
    )
    expires_at = MomentField(
        allow_null=True, default=None, help_text="When it ends; null: when it is revoked."
    )

    def validate_expires_at(self, value: Any) -> Any:
        if value is not None and value <= timezone.now():
            raise serializers.ValidationError(_("This moment has passed."))
        return value


EXAMPLE: dict[str, Any] = {
    "id": 21,
    "name": "Warehouse",
    "prefix": "1f2e3d4c",
    "scopes": ["feed:read"],
    "opens": 1,
    "created_at": "2026-07-01T08:00:00.000000Z",
    "created_by": "Olga",
    "expires_at": None,
    "last_used_at": None,
    "revoked_at": None,
}
DOCS = Docs("keys", KeySerializer, EXAMPLE, read="keys:read", write="keys:write")
_ID = row_id("Id of the key.")


class KeyFilter(django_filters.FilterSet):
    revoked = django_filters.BooleanFilter(
        field_name="revoked_at", lookup_expr="isnull", exclude=True, label="true: only the revoked."
    )

    class Meta:
        model = ApiKey
        fields = ["revoked"]


class KeyViewSet(mixins.ListModelMixin, Remembered):
    queryset = ApiKey.objects.select_related("created_by").order_by("-created_at", "-id")
    serializer_class = KeySerializer
    filterset_class = KeyFilter
    permission_classes = [EditorsAlone]
    read_scope = "keys:read"
    write_scope = "keys:write"

    def get_queryset(self) -> QuerySet[Any]:
        at = self.past()
        if at is not None:
            return self._then(at)
        own = ApiKey.objects.filter(organizations=self.organization).values("pk")
        rows = ApiKey.objects.filter(pk__in=own).annotate(opens=Count("organizations"))
        return rows.select_related("created_by").order_by("-created_at", "-id")

    def _then(self, at: datetime) -> QuerySet[Any]:
        """The keys that opened the organisation then, and how many others each opened."""
        opened = as_it_stood(ApiKeyOrganization, self.organization, at=at)
        keys = list(opened.values_list("apikey_id", flat=True))
        doors = rows_then(ApiKeyOrganization, at=at, apikey__in=keys)
        of_each = doors.filter(apikey=OuterRef("id")).order_by().values("apikey")
        opens = of_each.annotate(count=Count("pgh_id")).values("count")
        rows = rows_then(ApiKey, at=at, pgh_obj__in=keys).select_related("created_by")
        used = Value(None, output_field=DateTimeField())
        found: QuerySet[Any] = rows.annotate(opens=Subquery(opens), last_used_at=used)
        return found.order_by("-created_at", "-id")

    @DOCS.lists(
        "keys_list",
        "List keys",
        "The keys that open the organisation, or did on a day as known at a moment, newest first; "
        "their last use is not told of the past.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "keys_retrieve",
        "Read one key",
        "One key, without its secret, also as it was.",
        parameters=[_ID, AS_OF, KNOWN_AT],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.writes(
        "keys_create",
        "Make a key",
        "Make a key for this organisation or several; its secret stands on this answer and nowhere "
        "else. What only owners may do, owners alone hand out.",
        request=NewKeySerializer,
        row=KeyWithSecretSerializer,
        example={**EXAMPLE, "secret": "plumb_1f2e3d4c_…"},
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(NewKeySerializer)
        refuse_more_than_own(request.auth, given)
        opened = [self.organization, *self._others(given.pop("organizations"))]
        made, secret = create_key(opened, by=author_of(request), **given)
        row = self.get_queryset().get(pk=made.pk)
        row.secret = secret
        return Response(KeyWithSecretSerializer(row).data, status=HTTPStatus.CREATED)

    @DOCS.writes(
        "keys_revoke",
        "Revoke",
        "End a key for good; its row stays. Who might have made it may: one that opens others' "
        "organisations is theirs too, one that may do what owners may is theirs.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, **kwargs: Any) -> Response:
        by, now = actor_of(request), timezone.now()
        return self.change(lambda key: end_key(key, by=by, at=now))

    def _others(self, slugs: Sequence[str]) -> Sequence[Organization]:
        wanted = set(slugs) - {self.organization.slug}
        found = list(visible_organizations(self.request).filter(slug__in=wanted).order_by("slug"))
        if len(found) < len(wanted):
            raise serializers.ValidationError(
                {"organizations": _("One of these is none that you can see.")}
            )
        return found

    def without_secrets(self, body: Any) -> Any:
        return blanked(body, "secret")

    def lock(self, row: ApiKey) -> None:
        ApiKey.objects.select_for_update().get(pk=row.pk)


def refuse_more_than_own(auth: Any, given: dict[str, Any]) -> None:
    """A key makes no key that may do more, or for longer, than itself. Raises PermissionDenied."""
    if not isinstance(auth, ApiKey):
        return
    if more := sorted(set(given["scopes"]) - set(auth.scopes)):
        raise PermissionDenied(
            _("This key lacks the scope %(scope)s itself.") % {"scope": more[0]},
            code="beyond_own_scopes",
        )
    ends = given["expires_at"]
    if auth.expires_at is not None and (ends is None or ends > auth.expires_at):
        raise PermissionDenied(
            _("This key ends before the one that it would make."), code="beyond_own_expiry"
        )
