"""Links and the mails that carry them. A link is a secret; the database keeps its hash."""

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from maturity.models import Person
from surveys.errors import (
    AlreadyAnswered,
    LinkReplaced,
    LinkRevoked,
    LinkUnknown,
    NotYetOpen,
    TooLate,
)
from surveys.models import Invitation, RetiredLink, Wave
from surveys.services.groups import StoredLabels
from surveys.services.languages import shown_in
from surveys.services.standing import has_left

BATCH = 1_000
TOKEN = re.compile(r"[\w-]{43}", re.ASCII)


def token_for(secret: bytes, invitation_id: uuid.UUID, number: int = 0) -> str:
    """The invitation's token, 43 url-safe characters: the same one for every mail of the wave.

    `number` is how often the link was replaced.
    """
    part = number.to_bytes(2, "big") if number else b""
    digest = hmac.new(secret, invitation_id.bytes + part, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def link_for(token: str) -> str:
    return f"{settings.BASE_URL}{reverse('surveys:respond', args=[token])}"


def invite(
    wave: Wave,
    audience: Sequence[tuple[Person, str]],
    *,
    labels: Mapping[int, StoredLabels],
    secret: bytes,
    offered: list[str],
) -> None:
    """Write an invitation for each person; the mails that carry them are queued apart.

    `labels`: what each person's answers may carry. `offered`: the wave's languages.
    """
    people = [person for person, _label in audience]
    # Random ids: nothing here repeats the order of the roster.
    ids = [uuid.uuid4() for _person in people]
    Invitation.objects.bulk_create(
        (
            Invitation(
                id=pk,
                organization=wave.organization,
                wave=wave,
                person=person,
                audience=labels[person.pk].audience,
                language=labels[person.pk].language,
                group=labels[person.pk].group,
                shown_in=shown_in(person.language, offered),
                token_hash=hash_of(token_for(secret, pk)),
            )
            for pk, person in zip(ids, people, strict=True)
        ),
        batch_size=BATCH,
    )


def find_invitation(token: str) -> Invitation:
    """Return the invitation of a link with its wave, one query.

    Raises LinkReplaced, or LinkUnknown; what cannot be a link costs no query.
    """
    found: Invitation | None = None
    token_hash = hash_of(token)
    if TOKEN.fullmatch(token):
        found = (
            Invitation.objects.select_related("wave__organization", "wave__bank")
            .filter(token_hash=token_hash)
            .first()
        )
        if found is None and RetiredLink.objects.filter(token_hash=token_hash).exists():
            raise LinkReplaced(_("A newer mail brought you a new link."))
    if found is None:
        raise LinkUnknown(_("This link does not belong to any survey."))
    return found


def refuse_unless_answerable(invitation: Invitation, *, at: datetime) -> None:
    """Raise LinkRevoked, AlreadyAnswered, NotYetOpen, or TooLate if none is taken.

    A revoked link, and that of somebody who left, comes first: whoever holds it must not learn
    whether there is an answer.
    """
    wave = invitation.wave
    if invitation.state == Invitation.State.REVOKED or has_left(invitation, at=at):
        raise LinkRevoked(_("This link was withdrawn."))
    if invitation.responded:
        raise AlreadyAnswered(_("Your answers are in."))
    if wave.accepts_answers(at=at):
        return
    if wave.status == Wave.Status.OPEN and wave.opens_at is not None and at < wave.opens_at:
        raise NotYetOpen(_("This survey has not opened yet."))
    raise TooLate(_("This survey is closed."))
