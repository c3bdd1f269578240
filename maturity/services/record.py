"""The record's clock: nothing may land behind a moment that was already shown."""

from datetime import datetime, timedelta

from django.utils import timezone

from maturity.models import Organization, RecordClock


def record_lock(organization: Organization, *, changes_facts: bool = True) -> datetime:
    """Lock the organisation's record until the transaction ends; return its next moment.

    The stamp is the wall clock's time (UTC, microseconds), or one microsecond after the last
    stamp where the wall clock has not moved past it: strictly increasing per organisation,
    and committed in that order. Call it inside `transaction.atomic`. What the checks never
    read (`changes_facts` false) makes no new evaluation due.
    """
    RecordClock.objects.bulk_create([RecordClock(organization=organization)], ignore_conflicts=True)
    clock = RecordClock.objects.select_for_update().get(organization=organization)
    stamp = timezone.now()
    if clock.recorded_at is not None:
        stamp = max(stamp, clock.recorded_at + timedelta(microseconds=1))
    if not changes_facts and clock.evaluated_to is not None:
        # Moves along only where nothing else is waiting to be evaluated.
        seen = clock.evaluated_to == clock.recorded_at
        clock.evaluated_to = stamp if seen else clock.evaluated_to
    clock.recorded_at = stamp
    clock.save(update_fields=["recorded_at", "evaluated_to"])
    return stamp
