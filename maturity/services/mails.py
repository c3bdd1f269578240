"""A person's mail about what happened: one notification, or a digest of several."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from maturity.models import Delivery, Membership, NotificationChoice, User
from maturity.services.attachments import Attachment, attachments_of
from maturity.services.finding_news import texts_to_read
from maturity.services.notifications import wish_of
from maturity.services.titles import title_to_read

_SALT = "maturity.notifications.unsubscribe"


@dataclass(frozen=True)
class Mail:
    recipient: str
    subject: str
    body: str
    message_id: str
    headers: dict[str, str]
    attachments: list[Attachment]


def mail_of(parcel: Sequence[Delivery]) -> Mail:
    """Write the mail of one person's deliveries of one organisation."""
    first = parcel[0]
    user, organization = first.user, first.organization
    if user is None:
        raise ValueError(f"delivery {first.pk} goes to nobody")
    link = settings.BASE_URL + unsubscribe_path(user, organization_id=organization.pk)
    context: dict[str, Any] = {
        "organization": organization,
        "base_url": settings.BASE_URL,
        "unsubscribe": link,
        "digest": first.digest,
    }
    language = user.language or settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(organization.zone):
        told = [each.notification for each in parcel]
        context["news"] = [
            {"title": title_to_read(each), "text": text, "told": each}
            for each, text in zip(told, texts_to_read(told), strict=True)
        ]
        subject = str(render_to_string("emails/notification_subject.txt", context))
        body = render_to_string("emails/notification.txt", context)
    host = urlsplit(settings.BASE_URL).hostname
    headers = {
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    subject = " ".join(subject.split())
    files = [file for each in parcel for file in attachments_of(each.notification)]
    return Mail(user.email, subject, body, f"<notice.{first.pk.hex}@{host}>", headers, files)


def unsubscribe_path(user: User, *, organization_id: int) -> str:
    """The page that ends one person's mails of one organisation, without a login."""
    token = signing.dumps([user.pk, organization_id], salt=_SALT, compress=False)
    return reverse("maturity:unsubscribe", args=[token])


def find_subscription(token: str) -> Membership | None:
    """Whose mails a link ends; None for what we never signed, or who is no member any more."""
    try:
        user_id, organization_id = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    members = Membership.objects.select_related("user", "organization")
    return members.filter(user=user_id, organization=organization_id).first()


@transaction.atomic
def unsubscribe(membership: Membership) -> None:
    """Send this person nothing of this organisation from now on. Doing it again changes nothing."""
    never = {"rhythm": NotificationChoice.Rhythm.NEVER}
    wish = wish_of(membership, None)
    NotificationChoice.objects.update_or_create(
        organization=membership.organization,
        user=membership.user,
        defaults=never,
        create_defaults={**never, "events": sorted(wish.events), "timezone": str(wish.zone)},
    )
    waiting = Delivery.objects.for_organization(membership.organization).filter(
        user=membership.user, state=Delivery.State.WAITING
    )
    waiting.update(state=Delivery.State.DROPPED, claim=None, claimed_until=None)
