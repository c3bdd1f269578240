"""Judge an organisation and keep its findings: open what was raised, resolve what cleared."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time

from django.db import transaction
from django.utils import timezone

from maturity.insights import Digests, Thresholds, Verdict, period_end_due, replay, run_checks
from maturity.insights.phrases import to_json
from maturity.models import (
    Evaluation,
    Holiday,
    Organization,
    RecordClock,
    VerdictRecord,
)
from maturity.selectors import facts_for
from maturity.selectors.thresholds import thresholds_of
from maturity.services.benefit_metrics import store_benefit_metrics
from maturity.services.checkpoints import judge_onwards
from maturity.services.lifecycle import apply_verdicts


def judge(
    organization: Organization, *, as_of: date, thresholds: Thresholds | None = None
) -> list[Verdict]:
    """What the checks conclude for the last evaluation whose period ended by `as_of`.

    A reading: nothing is stored. The months before are replayed from the inputs as known now, by
    the numbers in force (None) or by others.
    """
    numbers = thresholds_of(organization) if thresholds is None else thresholds
    return run_checks(facts_for(organization), as_of=as_of, thresholds=numbers)


@transaction.atomic
def refresh_findings(organization: Organization) -> Evaluation:
    """Evaluate the last complete period, store the verdicts, open and resolve findings.

    Idempotent: the same inputs, period and thresholds give the evaluation that is there.
    The record clock's lock makes concurrent runs queue up instead of opening a finding twice.
    """
    now, clock = timezone.now(), _locked_clock(organization)
    facts, thresholds = facts_for(organization), thresholds_of(organization)
    digests = Digests()
    evaluation, created = Evaluation.objects.get_or_create(
        organization=organization,
        period_end=period_end_due(now, facts.timezone, holidays=facts.holidays),
        thresholds_version=thresholds.version,
        facts_digest=digests.of(facts),
        defaults={"known_at": clock.recorded_at, "computed_at": now},
    )
    if created:
        verdicts = judge_onwards(
            organization,
            facts,
            as_of=evaluation.period_end,
            thresholds=thresholds,
            digests=digests,
        )
        apply_verdicts(organization, _store(evaluation, verdicts), at=now)
    clock.evaluated_to = clock.recorded_at
    clock.evaluated_period = evaluation.period_end
    clock.save(update_fields=["evaluated_to", "evaluated_period"])
    return evaluation


@transaction.atomic
def evaluate_past(organization: Organization, *, first: date) -> None:
    """Evaluate every month that ended since `first`, for a record that was brought in whole.

    Judged by what is known now, as of each month's end: findings are raised and resolved with
    the dates of then, and nobody is told. Does nothing where an evaluation is there already.
    """
    now, clock = timezone.now(), _locked_clock(organization)
    if Evaluation.objects.for_organization(organization).exists():
        return
    facts, thresholds = facts_for(organization), thresholds_of(organization)
    digest, zone = Digests().of(facts), organization.zone
    due = period_end_due(now, facts.timezone, holidays=facts.holidays)
    for end, verdicts in replay(facts, until=due, thresholds=thresholds):
        if end < first:
            continue
        evaluation = Evaluation.objects.create(
            organization=organization,
            period_end=end,
            thresholds_version=thresholds.version,
            facts_digest=digest,
            known_at=clock.recorded_at,
            computed_at=now,
        )
        then = datetime.combine(end, time.min, zone)
        apply_verdicts(organization, _store(evaluation, verdicts), at=then, past=True)


def organizations_due() -> list[int]:
    """Ids of those whose record moved, or a period of which ended, since the last evaluation.

    Two queries whatever their number.
    """
    now = timezone.now()
    holidays: defaultdict[int, set[date]] = defaultdict(set)
    for pk, day in Holiday.objects.current().values_list("organization_id", "day"):
        holidays[pk].add(day)
    return [
        clock.pk
        for clock in RecordClock.objects.select_related("organization").order_by("pk")
        if clock.evaluation_is_due(
            period_end_due(now, clock.organization.timezone, holidays=holidays[clock.pk])
        )
    ]


def _locked_clock(organization: Organization) -> RecordClock:
    """Lock it until the transaction ends, so that runs at once queue up."""
    RecordClock.objects.bulk_create([RecordClock(organization=organization)], ignore_conflicts=True)
    clock: RecordClock = RecordClock.objects.select_for_update().get(organization=organization)
    return clock


def _store(evaluation: Evaluation, verdicts: Sequence[Verdict]) -> list[VerdictRecord]:
    store_benefit_metrics(evaluation, verdicts)
    return VerdictRecord.objects.bulk_create(
        VerdictRecord(
            organization_id=evaluation.organization_id,
            evaluation=evaluation,
            kind=verdict.kind,
            key=verdict.key,
            state=verdict.state,
            severity=verdict.severity,
            confidence=verdict.confidence,
            evidence=verdict.evidence,
            missing=list(verdict.missing),
            message=verdict.message,
            words=to_json(verdict.words),
        )
        for verdict in verdicts
    )
