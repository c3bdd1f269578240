"""Issue API keys, recognise them, and keep the record of their use."""

import re
import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from maturity.errors import DomainError
from maturity.models import ApiKey, Membership, Organization, User


class SharedKey(DomainError):
    """The key also opens organisations of other people's."""

    code = "shared_key"


class OwnersKey(DomainError):
    """The key may do what only owners may; so only they end it."""

    code = "owners_key"


USE_NOTED_EVERY = timedelta(minutes=1)
_KEY = re.compile(rf"plumb_([0-9a-f]{{{ApiKey.PREFIX_LENGTH}}})_[A-Za-z0-9_-]{{43}}")


@transaction.atomic
def create_key(
    organizations: Sequence[Organization],
    *,
    scopes: Sequence[str],
    name: str = "",
    expires_at: datetime | None = None,
    by: User | None = None,
) -> tuple[ApiKey, str]:
    """Create a key for these organisations; return it with its secret, which is not stored.

    Raises ValidationError naming the field.
    """
    if not organizations:
        raise ValidationError({"organizations": _("A key is bound to at least one organisation.")})
    if by is not None:
        _refuse_to_hand_out(scopes, organizations, by)
    secret, prefix, digest = ApiKey.generate()
    key = ApiKey(
        prefix=prefix,
        digest=digest,
        name=name,
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
        created_by=by,
    )
    key.full_clean()
    key.save()
    key.organizations.set(organizations)
    return key, secret


def _refuse_to_hand_out(
    scopes: Sequence[str], organizations: Sequence[Organization], by: User
) -> None:
    if may_hand_out(scopes, organizations, by=by):
        return
    if set(scopes) & set(ApiKey.OWNER_SCOPES):
        raise ValidationError({"scopes": _("Only owners hand out what only owners may do.")})
    raise ValidationError({"scopes": _("Only owners and ops leads hand out keys.")})


def may_hand_out(
    scopes: Iterable[str], organizations: Collection[Organization], *, by: User
) -> bool:
    """Whether somebody may make such a key, and so end one: nobody hands out more than is theirs.

    The one rule for page and API: owners and ops leads of all of its organisations, owners
    alone where it may do what only owners may.
    """
    of_owners = bool(set(scopes) & set(ApiKey.OWNER_SCOPES))
    roles = (Membership.Role.OWNER,) if of_owners else Membership.EDITING_ROLES
    return _hold(by, roles, organizations)


def _hold(by: User, roles: Sequence[str], organizations: Collection[Organization]) -> bool:
    if by.is_superuser:
        return True
    held = by.memberships.filter(role__in=roles, organization__in=organizations)
    return held.count() == len(set(organizations))


def may_end(key: ApiKey, *, by: Any) -> bool:
    """Whether a person may end it: who might have made it, may."""
    return isinstance(by, User) and may_hand_out(key.scopes, list(key.organizations.all()), by=by)


def end_key(key: ApiKey, *, by: ApiKey | User, at: datetime) -> None:
    """Revoke it in somebody's name, or in that of another key. Raises SharedKey, OwnersKey."""
    opened = list(key.organizations.all())
    if isinstance(by, ApiKey):
        ours = by.organizations.filter(pk__in=[each.pk for each in opened]).count() == len(opened)
    else:
        ours = _hold(by, Membership.EDITING_ROLES, opened)
    if not ours:
        raise SharedKey(_("This key opens other organisations too: ask their owners."))
    if isinstance(by, User) and not may_hand_out(key.scopes, opened, by=by):
        raise OwnersKey(_("This key may do what only owners may: ask one of them."))
    revoke_key(key, at=at)


def revoke_key(key: ApiKey, *, at: datetime) -> None:
    """End a key for good. Its row stays: it is the record of who had access."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=at)
    key.refresh_from_db(fields=["revoked_at"])


def find_key(secret: str, *, at: datetime) -> ApiKey | None:
    """The usable key with this secret, annotated with `organization_ids`; one query.

    Text that has not the form of a key costs no query.
    """
    form = _KEY.fullmatch(secret)
    if form is None:
        return None
    key = (
        ApiKey.objects.usable(at=at)
        .filter(prefix=form[1])
        .annotate(
            organization_ids=ArrayAgg(
                "organizations",
                filter=Q(organizations__isnull=False),
                default=[],
                order_by="organizations",
            )
        )
        .first()
    )
    if key is None or not secrets.compare_digest(key.digest, ApiKey.digest_of(secret)):
        return None
    return key


def note_use(key: ApiKey, *, at: datetime) -> None:
    """Keep when a key was last used, to the minute.

    Never waits: whoever holds the row is noting the same thing, or changing the key.
    """
    stale = at - USE_NOTED_EVERY
    if key.last_used_at is not None and key.last_used_at > stale:
        return
    with transaction.atomic():
        free = (
            ApiKey.objects.select_for_update(skip_locked=True)
            .filter(pk=key.pk)
            .filter(Q(last_used_at=None) | Q(last_used_at__lte=stale))
        )
        ApiKey.objects.filter(pk__in=free.values("pk")).update(last_used_at=at)
