"""Issue API keys, recognise them, and keep the record of their use."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from maturity.models import ApiKey, Membership, Organization, User

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
    if by is not None and not _may_hand_out(scopes, organizations, by):
        raise ValidationError({"scopes": _("Only owners hand out what only owners may do.")})
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


def _may_hand_out(scopes: Sequence[str], organizations: Sequence[Organization], by: User) -> bool:
    """Whether nobody could do more with the key than its maker may."""
    if by.is_superuser or not set(scopes) & set(ApiKey.OWNER_SCOPES):
        return True
    owned = by.memberships.filter(role=Membership.Role.OWNER, organization__in=organizations)
    return owned.count() == len(set(organizations))


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
