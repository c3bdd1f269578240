"""What the person behind a request may do in which organisation, read once per page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from django.db.models import prefetch_related_objects
from django.http import HttpRequest

from maturity.models import Membership, Organization, User
from maturity.models.tenancy import OrganizationQuerySet

_REMEMBERED = "plumbline.access"


@dataclass(frozen=True)
class Access:
    """The roles of one user by organisation id; an operator (superuser) needs none."""

    operator: bool
    roles: Mapping[int, str]

    @property
    def views_any(self) -> bool:
        return self.operator or bool(self.roles)

    @property
    def owns_any(self) -> bool:
        return self.operator or Membership.Role.OWNER in self.roles.values()

    @property
    def edits_any(self) -> bool:
        return self.operator or any(
            role in Membership.EDITING_ROLES for role in self.roles.values()
        )

    def may_view(self, organization_id: int) -> bool:
        return self.operator or organization_id in self.roles

    def may_edit(self, organization_id: int) -> bool:
        return self.operator or self.roles.get(organization_id) in Membership.EDITING_ROLES

    def may_own(self, organization_id: int) -> bool:
        """Owners let people in; ops leads do not."""
        return self.operator or self.roles.get(organization_id) == Membership.Role.OWNER


def access_of(request: HttpRequest) -> Access:
    """The access of the request's user; one query a request, a page asks a hundred times."""
    if (known := request.META.get(_REMEMBERED)) is not None and known[0] == request.user:
        return cast("Access", known[1])
    access = _read_access(request)
    request.META[_REMEMBERED] = (request.user, access)
    return access


def _read_access(request: HttpRequest) -> Access:
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return Access(operator=False, roles={})
    if user.is_superuser:
        return Access(operator=True, roles={})
    prefetch_related_objects([user], "memberships")
    roles = {row.organization_id: row.role for row in user.memberships.all()}
    return Access(operator=False, roles=roles)


def visible_organizations(request: HttpRequest) -> OrganizationQuerySet:
    """The only door into tenant data in the admin: every row starts from its result."""
    return Organization.objects.visible_to(request.user)


def editable_organizations(request: HttpRequest) -> OrganizationQuerySet:
    """The organisations that the user may write to; choices in forms start here."""
    return Organization.objects.editable_by(request.user)
