"""One gate's figures in words. Waiting goes along with a gate; nothing here says it causes it."""

from maturity.insights.evidence import (
    FEW_PEOPLE,
    fixed,
    in_percent,
    people_in_words,
    short,
    some_in_words,
    wait,
)
from maturity.insights.period import Period
from maturity.insights.phrases import Number, Phrase, Value, Words, in_turn, joined, nphrase, phrase
from maturity.insights.pitfalls.gatekeeper.figures import GateFigures
from maturity.insights.pitfalls.gatekeeper.requests import Quantile


def gate_message(figures: GateFigures, because: Words, period: Period) -> Phrase:
    """Return what a reader needs to follow one gate's verdict."""
    name = figures.gate.name
    if because:
        return phrase(
            "%(gate)s cannot be judged: %(reasons)s.", gate=name, reasons=in_turn(because)
        )
    sentences = (
        _waiting(figures),
        _approved(figures),
        _compared(figures),
        _bypassed(figures),
        _basis(figures, period),
    )
    said = (sentence for sentence in sentences if sentence is not None)
    return phrase("%(gate)s: %(sentences)s", gate=name, sentences=joined(said, " "))


def _waiting(figures: GateFigures) -> Phrase | None:
    if figures.half is None or figures.tail is None:
        return None
    # What was never approved is missing from the file, so the true waits are longer.
    at_least = figures.approved_only
    return phrase(
        "half of requests wait %(half)s, 15 %% %(tail)s (%(requests)s, %(pending)s still open).",
        half=_printed(figures.half, at_least=at_least),
        tail=_printed(figures.tail, at_least=at_least),
        requests=nphrase("%(count)s request", "%(count)s requests", figures.n),
        pending=some_in_words(figures.pending),
    )


def _approved(figures: GateFigures) -> Phrase | None:
    if figures.approved_only:
        return phrase("Only approved requests are recorded.")
    share, approvals = figures.approvals.share, figures.approvals
    if share is None:
        return None
    if 0 < approvals.decided - approvals.approved < FEW_PEOPLE < approvals.decided:
        # An exact share of a known number would give the few others away.
        most = in_percent(1 - FEW_PEOPLE / approvals.decided)
        return phrase("Over %(share)s are approved.", share=most)
    return phrase("%(share)s are approved.", share=in_percent(share))


def _compared(figures: GateFigures) -> Phrase | None:
    cost = figures.cost
    if cost is None or cost.median is None:
        return None
    other = wait(cost.median)
    if cost.ratio is None or cost.p is None:
        return phrase("Comparable work without the gate: %(wait)s.", wait=other)
    return phrase(
        "Comparable work without the gate: %(wait)s; the gate goes along with %(ratio)s times the "
        "wait (p = %(p)s), an association, not a cause.",
        wait=other,
        ratio=fixed(cost.ratio, 1),
        p=Number(f"{cost.p:.2g}"),
    )


def _bypassed(figures: GateFigures) -> Phrase | None:
    if figures.bypass is None or not figures.bypass.flagged:
        return None
    return phrase(
        "%(around)s of %(launches)s launches that needed it have no request: people route around "
        "the gate, so its requests do not show all the work.",
        around=people_in_words(figures.bypass.bypassed),
        launches=figures.bypass.launches,
    )


def _basis(figures: GateFigures, period: Period) -> Phrase | None:
    if figures.half is None:
        return None
    return phrase(
        "Opened in the %(days)s days before %(day)s; 95 %% interval of the half %(low)s to "
        "%(high)s wd; slow above %(limit)s wd.",
        days=figures.window_days,
        day=period.end,
        low=_limit(figures.half.interval.low),
        high=_limit(figures.half.interval.high),
        limit=short(period.thresholds.gatekeeper.t1_half_enter),
    )


def _limit(working_days: float | None) -> Value:
    return phrase("not reached") if working_days is None else fixed(working_days, 1)


def _printed(quantile: Quantile, *, at_least: bool) -> Phrase:
    waited = wait(quantile.compared)
    if not quantile.reached:
        return phrase("> %(wait)s", wait=waited)
    return (
        phrase("at least %(wait)s", wait=waited)
        if at_least
        else (phrase("more than %(wait)s", wait=waited))
    )
