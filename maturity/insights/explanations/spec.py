"""How a test is explained: its formula in words and where its figure stands in the evidence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from maturity.insights.disclosure import SHARES, bound_of

Evidence = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One test of a check. `enter` and `leave` name numbers of the thresholds in braces.

    `leave` is empty where a test has no memory. `figures` names members of the evidence, dotted
    where they lie deeper. `title` is what a reader calls the test, where that is not its name.
    `interval` names one that ends with its level, such as ci95.
    """

    name: str
    formula: str
    figures: tuple[str, ...]
    enter: str
    leave: str = ""
    interval: str = ""
    thresholds: tuple[str, ...] = ()
    title: str = ""

    def figure(self, evidence: Evidence) -> Any:
        """Return the figure, or several by name; None where the evidence has none.

        Of a share that is hidden for few people it is the bound that may be told.
        """
        found = {path: _figure(evidence, path) for path in self.figures}
        return next(iter(found.values())) if len(found) == 1 else found


def _no_subjects(evidence: Evidence) -> dict[str, Evidence]:
    return {"": evidence}


@dataclass(frozen=True, slots=True)
class Judgement:
    """One check: its section in the thresholds and its tests.

    `subjects` splits the evidence into what each test is run on: gates, tools, or just one.
    """

    section: str
    tests: tuple[Rule, ...]
    subjects: Callable[[Evidence], Mapping[str, Evidence]] = field(default=_no_subjects)


def look_up(evidence: Evidence, path: str) -> Any:
    """Return a dotted member of the evidence, None where any part is missing."""
    value: Any = evidence
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _figure(evidence: Evidence, path: str) -> Any:
    figure, (inside, _dot, name) = look_up(evidence, path), path.rpartition(".")
    around = look_up(evidence, inside) if inside else evidence
    if figure is not None or name not in SHARES or not isinstance(around, Mapping):
        return figure
    return bound_of(around)


def mapping(evidence: Evidence, name: str) -> Mapping[str, Any]:
    """Return a mapping within the evidence, an empty one where an older check wrote another."""
    found = evidence.get(name)
    return found if isinstance(found, Mapping) else {}


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)


def each(name: str) -> Callable[[Evidence], Mapping[str, Evidence]]:
    """Return the reader of a mapping of subjects within the evidence."""

    def subjects(evidence: Evidence) -> Mapping[str, Evidence]:
        return {key: one for key, one in mapping(evidence, name).items() if _is_mapping(one)}

    return subjects
