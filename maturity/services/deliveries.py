"""Send what is due: each delivery claimed, sent, and committed as sent, one by one.

Killed anywhere, nothing is left out: a claim runs out and another worker takes over. Twice goes
only what the kill cut off in the middle, under the same id, so that receivers can tell.
"""

import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from maturity.channels import chat, email, webhook
from maturity.channels.sealing import Unreadable, unseal
from maturity.errors import Conflict
from maturity.models import Delivery, DeliveryAttempt, Endpoint, Event, Membership
from maturity.services.endpoints import disable_endpoint
from maturity.services.mails import mail_of
from maturity.services.notifications import notify
from maturity.services.payloads import payload_of
from maturity.services.titles import title_to_store

MAX_ATTEMPTS = 10
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=6)
# While the mail server is away nobody's attempts are used up.
SERVER_RETRY = timedelta(seconds=30)
# Attempts in a row, over all its deliveries, after which a channel is switched off.
FAILURES_ALLOWED = 30
MAX_IN_DIGEST = 200

State = Delivery.State
logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How one try went. `final`: no further try can do better."""

    failure: str = ""
    status: int | None = None
    final: bool = False
    server_away: bool = False

    @property
    def sent(self) -> bool:
        return not self.failure


def send_due_deliveries() -> int:
    """Send everything that is due; return how many left. Safe to run many times at once."""
    sent = 0
    while parcel := _claim_parcel():
        sent += _send(*parcel)
    return sent


@transaction.atomic
def replay_delivery(delivery: Delivery) -> Delivery:
    """Send it once more from the beginning, under its old id. Raises Conflict while it waits."""
    delivery = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if delivery.state == State.WAITING:
        raise Conflict(_("It is on its way."))
    delivery.state, delivery.sent_at, delivery.attempts = State.WAITING, None, 0
    delivery.due_at, delivery.failure = timezone.now(), ""
    delivery.save()
    return delivery


def backoff(attempts: int, *, chance: float) -> timedelta:
    """The wait after so many failed attempts; `chance` (0 to 1) spreads it by up to a half."""
    wait: timedelta = min(FIRST_RETRY * 3 ** (attempts - 1), LONGEST_RETRY)
    return wait * (1 + chance / 2)


def _claim_parcel() -> tuple[uuid.UUID, list[Delivery]] | None:
    """Take what is due next: one delivery, or all of one person's digest; None: nothing is due."""
    now, claim = timezone.now(), uuid.uuid4()
    with transaction.atomic():
        due = Delivery.objects.due(at=now).order_by("due_at", "id")
        first = due.select_for_update(skip_locked=True, of=("self",)).first()
        if first is None:
            return None
        mine = [first.pk]
        if first.digest:
            same = due.filter(digest=True, user=first.user_id, organization=first.organization_id)
            locked = same.select_for_update(skip_locked=True, of=("self",))
            mine = list(locked.values_list("pk", flat=True)[:MAX_IN_DIGEST])
        until = now + timedelta(seconds=settings.MESSAGE_LEASE_SECONDS)
        Delivery.objects.filter(pk__in=mine).update(claim=claim, claimed_until=until)
    parcel = Delivery.objects.filter(claim=claim).select_related(
        "organization", "notification", "user", "endpoint"
    )
    return claim, list(parcel.order_by("notification__at", "id"))


def _send(claim: uuid.UUID, parcel: list[Delivery]) -> int:
    first = parcel[0]
    if _is_unwanted(first):
        _finish(claim, parcel, state=State.DROPPED)
        return 0
    outcome = _mail(parcel) if first.user is not None else _push(first)
    return _note(claim, parcel, outcome)


def _is_unwanted(delivery: Delivery) -> bool:
    """The person left or was shut out, or the channel was switched off, since it was queued."""
    if delivery.endpoint is not None:
        return delivery.endpoint.disabled_at is not None
    members = Membership.objects.filter(organization=delivery.organization_id)
    return not members.filter(user=delivery.user_id, user__is_active=True).exists()


def _mail(parcel: list[Delivery]) -> Outcome:
    mail = mail_of(parcel)
    try:
        email.send(
            mail.recipient,
            mail.subject,
            mail.body,
            message_id=mail.message_id,
            headers=mail.headers,
            attachments=mail.attachments,
        )
    except email.Refused as error:
        return Outcome(str(error), final=True)
    except email.Unreachable as error:
        return Outcome(str(error), server_away=True)
    except email.TryLater as error:
        return Outcome(str(error))
    return Outcome()


