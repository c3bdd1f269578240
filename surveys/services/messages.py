"""Send what is due: each mail claimed, sent, and committed as sent, one by one.

Killed anywhere, nobody is left out: a claim runs out and another worker takes over. Twice
goes only the mail whose sending the kill cut off, under the same Message-ID.
"""

import uuid
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from maturity.channels import email
from surveys.models import Invitation, Message, Wave, WaveSecret
from surveys.services.invitations import link_for, token_for

BATCH = 100
MAX_ATTEMPTS = 8
# Waits after a mail that was not taken: 1, 2, 4 … minutes, all in all about two hours.
FIRST_RETRY = timedelta(minutes=1)
# While the mail server is away nobody's attempts are used up.
SERVER_RETRY = timedelta(seconds=30)

logger = structlog.get_logger(__name__)


def send_due_messages() -> int:
    """Send everything that is due, batch by batch; return how many mails left.

    Safe to run many times at once.
    """
    sent = 0
    while batch := _claim_batch():
        sent += _Batch(*batch).send()
    return sent


def message_id_of(message: Message) -> str:
    """The same for every attempt at one message."""
    host = urlsplit(settings.BASE_URL).hostname
    return f"<{message.kind}-{message.number}.{message.pk.hex}@{host}>"


def _claim_batch() -> tuple[uuid.UUID, list[Message]] | None:
    """Take the next due messages for ourselves for a while; None when nothing is due."""
    now, claim = timezone.now(), uuid.uuid4()
    with transaction.atomic():
        due = Message.objects.due(at=now).order_by("due_at", "id")
        free = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
        if not free:
            return None
        Message.objects.filter(pk__in=free).update(claim=claim, claimed_until=now + _lease())
    mine = Message.objects.filter(claim=claim).select_related("person").order_by("due_at", "id")
    return claim, list(mine)


def _lease() -> timedelta:
    return timedelta(seconds=settings.MESSAGE_LEASE_SECONDS)


class _Batch:
    """Messages claimed together, sent over one connection."""

    def __init__(self, claim: uuid.UUID, messages: list[Message]) -> None:
        self.claim = claim
        self.messages = messages
        waves = {message.wave_id for message in messages}
        people = {message.person_id for message in messages}
        invitations = Invitation.objects.filter(wave__in=waves, person__in=people)
        self.invitations = {
            (invitation.wave_id, invitation.person_id): invitation
            for invitation in invitations.defer("responded", "token_hash")
        }
        secrets = WaveSecret.objects.filter(wave__in=waves).values_list("wave", "secret")
        self.secrets = {wave: bytes(secret) for wave, secret in secrets}
        self.waves = Wave.objects.select_related("organization", "bank").in_bulk(waves)
        self.minutes = {pk: wave.planned_minutes() for pk, wave in self.waves.items()}

    def send(self) -> int:
        """Send them all, one by one; give back what cannot leave now. Return how many left."""
        sent = 0
        try:
            with email.connect() as connection:
                for message in self.messages:
                    email.reopen(connection)
                    sent += self._send_one(message, connection)
        except email.Unreachable as error:
            logger.warning("mail_server_unreachable", reason=str(error))
            self._give_back(str(error))
        return sent

    def _send_one(self, message: Message, connection: BaseEmailBackend) -> bool:
        if not self._renew(message):
            return False  # our lease ran out and another worker has it
        token = self._token(message)
        if token is None:
            self._finish(message, state=Message.State.DROPPED)
            return False
        wave = self.waves[message.wave_id]
        subject, body = invitation_text(wave, token, minutes=self.minutes[wave.pk])
        try:
            email.send(
                message.person.email,
                subject,
                body,
                message_id=message_id_of(message),
                connection=connection,
            )
        except email.Refused as error:
            self._fail(message, str(error), final=True)
            return False
        except email.TryLater as error:
            self._fail(message, str(error), final=message.attempts + 1 >= MAX_ATTEMPTS)
            return False
        self._finish(message, state=Message.State.SENT, sent_at=timezone.now(), failure="")
        return True

    def _renew(self, message: Message) -> bool:
        """Extend the claim over this mail, unless it went to another worker meanwhile."""
        until = timezone.now() + _lease()
        mine = Message.objects.filter(pk=message.pk, claim=self.claim)
        return mine.update(claimed_until=until) == 1

    def _token(self, message: Message) -> str | None:
        """The person's link; None once the wave is closed or the person was taken off it."""
        secret = self.secrets.get(message.wave_id)
        invitation = self.invitations.get((message.wave_id, message.person_id))
        wave = self.waves[message.wave_id]
        over = wave.closes_at is None or wave.closes_at <= timezone.now()
        if secret is None or invitation is None or over:
            return None
        if invitation.state != Invitation.State.ACTIVE:
            return None
        return token_for(secret, invitation.pk, invitation.link_number)

    def _fail(self, message: Message, reason: str, *, final: bool) -> None:
        attempts = message.attempts + 1
        if final:
            self._finish(message, state=Message.State.FAILED, attempts=attempts, failure=reason)
            return
        retry_at = timezone.now() + FIRST_RETRY * 2 ** (attempts - 1)
        self._finish(message, due_at=retry_at, attempts=attempts, failure=reason)

    def _finish(self, message: Message, **changes: str | int | datetime) -> None:
        Message.objects.filter(pk=message.pk, claim=self.claim).update(
            claim=None, claimed_until=None, **changes
        )

    def _give_back(self, reason: str) -> None:
        """Free what is still ours and waits, for when the server may be back."""
        Message.objects.filter(claim=self.claim, state=Message.State.WAITING).update(
            claim=None,
            claimed_until=None,
            due_at=timezone.now() + SERVER_RETRY,
            failure=reason,
        )


def invitation_text(wave: Wave, token: str, *, minutes: int | None) -> tuple[str, str]:
    """Subject and body of an invitation, times in the organisation's zone."""
    context = {
        "wave": wave,
        "organization": wave.organization,
        "minutes": minutes,
        "link": link_for(token),
    }
    with translation.override(wave.bank.language), timezone.override(wave.organization.zone):
        subject = render_to_string("emails/survey_invitation_subject.txt", context)
        body = render_to_string("emails/survey_invitation.txt", context)
    return " ".join(subject.split()), body
