"""What people see of the stored figures: a count under k is a band, and so is what gives it away.

The stored evidence keeps exact shares, because a verdict has to be replayed and compared. Beside
a known number of people an exact share is a count again; so pages, API and exports go through
here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from maturity.insights.evidence import FEW_PEOPLE, people

BAND = f"<{FEW_PEOPLE}"
# What counts people's acts: requests, decisions, launches, and who made them.
_COUNTS = frozenset(
    (
        "n",
        "pending",
        "older",
        "requesters",
        "n_compared",
        "decisions",
        "taken",
        "rejected",
        "logged",
        "undated",
        "launches",
        "bypassed",
    )
)


@dataclass(frozen=True, slots=True)
class _Part:
    """A count out of a total in the same mapping, and the figures that would give it away."""

    count: str
    total: str
    share: str
    also: tuple[str, ...] = ()


_PARTS = (
    _Part("active", "eligible", "A", ("decay",)),
    _Part("taken", "n", "C", ("ci95",)),
    _Part("older", "pending", "share"),
    _Part("bypassed", "launches", "share"),
    _Part("rejected", "n", "A", ("ci95",)),
)

SHARES = frozenset(part.share for part in _PARTS)


def disclosed(evidence: Any) -> Any:
    """Return evidence as people may see it: a hidden share is None beside a bound."""
    if isinstance(evidence, list):
        return [disclosed(inner) for inner in evidence]
    if not isinstance(evidence, Mapping):
        return evidence
    shown = {key: _shown(key, value) for key, value in evidence.items()}
    for part in _PARTS:
        if part.count in evidence and _is_few(evidence[part.count]):
            shown |= _without(part, evidence)
    return shown


def bound_of(evidence: Mapping[str, Any]) -> str | None:
    """Return what is told of a hidden share, e.g. "<0.2"; None where nothing can be."""
    below, at_least = evidence.get("below"), evidence.get("at_least")
    if below is not None:
        return f"<{below:g}"
    return None if at_least is None else f">{at_least:g}"


def _shown(key: str, value: Any) -> Any:
    if key in _COUNTS and isinstance(value, int) and _is_few(value):
        return people(value)
    return disclosed(value)


def _is_few(count: Any) -> bool:
    """Whether a count is a band already, or of 1 to k - 1. Of nobody there is nothing to hide."""
    return count == BAND or (isinstance(count, int) and 0 < count < FEW_PEOPLE)


def _without(part: _Part, evidence: Mapping[str, Any]) -> dict[str, Any]:
    total = evidence.get(part.total)
    bound = None
    if isinstance(total, int) and total >= FEW_PEOPLE:
        bound = ceil(100 * FEW_PEOPLE / total) / 100
    hidden = dict.fromkeys(name for name in (part.share, *part.also) if name in evidence)
    if part.count == "rejected":
        return {**hidden, "rejected": BAND, "at_least": None if bound is None else 1 - bound}
    return {**hidden, part.count: BAND, "below": bound}
