"""Who asks, and which organisations they may see. Named in settings: imports no DRF view."""

import base64
import binascii
from collections.abc import Iterator
from typing import Any

import pghistory
import structlog
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from maturity.models import ApiKey, Membership, Organization, User
from maturity.models.tenancy import OrganizationQuerySet
from maturity.services.keys import find_key, note_use

KEY_PARAMETER = "api_key"


def visible_organizations(request: HttpRequest | Request) -> OrganizationQuerySet:
    """The only door into tenant data: everything else starts from its result.

    For pages (a logged-in user) and for the API (a user or a key). Raises NotAuthenticated.
    """
    key = getattr(request, "auth", None)
    if isinstance(key, ApiKey):
        return Organization.objects.filter(pk__in=_organization_ids(key))
    if request.user.is_authenticated:
        return Organization.objects.visible_to(request.user)
    raise NotAuthenticated


def visible_organization_ids(request: Request) -> list[int]:
    """The ids behind the same door; no query for a key, which brought them along."""
    if isinstance(request.auth, ApiKey):
        return _organization_ids(request.auth)
    return list(visible_organizations(request).order_by("pk").values_list("pk", flat=True))


def _organization_ids(key: ApiKey) -> list[int]:
    ids: list[int] = key.organization_ids  # type: ignore[attr-defined]  # annotated by find_key
    return ids


def actor_of(request: Request) -> ApiKey | User:
    """Who writes: the key, or the person who is logged in. For the record of what is done."""
    actor = request.auth if isinstance(request.auth, ApiKey) else request.user
    if not isinstance(actor, ApiKey | User):
        raise NotAuthenticated
    return actor


def author_of(request: Request) -> User | None:
    """In whose name it is recorded: who is logged in, or who made the key (None: the operator)."""
    if isinstance(request.auth, ApiKey):
        return request.auth.created_by
    return request.user if isinstance(request.user, User) else None


def person_of(request: Request, organization: Organization) -> User:
    """Who stands for what a person alone may do, such as approving: author_of(), still a lead.

    Raises PermissionDenied for a key that nobody stands for.
    """
    person = author_of(request)
    editable = Organization.objects.editable_by(person) if person else Organization.objects.none()
    if person is None or not editable.filter(pk=organization.pk).exists():
        raise PermissionDenied(
            _("A person stands for this: use a key that an owner or ops lead of today made."),
            code="person_needed",
        )
    return person


class KeyAuthentication(BaseAuthentication):
    """An API key: Authorization Bearer, Token or Basic, X-API-Key, or the query of a read-only key.

    A request without any of them is left to the next authentication class; a bad key is 401.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        secret = next(_secrets_in_headers(request), None)
        in_address = secret is None
        if in_address:
            secret = request.query_params.get(KEY_PARAMETER)
        if secret is None:
            return None
        now = timezone.now()
        key = find_key(secret, at=now)
        if key is None:
            raise AuthenticationFailed(_("This key is unknown, expired or revoked."))
        if in_address and not _reads_only(key):
            raise AuthenticationFailed(
                _("This key may write: send it in a header, addresses end up in logs.")
            )
        structlog.contextvars.bind_contextvars(key_prefix=key.prefix)
        pghistory.context(api_key=key.prefix)
        note_use(key, at=now)
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Plumbline"'


class PasswordAuthentication(KeyAuthentication):
    """The same keys; a client without one is asked for the password that it knows how to send."""

    def authenticate_header(self, request: Request) -> str:
        return 'Basic realm="Plumbline", charset="UTF-8"'


def _secrets_in_headers(request: Request) -> Iterator[str]:
    scheme, _blank, credentials = request.headers.get("Authorization", "").partition(" ")
    match scheme.lower():
        case "bearer" | "token":
            yield credentials.strip()
        case "basic":
            yield _password(credentials)
    if secret := request.headers.get("X-API-Key"):
        yield secret.strip()


def _password(credentials: str) -> str:
    """The password of Basic credentials; the user name may be anything."""
    try:
        decoded = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return decoded.partition(":")[2]


def _reads_only(key: ApiKey) -> bool:
    return all(scope.endswith(":read") for scope in key.scopes)


class MayRead(BasePermission):
    """A key needs the view's `read_scope`; a logged-in user needs no more than the login.

    Nothing here grants a write: a view that has one says who may.
    """

    code = "missing_scope"

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method not in view.allowed_methods:
            return True  # the answer is 405 whoever asks
        if request.method not in SAFE_METHODS:
            return False
        if isinstance(request.auth, ApiKey):
            self.message = _("This key lacks the scope %(scope)s.") % {"scope": view.read_scope}
            return view.read_scope in request.auth.scopes
        return bool(request.user.is_authenticated)


class MayWrite(MayRead):
    """Reading as MayRead. To write, a key needs the view's `write_scope` and a person a role.

    The view has found its `organization` behind the one door before it asks.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS or request.method not in view.allowed_methods:
            return super().has_permission(request, view)
        if isinstance(request.auth, ApiKey):
            self.code = "missing_scope"
            self.message = _("This key lacks the scope %(scope)s.") % {"scope": view.write_scope}
            return view.write_scope in request.auth.scopes
        self.code = "viewer"
        self.message = _("Only owners and ops leads may change this.")
        editable = Organization.objects.editable_by(request.user)
        return bool(editable.filter(pk=view.organization.pk).exists())


class EditorsAlone(MayWrite):
    """As MayWrite; and a viewer does not even read it."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, ApiKey) or request.method not in view.allowed_methods:
            return super().has_permission(request, view)
        self.code, self.message = "viewer", _("Only owners and ops leads may see this.")
        editable = Organization.objects.editable_by(request.user)
        return bool(editable.filter(pk=view.organization.pk).exists())


class OwnersAlone(MayWrite):
    """As MayWrite, for what only owners see and do; their keys with the scope may."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, ApiKey) or request.method not in view.allowed_methods:
            return super().has_permission(request, view)
        self.code, self.message = "owners_only", _("Only owners may see and do this.")
        return owns(request.user, view.organization)


class OwnersWrite(MayWrite):
    """Reading as MayRead; to write a person must be an owner, and a key be made by one of today."""

    def has_permission(self, request: Request, view: Any) -> bool:
        reads = request.method in SAFE_METHODS or request.method not in view.allowed_methods
        if reads or isinstance(request.auth, ApiKey):
            may = super().has_permission(request, view)
            if reads or not may:
                return may
        self.code, self.message = "owners_only", _("Only owners may do this.")
        author = author_of(request)
        return author is not None and owns(author, view.organization)


def owns(user: Any, organization: Organization) -> bool:
    """Whether somebody may do here what owners alone may."""
    if not user.is_active:
        return False
    own = Membership.objects.filter(
        organization=organization, user=user, role=Membership.Role.OWNER
    )
    return user.is_superuser or own.exists()
