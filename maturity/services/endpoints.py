"""Channels of an organisation: made with a secret shown once, rotated, switched off and on."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from maturity.channels import chat, egress, webhook
from maturity.channels.sealing import seal
from maturity.errors import Conflict
from maturity.models import (
    Delivery,
    Endpoint,
    EndpointSecret,
    Event,
    Notification,
    Organization,
    User,
)

# [C] our convention: how long a receiver has to move to a new secret.
OVERLAP = timedelta(days=7)
MAX_ADDRESS = 2_000


@transaction.atomic
def create_endpoint(
    organization: Organization,
    *,
    kind: str,
    name: str,
    address: str,
    events: Sequence[str],
    by: User | None = None,
) -> tuple[Endpoint, str]:
    """Make a channel; return it with its signing secret, which is shown once (chats have none).

    Raises ValidationError naming the field.
    """
    shown = _checked_webhook(address) if kind == Endpoint.Kind.WEBHOOK else _checked_chat(address)
    endpoint = Endpoint(
        organization=organization,
        kind=kind,
        name=name,
        sealed_address=seal(address.strip()),
        shown_as=shown,
        events=_known_events(events),
        created_at=timezone.now(),
        created_by=by,
    )
    endpoint.full_clean(exclude=["created_by", "disabled_at"])
    endpoint.save()
    secret = _add_secret(endpoint) if kind == Endpoint.Kind.WEBHOOK else ""
    return endpoint, secret


@transaction.atomic
def rotate_secret(endpoint: Endpoint) -> str:
    """Give a webhook a new secret; the one before signs beside it for a week, older ones end."""
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if endpoint.kind != Endpoint.Kind.WEBHOOK:
        raise Conflict(_("Only webhooks are signed."))
    now = timezone.now()
    endpoint.secrets.filter(expires_at__gt=now).update(expires_at=now)
    endpoint.secrets.filter(expires_at=None).update(expires_at=now + OVERLAP)
    return _add_secret(endpoint)


@transaction.atomic
def enable_endpoint(endpoint: Endpoint) -> Endpoint:
    """Switch a channel on again, with a clean slate."""
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    endpoint.disabled_at, endpoint.disabled_because, endpoint.failures = None, "", 0
    endpoint.save(update_fields=["disabled_at", "disabled_because", "failures"])
    return endpoint


@transaction.atomic
def disable_endpoint(endpoint: Endpoint, *, because: str) -> bool:
    """Switch a channel off; what waits for it is dropped. False where it was off already."""
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if endpoint.disabled_at is not None:
        return False
    endpoint.disabled_at, endpoint.disabled_because = timezone.now(), because[:200]
    endpoint.save(update_fields=["disabled_at", "disabled_because"])
    waiting = endpoint.deliveries.filter(state=Delivery.State.WAITING)
    waiting.update(
        state=Delivery.State.DROPPED, failure=because[:200], claim=None, claimed_until=None
    )
    return True


@transaction.atomic
def try_endpoint(endpoint: Endpoint) -> Delivery:
    """Queue a message that says it is only a try."""
    now = timezone.now()
    if endpoint.disabled_at is not None:
        raise Conflict(_("This channel is switched off. Switch it on first."))
    row = Notification.objects.create(
        organization=endpoint.organization,
        event="endpoint.tried",
        key=f"{endpoint.pk}-{now.timestamp()}",
        title="This is a try",
        text="Somebody wants to see whether this channel works. It does.",
        data={"endpoint_id": endpoint.pk},
        at=now,
    )
    return Delivery.objects.create(
        organization_id=endpoint.organization_id, notification=row, endpoint=endpoint, due_at=now
    )


def _add_secret(endpoint: Endpoint) -> str:
    secret = webhook.new_secret()
    EndpointSecret.objects.create(
        organization_id=endpoint.organization_id,
        endpoint=endpoint,
        sealed=seal(secret),
        created_at=timezone.now(),
    )
    return secret


def _known_events(events: Sequence[str]) -> list[str]:
    unknown = set(events) - set(Event.values)
    if unknown or not events:
        raise ValidationError({"events": _("Choose at least one of the events.")})
    return [event for event in Event.values if event in events]


def _checked_webhook(address: str) -> str:
    """The host to show. Its path and query may be secrets."""
    refusal = _refusal(address.strip())
    if refusal:
        raise ValidationError({"address": refusal})
    parts = urlsplit(address.strip())
    return f"{parts.scheme}://{parts.netloc}/…"[:200]


def _refusal(address: str) -> str:
    if len(address) > MAX_ADDRESS:
        return _("An address has at most %(max)s characters.") % {"max": MAX_ADDRESS}
    try:
        URLValidator(schemes=["http", "https"])(address)
        parts = urlsplit(address)
        host = parts.hostname or ""
    except (ValidationError, ValueError):
        return _("This is not a web address: https://example.org/hooks/plumbline")
    if parts.username or parts.password or parts.fragment:
        return _("An address here has no user name, password or fragment.")
    if egress.literal_is_forbidden(host):
        return _("Private addresses are not reached from here. The operator can allow a network.")
    return ""


def _checked_chat(address: str) -> str:
    address = address.strip()
    try:
        if len(address) > MAX_ADDRESS:
            raise chat.BadAddress
        return chat.masked(address)
    except chat.BadAddress as error:
        schemes = ", ".join(sorted(chat.SCHEMES))
        message = _("Not an address in apprise's form, like slack://… Supported: %(schemes)s.")
        raise ValidationError({"address": message % {"schemes": schemes}}) from error
