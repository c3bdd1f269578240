"""Try changed thresholds on the history, then switch them on as a new version."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from itertools import zip_longest

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from maturity.errors import Conflict, DomainError, Stale
from maturity.insights import CURRENT_THRESHOLDS, Verdict, period_end_due, replay
from maturity.insights.threshold_changes import BadThresholds, Sourced, changed
from maturity.insights.thresholds import Thresholds
from maturity.models import (
    Organization,
    RecordClock,
    ThresholdsTrial,
    ThresholdsVersion,
    User,
)
from maturity.selectors import facts_for
from maturity.selectors.thresholds import newest_thresholds, sourced, thresholds_of

MAX_ATTEMPTS = 3
TRIED = "try"


def check_changes(changes: Mapping[str, Sourced]) -> Thresholds:
    """The shipped numbers with these changes. Raises ValidationError naming the number."""
    try:
        return changed(CURRENT_THRESHOLDS, changes, version=TRIED)
    except BadThresholds as error:
        raise ValidationError(error.faults) from error


def try_thresholds(
    organization: Organization, changes: Mapping[str, Sourced], *, by: User
) -> ThresholdsTrial:
    """Queue a comparison of the history as judged now and as it would have been judged."""
    check_changes(changes)
    return ThresholdsTrial.objects.create(
        organization=organization,
        base=CURRENT_THRESHOLDS.version,
        before=thresholds_of(organization).version,
        changes=_stored(changes),
        user=by,
        created_at=timezone.now(),
    )


def run_due_trials() -> int:
    """Compute what waits; return how many were done. Safe to run many times at once."""
    count = 0
    while claimed := _claim():
        count += _run(*claimed)
    return count


@transaction.atomic
def switch_on(
    organization: Organization,
    changes: Mapping[str, Sourced],
    *,
    reason: str,
    by: User,
    seen: int | None = None,
) -> ThresholdsVersion:
    """Judge by these numbers from now on; no changes: by the shipped ones again.

    `seen` is the number of the version that the change is based on, 0 for none. The next
    evaluation starts a new series: nothing that was latched is carried over.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why; everybody who looks at a verdict reads it.")})
    check_changes(changes)
    clock = _lock_clock(organization)
    parent = newest_thresholds(organization)
    number = 0 if parent is None else parent.number
    if seen is not None and seen != number:
        raise Stale(_("Somebody switched other thresholds on meanwhile. Look at them first."))
    stored = _stored(changes)
    if stored == ({} if parent is None else parent.changes):
        raise Conflict(_("These are the numbers in force already."))
    row = ThresholdsVersion(
        organization=organization,
        number=number + 1,
        base=CURRENT_THRESHOLDS.version,
        parent=parent,
        changes=stored,
        reason=reason.strip(),
        user=by,
        effective_at=timezone.now(),
    )
    row.full_clean()
    row.save()
    # An evaluation by the new numbers is due, whatever else has changed.
    clock.evaluated_period = None
    clock.save(update_fields=["evaluated_period"])
    return row


def switch_trial_on(
    trial: ThresholdsTrial, *, reason: str, by: User, seen: int | None = None
) -> ThresholdsVersion:
    """Switch on what was tried, once it is done. Raises Stale where the shipped numbers changed."""
    if trial.base != CURRENT_THRESHOLDS.version:
        raise Stale(_("The shipped numbers changed since this try. Try again first."))
    if trial.state != ThresholdsTrial.State.DONE:
        raise DomainError(_("The try is not finished."))
    changes = sourced(trial.changes)
    return switch_on(trial.organization, changes, reason=reason, by=by, seen=seen)


def _lock_clock(organization: Organization) -> RecordClock:
    """Wait for a running evaluation, and hold the next one back until we are done."""
    RecordClock.objects.bulk_create([RecordClock(organization=organization)], ignore_conflicts=True)
    return RecordClock.objects.select_for_update().get(organization=organization)


def _stored(changes: Mapping[str, Sourced]) -> dict[str, dict[str, object]]:
    return {name: asdict(changes[name]) for name in sorted(changes)}


def _claim() -> tuple[uuid.UUID, ThresholdsTrial] | None:
    now, claim = timezone.now(), uuid.uuid4()
    with transaction.atomic():
        due = ThresholdsTrial.objects.due(at=now).order_by("created_at", "id")
        trial = due.select_for_update(skip_locked=True).first()
        if trial is None:
            return None
        if trial.attempts >= MAX_ATTEMPTS:
            # It killed every worker that took it.
            trial.state, trial.claim, trial.claimed_until = ThresholdsTrial.State.FAILED, None, None
            trial.save()
            return claim, trial
        trial.claim, trial.claimed_until = claim, now + _lease()
        trial.attempts += 1
        trial.save()
    return claim, trial


def _lease() -> timedelta:
    return timedelta(seconds=settings.MESSAGE_LEASE_SECONDS)


def _run(claim: uuid.UUID, trial: ThresholdsTrial) -> bool:
    """Replay the months twice, side by side, and note the progress after each."""
    if trial.state != ThresholdsTrial.State.WAITING:
        return False
    organization = trial.organization
    after = changed(CURRENT_THRESHOLDS, sourced(trial.changes), version=TRIED)
    mine = ThresholdsTrial.objects.filter(pk=trial.pk, claim=claim)
    months = []
    for done, total, month in _compare(organization, thresholds_of(organization), after):
        months.append(month)
        progress = {"months_done": done, "months_total": total}
        if not mine.update(**progress, claimed_until=timezone.now() + _lease()):
            return False  # our lease ran out and another worker has it
    finished = {"state": ThresholdsTrial.State.DONE, "result": {"months": months}}
    return bool(mine.update(**finished, claim=None, claimed_until=None))


def _compare(
    organization: Organization, before: Thresholds, after: Thresholds
) -> Iterator[tuple[int, int, dict[str, object]]]:
    """Yield (months done, months in all, month): T and every check's states that differ or hold."""
    facts = facts_for(organization)
    last = period_end_due(timezone.now(), facts.timezone, holidays=facts.holidays)
    pairs = zip_longest(
        replay(facts, until=last, thresholds=before), replay(facts, until=last, thresholds=after)
    )
    total = 0
    for done, ((end, old), (_end, new)) in enumerate(pairs, start=1):
        total = total or _months_between(end, last)
        states = {
            f"{a.kind}.{a.key}": [_state(a), _state(b)] for a, b in zip(old, new, strict=True)
        }
        yield done, max(total, done), {"T": end.isoformat(), "states": states}


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1


def _state(verdict: Verdict) -> str:
    return f"{verdict.state}({verdict.severity})" if verdict.severity else verdict.state
