"""Benefits in words: now, before, and the date in between. Nothing here names a cause."""

from collections.abc import Sequence
from datetime import date

from maturity.insights.benefits.metric import Level, Metric
from maturity.insights.evidence import in_percent
from maturity.insights.phrases import Number, Phrase, Value, Words, noop, phrase
from maturity.insights.pitfalls.verdicts import cannot_be_judged

METRIC_NAMES = {
    "chore_hours": noop("Hours of chores a week (median)"),
    "leverage_index": noop("Favourable on leverage"),
    "between_team_spread": noop("Spread between teams (standard deviation)"),
    "checklist_pass_rate": noop("Launches with the whole checklist done"),
    "checklist_spread": noop("Spread of the pass rate between teams (standard deviation)"),
    "first_owned_decision": noop("Days to the first owned decision (median)"),
    "self_serve": noop("Favourable on self-serve"),
    "question_to_answer": noop("Question to answer (median)"),
    "event_plan_conformance": noop("Conformance to the event plan"),
    "reuse": noop("Insights used by another team within 90 days"),
    "reach": noop("Favourable on learning across teams"),
}
_UNMEASURED = {
    "chore_hours": noop("hours of chores a week (median): %(reason)s"),
    "leverage_index": noop("favourable on leverage: %(reason)s"),
    "between_team_spread": noop("spread between teams (standard deviation): %(reason)s"),
    "checklist_pass_rate": noop("launches with the whole checklist done: %(reason)s"),
    "checklist_spread": noop(
        "spread of the pass rate between teams (standard deviation): %(reason)s"
    ),
    "first_owned_decision": noop("days to the first owned decision (median): %(reason)s"),
    "self_serve": noop("favourable on self-serve: %(reason)s"),
    "question_to_answer": noop("question to answer (median): %(reason)s"),
    "event_plan_conformance": noop("conformance to the event plan: %(reason)s"),
    "reuse": noop("insights used by another team within 90 days: %(reason)s"),
    "reach": noop("favourable on learning across teams: %(reason)s"),
}
_BASELINES = {
    "before_product_ops": noop("before product ops"),
    "first_measured": noop("at the first measurement"),
}
_CHANGES = {
    "better": noop("better"),
    "worse": noop("worse"),
    "no_clear_change": noop("no clear change"),
}


def message(metrics: Sequence[Metric], started_on: date | None) -> Words:
    """Return one sentence per figure that there is, and when product ops started."""
    measured = [_sentence(metric, metric.now) for metric in metrics if metric.now is not None]
    if not measured:
        reasons = (
            phrase(_UNMEASURED[metric.key], reason=metric.because)
            for metric in metrics
            if metric.because is not None
        )
        return (cannot_be_judged(reasons),)
    if started_on is None:
        return tuple(measured)
    return *measured, phrase("Product ops started on %(day)s.", day=started_on)


def _sentence(metric: Metric, now: Level) -> Phrase:
    shown: dict[str, Value] = {
        "figure": phrase(METRIC_NAMES[metric.key]),
        "now": _shown(metric, now),
        "n": Number(f"{now.n}"),
    }
    if metric.before is None or metric.baseline is None:
        return phrase(
            "%(figure)s: %(now)s (n = %(n)s); there is nothing to compare it with yet.", **shown
        )
    shown["baseline"] = phrase(_BASELINES[metric.baseline])
    shown["before"] = _shown(metric, metric.before)
    if metric.change is None:
        return phrase(
            "%(figure)s: %(now)s (n = %(n)s), %(baseline)s %(before)s; the change has no interval, "
            "so none is called.",
            **shown,
        )
    interval = metric.change.interval
    return phrase(
        "%(figure)s: %(now)s (n = %(n)s), %(baseline)s %(before)s: %(change)s (90 %% interval of "
        "the change %(low)s to %(high)s).",
        **shown,
        change=phrase(_CHANGES[metric.state]),
        low=amount(metric.unit, interval.low, signed=True),
        high=amount(metric.unit, interval.high, signed=True),
    )


def _shown(metric: Metric, level: Level) -> Phrase:
    return phrase(
        "%(amount)s [%(label)s]", amount=amount(metric.unit, level.value), label=level.label
    )


def amount(unit: str, value: float, *, signed: bool = False) -> Value:
    """Return a figure in its unit; a change of one carries its sign."""
    sign = "+" if signed else ""
    match unit:
        case "share" if signed:
            return phrase("%(number)s points", number=Number(f"{100 * value:+.0f}"))
        case "share":
            return in_percent(value)
        case "days":
            return phrase("%(number)s days", number=Number(f"{value:{sign}.0f}"))
        case "hours":
            return phrase("%(number)s h", number=Number(f"{value:{sign}.1f}"))
        case "wd":
            return phrase("%(number)s wd", number=Number(f"{value:{sign}.1f}"))
    return Number(f"{value:{sign}.2f}")
