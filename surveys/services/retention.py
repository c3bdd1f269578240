"""Delete raw answers when their time is over; what was released of them stays."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from surveys.models import (
    Comment,
    Invitation,
    LedgerEntry,
    LedgerSecret,
    OutsideResponse,
    OutsideWave,
    Response,
    Wave,
)


def delete_due_answers(*, at: datetime | None = None) -> int:
    """Delete the answers of every survey that kept them long enough; return how many surveys.

    Safe to run many times at once. The deleted rows' remains are removed like those of a
    closing: the waves have traces again.
    """
    at = at or timezone.now()
    own = list(Wave.objects.answers_due_to_go(at=at).values_list("pk", flat=True))
    outside = list(OutsideWave.objects.answers_due_to_go(at=at).values_list("pk", flat=True))
    return sum(_forget_wave(pk, at) for pk in own) + sum(_forget_outside(pk, at) for pk in outside)


@transaction.atomic
def _forget_wave(pk: int, at: datetime) -> bool:
    due = Wave.objects.answers_due_to_go(at=at).select_for_update(no_key=True, of=("self",))
    wave = due.filter(pk=pk).first()
    if wave is None:
        return False  # opened again, or done by somebody else
    for table in (Response, Comment):
        table.objects.filter(wave=wave).delete()
    # Who answered is needed only where answers could still be added.
    Invitation.objects.filter(wave=wave).update(responded=False)
    LedgerEntry.objects.filter(release__wave=wave).delete()
    LedgerSecret.objects.filter(wave=wave).delete()
    wave.answers_deleted_at, wave.traces_removed_at = at, None
    wave.save(update_fields=["answers_deleted_at", "traces_removed_at"])
    return True


@transaction.atomic
def _forget_outside(pk: int, at: datetime) -> bool:
    due = OutsideWave.objects.answers_due_to_go(at=at).select_for_update()
    wave = due.filter(pk=pk).first()
    if wave is None:
        return False
    OutsideResponse.objects.filter(wave=wave).delete()
    LedgerEntry.objects.filter(release__outside=wave).delete()
    LedgerSecret.objects.filter(outside=wave).delete()
    wave.answers_deleted_at = at
    wave.save(update_fields=["answers_deleted_at"])
    return True
