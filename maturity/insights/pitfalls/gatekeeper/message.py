"""One gate's figures in words. Waiting goes along with a gate; nothing here says it causes it."""

from maturity.insights.evidence import (
    FEW_PEOPLE,
    people_in_words,
    percent,
    plural,
    some_in_words,
    wait,
)
from maturity.insights.period import Period
from maturity.insights.pitfalls.gatekeeper.figures import GateFigures
from maturity.insights.pitfalls.gatekeeper.requests import Quantile


def gate_message(figures: GateFigures, because: tuple[str, ...], period: Period) -> str:
    """Return what a reader needs to follow one gate's verdict."""
    name = figures.gate.name
    if because:
        return f"{name} cannot be judged: {'; '.join(because)}."
    sentences = (
        _waiting(figures),
        _approved(figures),
        _compared(figures),
        _bypassed(figures),
        _basis(figures, period),
    )
    return f"{name}: {' '.join(sentence for sentence in sentences if sentence)}"


def _waiting(figures: GateFigures) -> str:
    if figures.half is None or figures.tail is None:
        return ""
    # What was never approved is missing from the file, so the true waits are longer.
    than = "at least" if figures.approved_only else "more than"
    return (
        f"half of requests wait {_printed(figures.half, than)}, "
        f"15 % {_printed(figures.tail, than)} "
        f"({plural(figures.n, 'request', 'requests')}, "
        f"{some_in_words(figures.pending)} still open)."
    )


def _approved(figures: GateFigures) -> str:
    if figures.approved_only:
        return "Only approved requests are recorded."
    share, approvals = figures.approvals.share, figures.approvals
    if share is None:
        return ""
    if 0 < approvals.decided - approvals.approved < FEW_PEOPLE < approvals.decided:
        # An exact share of a known number would give the few others away.
        return f"Over {percent(1 - FEW_PEOPLE / approvals.decided)}% are approved."
    return f"{percent(share)}% are approved."


def _compared(figures: GateFigures) -> str:
    cost = figures.cost
    if cost is None or cost.median is None:
        return ""
    text = f"Comparable work without the gate: {wait(cost.median)}"
    if cost.ratio is None or cost.p is None:
        return f"{text}."
    return (
        f"{text}; the gate goes along with {cost.ratio:.1f} times the wait (p = {cost.p:.2g}), "
        "an association, not a cause."
    )


def _bypassed(figures: GateFigures) -> str:
    if figures.bypass is None or not figures.bypass.flagged:
        return ""
    launches, around = figures.bypass.launches, figures.bypass.bypassed
    return (
        f"{people_in_words(around)} of {launches} launches that needed it have no request: people "
        "route around the gate, so its requests do not show all the work."
    )


def _basis(figures: GateFigures, period: Period) -> str:
    if figures.half is None:
        return ""
    low, high = figures.half.interval.low, figures.half.interval.high
    limit = period.thresholds.gatekeeper.t1_half_enter
    return (
        f"Opened in the {figures.window_days} days before {period.end}; 95 % interval of the half "
        f"{'not reached' if low is None else f'{low:.1f}'} to "
        f"{'not reached' if high is None else f'{high:.1f}'} wd; slow above {limit:g} wd."
    )


def _printed(quantile: Quantile, than: str) -> str:
    return f"{than if quantile.reached else '>'} {wait(quantile.compared)}"
