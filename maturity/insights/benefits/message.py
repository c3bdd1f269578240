"""Benefits in words: now, before, and the date in between. Nothing here names a cause."""

from collections.abc import Sequence
from datetime import date

from maturity.insights.benefits.metric import Level, Metric
from maturity.insights.evidence import percent

METRIC_NAMES = {
    "chore_hours": "Hours of chores a week (median)",
    "leverage_index": "Favourable on leverage",
    "between_team_spread": "Spread between teams (tau)",
    "checklist_pass_rate": "Launches with the whole checklist done",
    "checklist_spread": "Spread of the pass rate between teams (tau)",
    "first_owned_decision": "Days to the first owned decision (median)",
    "self_serve": "Favourable on self-serve",
    "question_to_answer": "Question to answer (median)",
    "event_plan_conformance": "Conformance to the event plan",
    "reuse": "Insights used by another team within 90 days",
    "reach": "Favourable on learning across teams",
}
_BASELINES = {
    "before_product_ops": "before product ops",
    "first_measured": "at the first measurement",
}
_CHANGES = {"better": "better", "worse": "worse", "no_clear_change": "no clear change"}


def message(metrics: Sequence[Metric], started_on: date | None) -> str:
    """Return one sentence per figure that there is, and when product ops started."""
    measured = [metric for metric in metrics if metric.now is not None]
    if not measured:
        reasons = [f"{METRIC_NAMES[m.key].lower()}: {m.because}" for m in metrics if m.because]
        return f"Cannot be judged: {'; '.join(reasons)}."
    sentences = [_sentence(metric) for metric in measured]
    if started_on is not None:
        sentences.append(f"Product ops started on {started_on}.")
    return " ".join(sentences)


def _sentence(metric: Metric) -> str:
    if metric.now is None:
        return ""
    text = f"{METRIC_NAMES[metric.key]}: {_shown(metric, metric.now)} (n = {metric.now.n})"
    if metric.before is None or metric.baseline is None:
        return f"{text}; there is nothing to compare it with yet."
    text += f", {_BASELINES[metric.baseline]} {_shown(metric, metric.before)}"
    if metric.change is None:
        return f"{text}; the change has no interval, so none is called."
    interval = metric.change.interval
    low, high = (amount(metric.unit, limit, signed=True) for limit in (interval.low, interval.high))
    return f"{text}: {_CHANGES[metric.state]} (90 % interval of the change {low} to {high})."


def _shown(metric: Metric, level: Level) -> str:
    return f"{amount(metric.unit, level.value)} [{level.label}]"


def amount(unit: str, value: float, *, signed: bool = False) -> str:
    """Return a figure in its unit; a change of one carries its sign."""
    sign = "+" if signed else ""
    match unit:
        case "share":
            return f"{100 * value:+.0f} points" if signed else f"{percent(value)}%"
        case "days":
            return f"{value:{sign}.0f} days"
        case "hours":
            return f"{value:{sign}.1f} h"
        case "wd":
            return f"{value:{sign}.1f} wd"
    return f"{value:{sign}.2f}"
