"""Members: who belongs to the organisation, for its owners alone."""

from http import HTTPStatus
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import QuerySet
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import OwnersAlone
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, Docs, row_id
from maturity.api.remembered import Remembered
from maturity.models import Membership, Organization
from maturity.selectors.past import as_it_stood
from maturity.services.tenancy import change_role, let_in, remove_member

ROLES = [(role, role) for role in Membership.Role.values]


class MemberSerializer(serializers.Serializer):
    """What one account may do here."""

    id = serializers.IntegerField(help_text="Id of the membership.")
    user_id = serializers.IntegerField(help_text="Id of the account, as owners of things have it.")
    email = serializers.CharField(source="user.email", help_text="Its address.")
    name = serializers.CharField(source="user.name", help_text="Its name.")
    role = serializers.ChoiceField(choices=ROLES, help_text="What it may do.")
    can_log_in = serializers.SerializerMethodField(
        help_text="false: the operator has to set a password first."
    )

    def get_can_log_in(self, row: Membership) -> bool:
        return row.user.is_active and row.user.has_usable_password()


class NewMemberSerializer(serializers.Serializer):
    """Who is let in."""

    email = serializers.EmailField(max_length=254, help_text="Address of the account.")
    role = serializers.ChoiceField(choices=ROLES, help_text="What it may do.")


class RoleSerializer(serializers.Serializer):
    """Another role."""

    role = serializers.ChoiceField(choices=ROLES, help_text="What it may do.")


EXAMPLE: dict[str, Any] = {
    "id": 11,
    "user_id": 12,
    "email": "ana@acme.example",
    "name": "Ana",
    "role": "ops_lead",
    "can_log_in": True,
}
DOCS = Docs(
    "settings",
    MemberSerializer,
    EXAMPLE,
    read="members:read",
    write="members:write",
    who="people have to be owners",
)
_ID = row_id("Id of the membership.")


class MemberFilter(django_filters.FilterSet):
    role = django_filters.ChoiceFilter(choices=ROLES, label="Only this role.")

    class Meta:
        model = Membership
        fields = ["role"]


class MemberViewSet(mixins.ListModelMixin, Remembered):
    queryset = Membership.objects.select_related("user").order_by("user__email", "id")
    serializer_class = MemberSerializer
    filterset_class = MemberFilter
    permission_classes = [OwnersAlone]
    read_scope = "members:read"
    write_scope = "members:write"

    def get_queryset(self) -> QuerySet[Any]:
        at = self.past()
        if at is None:
            rows: QuerySet[Any] = super().get_queryset()
            return rows
        then = as_it_stood(Membership, self.organization, at=at)
        return then.select_related("user").order_by("user__email", "id")

    @DOCS.lists(
        "members_list",
        "List members",
        "Who belongs here, or did on a day as known at a moment, by today's address.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "members_retrieve",
        "Read one member",
        "One membership, also as it was.",
        parameters=[_ID, AS_OF, KNOWN_AT],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.writes(
        "members_create",
        "Let somebody in",
        "By address; an account is made where there is none, without a password at first.",
        request=NewMemberSerializer,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(NewMemberSerializer)
        made, _is_new = let_in(self.organization, given["email"], role=given["role"])
        return self.shown(self.get_queryset().get(pk=made.pk), status=HTTPStatus.CREATED)

    @DOCS.writes(
        "members_update",
        "Change the role",
        "Give a member another role; an organisation keeps at least one owner.",
        request=RoleSerializer,
        parameters=[_ID, IF_MATCH],
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        role = self.taken(RoleSerializer)["role"]
        return self.change(lambda row: change_role(row, role=role))

    @DOCS.removes(
        "members_destroy",
        "Shut somebody out",
        "End a membership; the account stays.",
        parameters=[_ID, IF_MATCH],
    )
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        return self.remove(remove_member)

    def lock(self, row: Membership) -> None:
        Organization.objects.select_for_update(no_key=True).get(pk=self.organization.pk)
