"""What initiatives are measured by: a benefit's newest figure, and the levels of other units."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from functools import cache
from statistics import median
from typing import Any

from maturity.insights import Facts, run_checks
from maturity.insights.evidence import FEW_PEOPLE
from maturity.models import Evaluation, Initiative, Organization, VerdictRecord
from maturity.selectors.scores import effective_scores_of_all

# Fewer units than the people of a gate's k are no comparison: one of them could be an accident.
ENOUGH_UNITS = FEW_PEOPLE

Levels = dict[tuple[int | None, str], int]


@cache
def metrics_of() -> tuple[str, ...]:
    """Every figure of the benefits, as "benefit.metric"."""
    verdicts = run_checks(Facts(), as_of=date(2000, 1, 1))
    return tuple(
        f"{verdict.key}.{metric}"
        for verdict in verdicts
        if verdict.kind == "benefit"
        for metric in verdict.evidence["metrics"]
    )


def metric_value(organization: Organization, metric: str) -> float | None:
    """A metric's newest value; None where the newest evaluation could not measure it."""
    if not metric:
        return None
    benefit, _dot, name = metric.partition(".")
    newest = Evaluation.objects.for_organization(organization).order_by("-period_end", "-pk")
    record = VerdictRecord.objects.filter(
        evaluation__in=newest.values("pk")[:1], kind="benefit", key=benefit
    ).first()
    if record is None:
        return None
    now = (record.evidence.get("metrics", {}).get(name) or {}).get("now")
    value = now.get("value") if isinstance(now, Mapping) else now
    return None if value is None else float(value)


def compare_units(initiative: Initiative, *, until: date) -> dict[str, Any] | None:
    """The change of its capabilities' levels beside that of units which had no initiative.

    None where it is about no unit or no capability. Two queries and one more for those left out.
    """
    if initiative.unit_id is None or not initiative.capabilities:
        return None
    organization, keys = initiative.organization, initiative.capabilities
    before = _levels(organization, keys, on=initiative.start_on)
    after = _levels(organization, keys, on=until)
    changes: defaultdict[str, dict[int | None, int]] = defaultdict(dict)
    for (unit, key), level in after.items():
        if (unit, key) in before:
            changes[key][unit] = level - before[unit, key]
    touched = _units_with_one(initiative, until=until)
    return {
        "enough": ENOUGH_UNITS,
        "capabilities": {key: _beside(changes[key], initiative, touched) for key in keys},
    }


def _beside(
    changes: Mapping[int | None, int], initiative: Initiative, touched: set[int | None]
) -> dict[str, Any]:
    others = [change for unit, change in changes.items() if unit not in touched and unit]
    enough = len(others) >= ENOUGH_UNITS
    return {
        "own": changes.get(initiative.unit_id),
        "units": len(others),
        "others_median": median(others) if enough else None,
    }


def _units_with_one(initiative: Initiative, *, until: date) -> set[int | None]:
    """Units with an initiative on one of these capabilities meanwhile; they are no comparison."""
    rows = Initiative.objects.for_organization(initiative.organization)
    meanwhile = rows.filter(start_on__lte=until, capabilities__overlap=initiative.capabilities)
    started = meanwhile.exclude(started_at=None).exclude(ended_at__date__lt=initiative.start_on)
    return {*started.values_list("unit_id", flat=True), initiative.unit_id}


def _levels(organization: Organization, keys: list[str], *, on: date) -> Levels:
    """The effective level in force on a day, by unit and capability key; one query."""
    return {
        (score.unit_id, score.capability.key): score.effective_level
        for score in effective_scores_of_all(organization, as_of=on)
        if score.capability.key in keys and score.effective_level is not None
    }
