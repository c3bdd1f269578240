"""Links and the mails that carry them. A link is a secret; the database keeps its hash."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from maturity.models import Person
from surveys.banks import PM
from surveys.errors import AlreadyAnswered, LinkUnknown, NotYetOpen, TooLate
from surveys.models import Invitation, Message, Wave
from surveys.privacy import kept_labels

BATCH = 1_000


def token_for(secret: bytes, invitation_id: uuid.UUID) -> str:
    """The invitation's token: the same one for every mail of the wave, 43 url-safe characters."""
    digest = hmac.new(secret, invitation_id.bytes, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def link_for(token: str) -> str:
    return f"{settings.BASE_URL}{reverse('surveys:respond', args=[token])}"


def invite(wave: Wave, people: Sequence[Person], *, secret: bytes, due_at: datetime) -> None:
    """Write an invitation and a mail to send for each person; the mails wait until `due_at`."""
    language = wave.bank.language
    audiences = kept_labels([PM] * len(people), wave.k)
    languages = kept_labels([language] * len(people), wave.k)
    # Random ids: nothing here repeats the order of the roster.
    ids = [uuid.uuid4() for _person in people]
    Invitation.objects.bulk_create(
        (
            Invitation(
                id=pk,
                organization=wave.organization,
                wave=wave,
                person=person,
                audience=PM if PM in audiences else "",
                language=language if language in languages else "",
                token_hash=hash_of(token_for(secret, pk)),
            )
            for pk, person in zip(ids, people, strict=True)
        ),
        batch_size=BATCH,
    )
    Message.objects.bulk_create(
        (
            Message(
                organization=wave.organization,
                wave=wave,
                person=person,
                kind=Message.Kind.INVITATION,
                due_at=due_at,
            )
            for person in people
        ),
        batch_size=BATCH,
    )


def find_invitation(token: str) -> Invitation:
    """Return the invitation of a link with its wave, one query. Raises LinkUnknown."""
    invitation: Invitation | None = (
        Invitation.objects.select_related("wave__organization", "wave__bank")
        .filter(token_hash=hash_of(token))
        .first()
    )
    if invitation is None:
        raise LinkUnknown(_("This link does not belong to any survey."))
    return invitation


def refuse_unless_answerable(invitation: Invitation, *, at: datetime) -> None:
    """Raise AlreadyAnswered, NotYetOpen or TooLate where an answer would not be taken."""
    wave = invitation.wave
    if invitation.responded:
        raise AlreadyAnswered(_("Your answers are in."))
    if wave.accepts_answers(at=at):
        return
    if wave.status == Wave.Status.OPEN and wave.opens_at is not None and at < wave.opens_at:
        raise NotYetOpen(_("This survey has not opened yet."))
    raise TooLate(_("This survey is closed."))
