"""How far a pitfall's verdict can be relied on: coverage x sufficiency x agreement."""

from maturity.insights.base import Tri
from maturity.insights.thresholds import FrameRules


def confidence(*, usable: int, declared: int, n: float, n_min: float, agreement: float) -> float:
    """Return 0 to 1. Sufficiency is full at twice the minimum of what is counted."""
    return round(usable / declared * min(1.0, n / (2 * n_min)) * agreement, 9)


def agreement(behaviour: Tri, survey: Tri, rules: FrameRules) -> float:
    """Weigh whether behaviour and survey say the same; None is a leg that cannot be judged."""
    if behaviour is None or survey is None:
        return rules.agreement_one_leg
    return rules.agreement_same if behaviour == survey else rules.agreement_conflict


def is_low(value: float | None, rules: FrameRules) -> bool:
    """Return whether a confidence is low, which caps severity; None is no judgement at all."""
    return value is not None and value < rules.confidence_medium
