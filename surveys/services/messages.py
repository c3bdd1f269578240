"""Send what is due: each mail claimed, sent, and committed as sent, one by one.

Killed anywhere, nobody is left out: a claim runs out and another worker takes over. Twice
goes only the mail whose sending the kill cut off, under the same Message-ID.
"""

import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from maturity.channels import email
from surveys.models import Invitation, Message, Wave, WaveItem, WaveSecret
from surveys.models.invitations import MessageQuerySet
from surveys.services.allotments import put_to
from surveys.services.invitations import link_for, token_for
from surveys.services.letters import Letter, write_letter
from surveys.services.links import results_link
from surveys.services.opt_outs import note_refused
from surveys.services.sheets import minutes_for
from surveys.services.standing import standing_of

BATCH = 100
MAX_ATTEMPTS = 8
# Waits after a mail that was not taken: 1, 2, 4 … minutes, all in all about two hours.
FIRST_RETRY = timedelta(minutes=1)
# While the mail server is away nobody's attempts are used up.
SERVER_RETRY = timedelta(seconds=30)
# A reminder that could not leave is tried again for a day; then the next one will do.
REMINDER_RETRY = timedelta(minutes=10)
REMINDED_WITHIN = timedelta(days=1)
# A database that was restarted is back long before that.
NOTED_WITHIN_SECONDS, NOTED_AGAIN_SECONDS = 60, 0.2
HELD_REFUSED = "the address was refused before"

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
        self.waves = Wave.objects.select_related(
            "organization", "bank", "series", "follow_up"
        ).in_bulk(waves)
        self.items: dict[int, list[WaveItem]] = {pk: [] for pk in waves}
        for item in WaveItem.objects.filter(wave__in=waves).select_related("question"):
            self.items[item.wave_id].append(item)
        self.minutes: dict[tuple[int, str, str], int] = {}
        organizations = {wave.organization_id: wave.organization for wave in self.waves.values()}
        self.standing = standing_of(
            [message.person for message in messages], organizations.values()
        )

    def send(self) -> int:
        """Send them all, one by one; give back what cannot leave now. Return how many left."""
        sent = 0
        try:
            with email.connect() as server:
                for message in self.messages:
                    email.reopen(server)
                    sent += self._send_one(message, server)
        except email.Unreachable as error:
            logger.warning("mail_server_unreachable", reason=str(error))
            self._give_back(str(error))
        return sent

    def _send_one(self, message: Message, server: BaseEmailBackend) -> bool:
        if not self._renew(message):
            return False  # our lease ran out and another worker has it
        outcome = _OUTCOMES[message.kind]
        letter = self._letter(message)
        if letter is None:
            self._finish(message, state=outcome.unwanted)
            return False
        if not self.standing.takes_mail(message.person):
            self._give_up(message, HELD_REFUSED)
            return False
        try:
            email.send(
                message.person.email,
                letter.subject,
                letter.body,
                message_id=message_id_of(message),
                headers=letter.headers,
                connection=server,
            )
        except email.Refused as error:
            if outcome.tells and isinstance(error, email.AddressRefused):
                address = message.person.email
                note_refused(message.person, address=address, reason=str(error))
            self._give_up(message, str(error))
            return False
        except email.TryLater as error:
            self._try_later(message, str(error))
            return False
        self._note_taken(message, outcome.sent(timezone.now()))
        return True

    def _note_taken(self, message: Message, changes: dict[str, Any]) -> None:
        """Write down that the mail server has it: what is not noted goes twice.

        A database that is away is waited for: nobody else can take the mail over meanwhile.
        """
        until = time.monotonic() + NOTED_WITHIN_SECONDS
        while True:
            try:
                return self._finish(message, **changes)
            except (OperationalError, InterfaceError):
                if connection.in_atomic_block or time.monotonic() >= until:
                    raise
                connection.close()
                time.sleep(NOTED_AGAIN_SECONDS)

    def _renew(self, message: Message) -> bool:
        """Extend the claim over this mail, unless it went to another worker meanwhile."""
        until = timezone.now() + _lease()
        mine = Message.objects.filter(pk=message.pk, claim=self.claim)
        return mine.update(claimed_until=until) == 1

    def _letter(self, message: Message) -> Letter | None:
        """The mail; None once nobody wants it: over, gone, opted out or, to remind, answered."""
        wave = self.waves[message.wave_id]
        if not self.standing.wanted(message.person_id, wave.series_id):
            return None
        invitation = self.invitations.get((message.wave_id, message.person_id))
        if invitation is None:
            return None  # the person was taken off the wave
        link = self._link(message, wave, invitation)
        if link is None:
            return None
        return write_letter(
            message,
            wave,
            link=link,
            minutes=self._minutes(wave, invitation),
            language=invitation.shown_in,
        )

    def _minutes(self, wave: Wave, invitation: Invitation) -> int:
        """How long the questions take that this person is asked; worked out once per label."""
        label = (wave.pk, invitation.audience, invitation.group)
        if label not in self.minutes:
            items = self.items[wave.pk]
            asked = put_to(items, audience=invitation.audience, group=invitation.group)
            self.minutes[label] = minutes_for(wave, items, asked)
        return self.minutes[label]

    def _link(self, message: Message, wave: Wave, invitation: Invitation) -> str | None:
        """What the mail is to open: the person's link, or the results; None once that is over."""
        if message.kind == Message.Kind.RESULTS:
            return results_link(wave)
        secret = self.secrets.get(message.wave_id)
        over = wave.closes_at is None or wave.closes_at <= timezone.now()
        if secret is None or over or invitation.state != Invitation.State.ACTIVE:
            return None
        # Read at the last moment: whoever has just answered is not reminded.
        silent = Invitation.objects.filter(pk=invitation.pk, responded=False)
        if message.kind == Message.Kind.REMINDER and not silent.exists():
            return None
        return link_for(token_for(secret, invitation.pk, invitation.link_number))

    def _try_later(self, message: Message, reason: str) -> None:
        """Put the mail back for a while; give it up after enough attempts."""
        if message.kind == Message.Kind.REMINDER:
            # Its row must not tell that it was tried; it stays claimed until its next attempt.
            if timezone.now() >= message.due_at + REMINDED_WITHIN:
                self._finish(message, state=Message.State.DONE)
            else:
                self._mine(message).update(claimed_until=timezone.now() + REMINDER_RETRY)
            return
        attempts = message.attempts + 1
        if attempts >= MAX_ATTEMPTS:
            self._give_up(message, reason)
            return
        retry_at = timezone.now() + FIRST_RETRY * 2 ** (attempts - 1)
        self._finish(message, due_at=retry_at, attempts=attempts, failure=reason)

    def _give_up(self, message: Message, reason: str) -> None:
        attempts = message.attempts + 1
        self._finish(message, **_OUTCOMES[message.kind].given_up(attempts, reason))

    def _finish(self, message: Message, **changes: Any) -> None:
        self._mine(message).update(claim=None, claimed_until=None, **changes)

    def _mine(self, message: Message) -> MessageQuerySet:
        return Message.objects.filter(pk=message.pk, claim=self.claim)

    def _give_back(self, reason: str) -> None:
        """Free what is still ours and waits, for when the server may be back."""
        free = {"claim": None, "claimed_until": None}
        waiting = Message.objects.filter(claim=self.claim, state=Message.State.WAITING)
        retry_at = timezone.now() + SERVER_RETRY
        waiting.filter(kind=Message.Kind.REMINDER).update(**free, due_at=retry_at)
        waiting.update(**free, due_at=retry_at, failure=reason)


@dataclass(frozen=True)
class _Outcome:
    """What is written on a message of one kind: a reminder's row must not tell how it fared."""

    tells: bool

    @property
    def unwanted(self) -> str:
        return Message.State.DROPPED if self.tells else Message.State.DONE

    def sent(self, at: datetime) -> dict[str, Any]:
        if not self.tells:
            return {"state": Message.State.DONE}
        return {"state": Message.State.SENT, "sent_at": at, "failure": ""}

    def given_up(self, attempts: int, reason: str) -> dict[str, Any]:
        if not self.tells:
            return {"state": Message.State.DONE}
        return {"state": Message.State.FAILED, "attempts": attempts, "failure": reason}


_OUTCOMES = {kind: _Outcome(tells=kind != Message.Kind.REMINDER) for kind in Message.Kind.values}