def _push(delivery: Delivery) -> Outcome:
    endpoint = delivery.endpoint
    if endpoint is None:
        raise ValueError(f"delivery {delivery.pk} has no receiver")
    try:
        address = unseal(bytes(endpoint.sealed_address))
        if endpoint.kind == Endpoint.Kind.CHAT:
            return _chat(delivery, address)
        return _post(delivery, endpoint, address)
    except Unreadable as error:
        return Outcome(str(error), final=True)


def _chat(delivery: Delivery, address: str) -> Outcome:
    told = delivery.notification
    body = "\n\n".join(filter(None, [told.text, _page(told.path)]))
    try:
        taken = chat.send(address, title=told.title, body=body or told.title)
    except chat.BadAddress:
        return Outcome("this service is not supported any more", final=True)
    return Outcome() if taken else Outcome("not taken")


def _post(delivery: Delivery, endpoint: Endpoint, address: str) -> Outcome:
    now = timezone.now()
    signing = [unseal(row.sealed) for row in endpoint.secrets.active(at=now)]
    answer = webhook.post(
        address,
        payload_of(delivery.notification),
        message_id=str(delivery.pk),
        timestamp=int(now.timestamp()),
        signing=signing,
    )
    return Outcome(answer.failure, answer.status, final=answer.gone)


def _note(claim: uuid.UUID, parcel: list[Delivery], outcome: Outcome) -> int:
    """Keep how it went: in the log, on the rows, and for the channel's health."""
    now = timezone.now()
    DeliveryAttempt.objects.bulk_create(
        DeliveryAttempt(
            organization_id=each.organization_id,
            delivery=each,
            at=now,
            status=outcome.status,
            failure=outcome.failure[:200],
        )
        for each in parcel
    )
    if outcome.sent:
        _finish(
            claim, parcel, state=State.SENT, sent_at=now, failure="", attempts=F("attempts") + 1
        )
        _healthy(parcel[0].endpoint)
        return len(parcel)
    if outcome.server_away:
        logger.warning("mail_server_unreachable", reason=outcome.failure)
        _finish(claim, parcel, due_at=now + SERVER_RETRY, failure=outcome.failure[:200])
        return 0
    _retry_or_give_up(claim, parcel, outcome, now=now)
    return 0


def _retry_or_give_up(
    claim: uuid.UUID, parcel: list[Delivery], outcome: Outcome, *, now: datetime
) -> None:
    attempts = parcel[0].attempts + 1
    changes: dict[str, Any] = {"attempts": attempts, "failure": outcome.failure[:200]}
    if outcome.final or attempts >= MAX_ATTEMPTS:
        changes["state"] = State.FAILED
    else:
        changes["due_at"] = now + backoff(attempts, chance=random.random())  # noqa: S311
    _finish(claim, parcel, **changes)
    if parcel[0].endpoint is not None:
        _unhealthy(parcel[0].endpoint, outcome)


def _finish(claim: uuid.UUID, parcel: Iterable[Delivery], **changes: Any) -> None:
    Delivery.objects.filter(pk__in=[each.pk for each in parcel], claim=claim).update(
        claim=None, claimed_until=None, **changes
    )


def _healthy(endpoint: Endpoint | None) -> None:
    if endpoint is not None and endpoint.failures:
        Endpoint.objects.filter(pk=endpoint.pk).update(failures=0)


def _unhealthy(endpoint: Endpoint, outcome: Outcome) -> None:
    """Count a failure; switch a channel off that fails again and again, and tell the leads."""
    Endpoint.objects.filter(pk=endpoint.pk).update(failures=F("failures") + 1)
    endpoint.refresh_from_db(fields=["failures"])
    if endpoint.failures < FAILURES_ALLOWED and outcome.status != 410:
        return
    with transaction.atomic():
        if not disable_endpoint(endpoint, because=outcome.failure):
            return
        data = {"endpoint_id": endpoint.pk, "name": endpoint.name}
        notify(
            endpoint.organization,
            Event.ENDPOINT_DISABLED,
            key=f"{endpoint.pk}-{endpoint.failures}-{uuid.uuid4()}",
            title=title_to_store(Event.ENDPOINT_DISABLED, data),
            text=f"It failed {endpoint.failures} times in a row, at last: {outcome.failure}.",
            path=f"/admin/maturity/endpoint/{endpoint.pk}/change/",
            data=data,
        )


def _page(path: str) -> str:
    return f"{settings.BASE_URL}{path}" if path else ""
