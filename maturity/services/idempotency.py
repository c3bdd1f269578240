"""A write that is sent twice with the same Idempotency-Key happens once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from maturity.errors import DomainError
from maturity.models import IdempotentAnswer, Organization

KEPT = timedelta(hours=24)


class IdempotencyKeyReused(DomainError):
    """The key came before, with another body."""

    code = "idempotency_key_reused"


@dataclass(frozen=True)
class Attempt:
    """One write: where to, under which key, and what its body hashes to."""

    route: str
    key: str
    digest: str


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    repeated: bool = False


@transaction.atomic
def once(organization: Organization, attempt: Attempt, act: Callable[[], Answer]) -> Answer:
    """Do it, or repeat the answer that the same attempt got within a day.

    A second attempt waits until the first one ended. What raises leaves nothing behind, so it
    may be tried again. Raises IdempotencyKeyReused where the body is another.
    """
    _lock(organization, attempt)
    now = timezone.now()
    kept = IdempotentAnswer.objects.for_organization(organization).filter(
        route=attempt.route, key=attempt.key
    )
    known = kept.first()
    if known is not None and known.answered_at > now - KEPT:
        if known.digest != attempt.digest:
            raise IdempotencyKeyReused(
                _("This Idempotency-Key was used for another body within 24 hours.")
            )
        return Answer(known.status, known.answer, repeated=True)
    kept.delete()
    answer = act()
    IdempotentAnswer.objects.create(
        organization=organization,
        route=attempt.route,
        key=attempt.key,
        digest=attempt.digest,
        status=answer.status,
        answer=answer.body,
        answered_at=now,
    )
    return answer


def purge_answers(*, at: datetime) -> int:
    """Forget the answers that are no longer repeated; return how many."""
    return IdempotentAnswer.objects.filter(answered_at__lte=at - KEPT).delete()[0]


def _lock(organization: Organization, attempt: Attempt) -> None:
    """Let the same attempt wait for this one until the transaction ends."""
    name = f"idempotency {organization.pk} {attempt.route} {attempt.key}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
