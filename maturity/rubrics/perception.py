"""What an assessor says beside what PMs say of the same area: is there a gap? Pure.

A level and a Likert mean are different scales and are never subtracted from each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from maturity import stats

FILE = Path(__file__).parent / "perception_v1.yaml"
Verdict = Literal["overclaimed", "underclaimed", "no_clear_gap", "unknown"]


@dataclass(frozen=True)
class ItemAnswers:
    """One released survey item: valid and favourable answers, who was asked, who responded."""

    n: int
    favourable: int
    eligible: int | None
    response_rate: float | None


@dataclass(frozen=True)
class Perception:
    """The share of favourable answers to an area's items with its 90 % bounds, and the gap."""

    verdict: Verdict
    share: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None


@cache
def conventions() -> dict[str, float]:
    """The numbers in force; each stands beside its source in the file."""
    entries = yaml.safe_load(FILE.read_text())
    return {name: entry["value"] for name, entry in entries.items() if isinstance(entry, dict)}


def perception(level: int | None, items: Sequence[ItemAnswers]) -> Perception:
    """Compare an area's level with what PMs answered to its items in one wave.

    The answers of one person to several items say much the same, so the bounds are those of
    the item that the fewest answered. Unknown without a level, or with too few answers.
    """
    numbers = conventions()
    if not items or not all(_usable(item) for item in items):
        return Perception("unknown")
    n = min(item.n for item in items)
    favourable, answers = sum(item.favourable for item in items), sum(item.n for item in items)
    share = favourable / answers
    eligible = min(item.eligible for item in items if item.eligible is not None)
    # Rounded outwards: a bound never looks tighter than it is.
    lower = stats.wilson_interval(favourable * n // answers, n, eligible, z=stats.Z90)
    upper = stats.wilson_interval(-(-favourable * n // answers), n, eligible, z=stats.Z90)
    if lower is None or upper is None or level is None:
        return Perception("unknown", share=share, n=n)
    over = share < numbers["over_favourable_below"] and upper.high < numbers["over_upper_below"]
    under = share > numbers["under_favourable_above"] and lower.low > numbers["under_lower_above"]
    verdict: Verdict = "no_clear_gap"
    if level >= numbers["high_level"] and over:
        verdict = "overclaimed"
    elif level <= numbers["low_level"] and under:
        verdict = "underclaimed"
    return Perception(verdict, share=share, low=lower.low, high=upper.high, n=n)


def _usable(item: ItemAnswers) -> bool:
    """Enough answers of a known audience to say anything."""
    numbers = conventions()
    known = item.eligible is not None and item.response_rate is not None
    return (
        known
        and item.n >= numbers["answers_min"]
        and (item.response_rate or 0) >= numbers["response_min"]
    )
