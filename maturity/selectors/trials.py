"""Tries of thresholds: how often each pitfall stood raised, and which months read otherwise."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maturity.models import ThresholdsTrial


@dataclass(frozen=True)
class Differing:
    """One check of one month that reads otherwise; `month` ends its period."""

    month: str
    key: str
    before: str
    after: str


@dataclass(frozen=True)
class Raised:
    """In how many months a pitfall stood raised."""

    key: str
    before: int
    after: int


@dataclass(frozen=True)
class Comparison:
    """The history under both numbers."""

    months: int
    differing: Sequence[Differing]
    raised: Sequence[Raised]


def comparison_of(trial: ThresholdsTrial) -> Comparison | None:
    """What a try found; None while it is not done."""
    if trial.result is None:
        return None
    months = trial.result["months"]
    differing = [
        Differing(month["T"], check.partition(".")[2], old, new)
        for month in months
        for check, (old, new) in month["states"].items()
        if old != new
    ]
    return Comparison(len(months), differing, _raised(months))


def _raised(months: Sequence[Mapping[str, Mapping[str, Sequence[str]]]]) -> list[Raised]:
    counts: dict[str, list[Counter[bool]]] = {}
    for month in months:
        for check, states in month["states"].items():
            if check.startswith("pitfall."):
                both = counts.setdefault(check.partition(".")[2], [Counter(), Counter()])
                for count, state in zip(both, states, strict=True):
                    count[state.startswith("raised")] += 1
    return [Raised(key, old[True], new[True]) for key, (old, new) in counts.items()]
