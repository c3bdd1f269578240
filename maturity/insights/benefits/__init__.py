"""The five benefits to expect: what is measured now, what was before, and whether it changed.

Nothing here says that product ops caused a change: it is shown beside the date it started on.
"""

from collections.abc import Callable, Sequence
from functools import partial

from maturity.insights.base import BenefitState, Inputs, Verdict
from maturity.insights.benefits.asked import chore_hours, favourable, spread_between_teams
from maturity.insights.benefits.baseline import started_on
from maturity.insights.benefits.durations import first_owned_decision, question_to_answer
from maturity.insights.benefits.launches import checklist_pass_rate, checklist_spread
from maturity.insights.benefits.learning import event_plan, reuse
from maturity.insights.benefits.message import message
from maturity.insights.benefits.metric import Metric
from maturity.insights.evidence import plain
from maturity.insights.period import Period
from maturity.insights.survey_leg import SURVEY

Measure = Callable[[Period], Metric]

BENEFITS: dict[str, tuple[Measure, ...]] = {
    "pm_leverage": (
        chore_hours,
        partial(favourable, key="leverage_index", items=("LEV1", "LEV2", "GAT1")),
    ),
    "quality_consistency": (spread_between_teams, checklist_pass_rate, checklist_spread),
    "faster_ramp": (first_owned_decision,),
    "better_analytics": (
        partial(favourable, key="self_serve", items=("ANA1", "ANA2", "ANA3")),
        question_to_answer,
        event_plan,
    ),
    "cross_product_learning": (
        reuse,
        partial(favourable, key="reach", items=("ONB3", "RES2")),
    ),
}
_INPUTS = {
    "pm_leverage": Inputs(required=(SURVEY,)),
    "quality_consistency": Inputs(required=(), optional=("launches", SURVEY)),
    "faster_ramp": Inputs(required=("pm_ramp",)),
    "better_analytics": Inputs(required=(), optional=("questions", SURVEY)),
    "cross_product_learning": Inputs(required=(), optional=("insights", SURVEY)),
}


class Benefit:
    """One benefit as a check. Benefits have no memory: each period speaks for itself."""

    memory: None = None

    def __init__(self, key: str) -> None:
        self.key = key
        self.inputs = _INPUTS[key]

    def __call__(self, period: Period) -> Verdict:
        metrics = [measure(period) for measure in BENEFITS[self.key]]
        measured = [metric for metric in metrics if metric.now is not None]
        lacking = [m.source for m in metrics if m.now is None and m.source is not None]
        start = started_on(period)
        return Verdict(
            kind="benefit",
            key=self.key,
            state=_state(metrics),
            confidence=_confidence(metrics, measured) if measured else None,
            evidence=plain(
                {
                    "T": period.end,
                    "thresholds_version": period.thresholds.version,
                    "product_ops_started_on": start,
                    "metrics": {metric.key: metric.as_evidence() for metric in metrics},
                }
            ),
            missing=tuple(dict.fromkeys(lacking)),
            words=message(metrics, start),
        )


def _state(metrics: Sequence[Metric]) -> BenefitState:
    """Return one word for several figures.

    Those that point both ways give no clear change. Good news waits for every figure: one that
    is unknown might say otherwise; bad news does not.
    """
    states = {metric.state for metric in metrics if metric.is_called}
    if {"better", "worse"} <= states:
        return "no_clear_change"
    if "worse" in states:
        return "worse"
    if "unknown" in states:
        return "unknown"
    return "better" if "better" in states else "no_clear_change"


def _confidence(metrics: Sequence[Metric], measured: Sequence[Metric]) -> float:
    """Weigh how many of the figures are there, each by how much it rests on."""
    possible = sum(metric.source is not None for metric in metrics)
    weights = [min(1.0, m.now.n / (2 * m.n_min)) for m in measured if m.now is not None]
    return round(sum(weights) / possible, 6)
