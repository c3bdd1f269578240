"""The figures of one cell that may be shown, worked out from the answers behind it."""

from typing import Any

from maturity import stats
from surveys.privacy import Decision
from surveys.scoring import ScoredItem

# Exact intervals are computed up to this many eligible people.
EXACT_UP_TO = 60


def figures_of(item: ScoredItem, decision: Decision, eligible: int | None) -> dict[str, Any]:
    """What a shown cell holds; nothing for any other. Without `eligible` nothing rests on it."""
    if decision.state != "shown":
        return {}
    figures = {"n": item.n, "eligible": eligible, **_mean(item, eligible)}
    if decision.not_applicable:
        figures["not_applicable"] = item.not_applicable
    if item.favourable is not None:
        figures |= _share(item.favourable, item.n, eligible)
    if decision.detail:
        figures |= _details(item, eligible)
    return figures


def _mean(item: ScoredItem, eligible: int | None) -> dict[str, Any]:
    """Estimates from the answered to the eligible. Everyone answered: no interval is needed."""
    figures: dict[str, Any] = {"mean": item.mean}
    if item.scale.kind == "hours":
        figures["median"] = stats.median(item.scores)
    spread = stats.mean_interval(item.scores, eligible)
    if spread is not None and item.n != eligible:
        figures["mean_low"] = max(spread.low, item.scale.minimum)
        figures["mean_high"] = min(spread.high, item.scale.maximum)
    return figures


def _share(favourable: int, answered: int, eligible: int | None) -> dict[str, Any]:
    figures: dict[str, Any] = {"favourable": favourable}
    if eligible is not None:
        bounds = stats.nonresponse_bounds(favourable, answered, eligible)
        figures |= {"worst": bounds.low, "best": bounds.high}
    if answered == eligible:
        return figures
    wilson = stats.wilson_interval(favourable, answered, eligible)
    if wilson is not None:
        figures |= {"low": wilson.low, "high": wilson.high}
    if eligible is not None and eligible <= EXACT_UP_TO:
        exact = stats.hypergeometric_interval(favourable, answered, eligible)
        if exact is not None:
            figures |= {"exact_low": exact.low, "exact_high": exact.high}
    return figures


def _details(item: ScoredItem, eligible: int | None) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    if item.scale.kind in {"rating", "recommend"}:
        figures["distribution"] = list(item.distribution)
    if item.scale.kind == "recommend":
        score = stats.enps([int(answer) for answer in item.answers], eligible)
        if score is not None:
            figures["enps"] = score.value
            if item.n != eligible:
                figures["enps_low"], figures["enps_high"] = score.interval.low, score.interval.high
    return figures
