"""A finding's life: the engine opens and resolves it, people decide what to do about it.

Both lock the finding's row before they look at it, so neither overwrites the other; doing again
what is done changes nothing and leaves no second step in the history.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from maturity.errors import FindingOver, Stale
from maturity.insights.base import Severity
from maturity.insights.novelty import new_evidence
from maturity.models import (
    ApiKey,
    Finding,
    FindingNote,
    FindingTransition,
    Organization,
    User,
    VerdictRecord,
)
from maturity.services.finding_news import tell_step

By = User | ApiKey
State = Finding.State
Kind = FindingTransition.Kind

# [C] our convention: what is put off for longer is dismissed, with a reason.
LONGEST_SNOOZE = timedelta(days=366)
BATCH = 200
_SAVED = (
    "severity",
    "state",
    "verdict",
    "dismissed_verdict",
    "snoozed_until",
    "resolved_at",
    "owner",
    "version",
)


@transaction.atomic
def acknowledge_finding(
    finding: Finding,
    *,
    by: By,
    reason: str = "",
    seen: int | None = None,
    at: datetime | None = None,
) -> Finding:
    """Say that somebody is on it. `seen` is the version that the decision is based on.

    `at` (None: now): when they did, where a history is written down.
    """
    finding = _lock(finding, seen=seen)
    if finding.state == State.ACKNOWLEDGED:
        return finding
    return _move(finding, State.ACKNOWLEDGED, Kind.ACKNOWLEDGED, by=by, reason=reason, then=at)


@transaction.atomic
def snooze_finding(
    finding: Finding, *, until: datetime, by: By, reason: str = "", seen: int | None = None
) -> Finding:
    """Put it aside until a moment; then it comes back by itself. Raises ValidationError."""
    now = timezone.now()
    if not now < until <= now + LONGEST_SNOOZE:
        raise ValidationError({"until": _("Choose an end in the future, at most a year from now.")})
    finding = _lock(finding, seen=seen)
    if finding.snoozed_until == until:
        return finding
    return _move(finding, State.SNOOZED, Kind.SNOOZED, by=by, reason=reason, snoozed_until=until)


@transaction.atomic
def dismiss_finding(finding: Finding, *, reason: str, by: By, seen: int | None = None) -> Finding:
    """Judge it to be no problem here. It reopens on new evidence alone (insights.novelty)."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why this is no problem here.")})
    finding = _lock(finding, seen=seen)
    if finding.state == State.DISMISSED:
        return finding
    return _move(
        finding,
        State.DISMISSED,
        Kind.DISMISSED,
        by=by,
        reason=reason.strip(),
        dismissed_verdict=finding.verdict,
    )


@transaction.atomic
def reopen_finding(
    finding: Finding, *, by: By, reason: str = "", seen: int | None = None
) -> Finding:
    """Take back an acknowledgement, a snooze or a dismissal."""
    finding = _lock(finding, seen=seen)
    if finding.state == State.OPEN:
        return finding
    return _move(finding, State.OPEN, Kind.REOPENED, by=by, reason=reason)


@transaction.atomic
def assign_finding(
    finding: Finding, *, owner: User | None, by: By, seen: int | None = None
) -> Finding:
    """Say whose it is; None: nobody's. Only a member of the organisation can own it."""
    finding = _lock(finding, seen=seen)
    if owner == finding.owner:
        return finding
    if owner is not None and not finding.organization.memberships.filter(user=owner).exists():
        raise ValidationError({"owner": _("Only a member of the organisation can own a finding.")})
    finding.owner = owner
    _save(finding)
    _step(finding, Kind.ASSIGNED, before="", by=by, reason=str(owner or "Nobody"))
    return finding


def add_note(finding: Finding, *, text: str, by: By) -> FindingNote:
    """Contribute to the discussion. Raises ValidationError where nothing is said."""
    note = FindingNote(
        organization_id=finding.organization_id,
        finding=finding,
        text=text.strip(),
        at=timezone.now(),
        **_author(by),
    )
    note.full_clean()
    note.save()
    return note


def end_snoozes(*, at: datetime) -> int:
    """Bring back what was put aside until now; return how many. Safe to run twice at once."""
    count = 0
    while batch := _end_batch(at=at):
        count += batch
    return count


@transaction.atomic
def _end_batch(*, at: datetime) -> int:
    due = Finding.objects.snooze_over(at=at).order_by("pk").select_related("verdict")
    findings = list(due.select_for_update(of=("self",), skip_locked=True)[:BATCH])
    for finding in findings:
        _move(finding, State.OPEN, Kind.SNOOZE_ENDED)
    return len(findings)


