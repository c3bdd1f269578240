"""An organisation's own numbers: changes to a shipped version, checked before anything uses them.

A change keeps its source beside it. What is left alone is the shipped version's.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from maturity.insights.thresholds import Thresholds

# Two thresholds of one test lie at least this far apart, or values near them flap.
GAP = 0.2
# Their gap is fixed by the definitions (domain definitions 3, hysteresis).
CLOSER = frozenset({"gatekeeper.t2_approved", "too_early.e2_pms"})
# More than this many times the shipped number is a slip of the finger, and costs computing time.
MOST = 10
# Their size has no meaning.
_FREE = frozenset({"gatekeeper.t5_seed"})
_FLOOR = "anonymity threshold"
_FRACTION = re.compile(
    r"share|approved|agreement|confidence|red_|amber_|relieved|dated_min|response_min"
    r"|(unfavourable|upper|holiday|fading|p)_below"
)
_SLACK = 1e-9


@dataclass(frozen=True)
class Sourced:
    """A number and where it comes from."""

    value: float
    source: str


@dataclass(frozen=True)
class Number:
    """One number of a version as people see it. `name` is "section.number"."""

    name: str
    value: float
    source: str
    whole: bool

    @property
    def section(self) -> str:
        return self.name.partition(".")[0]


class BadThresholds(ValueError):
    """Numbers that cannot be used; `faults` says why, by name."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in faults.items()))
        self.faults = dict(faults)


def numbers_of(thresholds: Thresholds) -> dict[str, Number]:
    """Every number with its source, in the order of the file."""
    return {
        name: Number(name, float(value), source, isinstance(value, int))
        for name, source in thresholds.sources.items()
        for value in (_at(thresholds, name),)
    }


def changed(base: Thresholds, changes: Mapping[str, Sourced], *, version: str) -> Thresholds:
    """Return the base with these numbers instead of its own. Raises BadThresholds."""
    numbers = numbers_of(base)
    faults = dict(_faults(numbers, changes))
    if faults:
        raise BadThresholds(faults)
    sections: dict[str, dict[str, object]] = {}
    for name, number in numbers.items():
        section, _dot, key = name.partition(".")
        new = changes.get(name)
        value = number.value if new is None else new.value
        sections.setdefault(section, {})[key] = {
            "value": int(value) if number.whole else float(value),
            "source": number.source if new is None else new.source,
        }
    sources = {n: changes[n].source if n in changes else numbers[n].source for n in numbers}
    return Thresholds.model_validate({**sections, "version": version, "sources": sources})


def _faults(
    numbers: Mapping[str, Number], changes: Mapping[str, Sourced]
) -> Iterator[tuple[str, str]]:
    faulty = False
    for name, change in changes.items():
        shipped = numbers.get(name)
        fault = "there is no such number" if shipped is None else _fault(shipped, change)
        if fault:
            faulty = True
            yield name, fault
    if not faulty:
        yield from _too_close(numbers, changes)


def _fault(shipped: Number, change: Sourced) -> str:
    """Why a number by itself cannot be used; empty where it can."""
    value = change.value
    if not change.source.strip():
        return "a number needs its source"
    if not math.isfinite(value) or value < 0:
        return "needs a number that is not negative"
    if shipped.whole and value != int(value):
        return "needs a whole number"
    least, most, why = _bounds(shipped)
    if value < least:
        return f"at least {least:g}{why}"
    return f"at most {most:g}{why}" if value > most else ""


def _bounds(shipped: Number) -> tuple[float, float, str]:
    """The least and the most that a number may be, and why in words."""
    if shipped.name in _FREE:
        return 0, 2**31 - 1, ""
    if _is_fraction(shipped):
        return 0, 1, ": it is a fraction"
    most = MOST * max(shipped.value, 1)
    if shipped.source.startswith(_FLOOR):
        return shipped.value, most, ": fewer people could be recognised"
    return int(shipped.whole), most, ""


def _is_fraction(number: Number) -> bool:
    return number.value <= 1 and not number.whole and bool(_FRACTION.search(number.name))


def _too_close(
    numbers: Mapping[str, Number], changes: Mapping[str, Sourced]
) -> Iterator[tuple[str, str]]:
    """Pairs of enter and exit that a change leaves too near each other, or crossed."""
    for name, enter in numbers.items():
        if not name.endswith("_enter"):
            continue
        test = name.removesuffix("_enter")
        exit_ = numbers.get(f"{test}_exit")
        if exit_ is None or not {name, exit_.name} & changes.keys():
            continue
        low, high = (_now(each, changes) for each in (enter, exit_))
        gap = 0.0 if test in CLOSER else GAP
        fault = _gap_fault(low, high, gap, falls=exit_.value < enter.value)
        if fault:
            yield (exit_.name if exit_.name in changes else name), fault


def _gap_fault(enter: float, exit_: float, gap: float, *, falls: bool) -> str:
    """`falls`: the test enters above and exits below its threshold."""
    limit = enter * (1 - gap) if falls else enter * (1 + gap)
    far = exit_ <= limit + _SLACK if falls else exit_ >= limit - _SLACK
    if far:
        return ""
    side = "at most" if falls else "at least"
    apart = f", {gap:.0%} from enter {enter:g}" if gap else f", as enter is {enter:g}"
    return f"exit must be {side} {limit:g}{apart}"


def _now(number: Number, changes: Mapping[str, Sourced]) -> float:
    change = changes.get(number.name)
    return number.value if change is None else change.value


def _at(thresholds: Thresholds, name: str) -> float:
    section, _dot, key = name.partition(".")
    value: float = getattr(getattr(thresholds, section), key)
    return value