def apply_verdicts(
    organization: Organization,
    records: Iterable[VerdictRecord],
    *,
    at: datetime,
    past: bool = False,
) -> None:
    """Open what is raised, resolve what cleared, note what changed about the rest.

    Only clear and not applicable resolve: unknown is not good news. Call it in the transaction
    that holds the organisation's record clock. `past`: the steps are of then, and no news.
    """
    then = at if past else None
    rows = Finding.objects.for_organization(organization).standing().filter(unit=None)
    locked = rows.select_related("dismissed_verdict").select_for_update(of=("self",))
    standing = {finding.key: finding for finding in locked.order_by("pk")}
    for record in records:
        if record.kind != "pitfall":
            continue
        finding = standing.get(record.key)
        if finding is None:
            _open(organization, record, at=at, then=then)
        elif record.state in {"clear", "not_applicable"}:
            finding.verdict = record
            _move(finding, State.RESOLVED, Kind.RESOLVED, then=then, resolved_at=at)
        else:
            _update(finding, record, then=then)


def _open(
    organization: Organization, record: VerdictRecord, *, at: datetime, then: datetime | None
) -> None:
    """Open a finding for what is raised, also where the last periods could not be judged."""
    held = record.standing
    if held["state"] != "raised":
        return
    finding = Finding(
        organization=organization,
        key=record.key,
        severity=held["severity"],
        verdict=record,
        opened_on=date.fromisoformat(held["on"]),
        opened_at=at,
    )
    finding.full_clean()
    finding.save()
    _step(finding, Kind.RAISED, before="", then=then)


def _update(finding: Finding, record: VerdictRecord, *, then: datetime | None) -> None:
    """Keep the newest verdict; a severity that changed and new evidence are steps."""
    before, severity = finding.severity, record.severity or finding.severity
    finding.verdict, finding.severity = record, severity
    if severity == before:
        finding.save(update_fields=["verdict"])
    else:
        _save(finding)
        _step(finding, Kind.SEVERITY, before=before, after=severity, then=then)
    dismissed = finding.dismissed_verdict
    if dismissed is None or record.state != "raised":
        return
    news = new_evidence(
        before=dismissed.evidence,
        severity_before=cast("Severity | None", dismissed.standing["severity"]),
        after=record.evidence,
        severity_after=cast("Severity | None", record.severity),
    )
    if news:
        reason = f"New evidence: {', '.join(news)}."
        _move(finding, State.OPEN, Kind.REOPENED, reason=reason, then=then)


def _lock(finding: Finding, *, seen: int | None) -> Finding:
    """Lock the row until the transaction ends; refuse what is over or was changed meanwhile."""
    # Without joins: a row whose verdict changes while this waits would drop out of them.
    Finding.objects.select_for_update().get(pk=finding.pk)
    locked: Finding = Finding.objects.select_related("organization", "verdict", "owner").get(
        pk=finding.pk
    )
    if seen is not None and seen != locked.version:
        raise Stale(_("Somebody changed this finding meanwhile. Look at it again first."))
    if locked.state == State.RESOLVED:
        raise FindingOver(_("This finding is resolved: the pitfall cleared."))
    return locked


def _move(
    finding: Finding,
    state: Finding.State,
    kind: FindingTransition.Kind,
    *,
    by: By | None = None,
    reason: str = "",
    then: datetime | None = None,
    **belongings: Any,
) -> Finding:
    """Change the state with what belongs to it, and keep the step."""
    before = finding.state
    finding.state = state
    for name in ("snoozed_until", "dismissed_verdict", "resolved_at"):
        setattr(finding, name, belongings.get(name))
    _save(finding)
    _step(finding, kind, before=before, by=by, reason=reason.strip(), then=then)
    return finding


def _save(finding: Finding) -> None:
    finding.version += 1
    finding.save(update_fields=_SAVED)


def _step(
    finding: Finding,
    kind: FindingTransition.Kind,
    *,
    before: str,
    after: str = "",
    by: By | None = None,
    reason: str = "",
    then: datetime | None = None,
) -> None:
    step = FindingTransition.objects.create(
        organization_id=finding.organization_id,
        finding=finding,
        kind=kind,
        before=before,
        after=after or finding.state,
        reason=reason,
        verdict=finding.verdict,
        owner_id=finding.owner_id,
        snoozed_until=finding.snoozed_until,
        at=then or timezone.now(),
        **({} if by is None else _author(by)),
    )
    if then is None:
        tell_step(finding, step)


def _author(by: By) -> dict[str, By]:
    return {"user" if isinstance(by, User) else "key": by}
