"""From a row of monthly answers to a state that does not flap.

A test is latched when it is breached and released after two evaluable periods in a row beyond
its exit. What is latched keeps a state up; breaches in a row raise it. A period that cannot be
judged changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from typing import Literal

from maturity.insights.base import Severity, Tri
from maturity.insights.thresholds import FrameRules

SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high")
CAP: Severity = "medium"


class Band(Enum):
    """Where one period's figure lies between a test's two thresholds."""

    BREACHED = "breached"  # beyond the enter threshold
    BETWEEN = "between"
    BEYOND_EXIT = "beyond exit"
    UNKNOWN = "unknown"


def band(*, breached: Tri, beyond_exit: Tri) -> Band:
    """Return the band of two threshold comparisons, either of which may be undecidable."""
    if breached:
        return Band.BREACHED
    if breached is None:
        return Band.UNKNOWN
    if beyond_exit is None:
        return Band.UNKNOWN
    return Band.BEYOND_EXIT if beyond_exit else Band.BETWEEN


@dataclass(frozen=True, slots=True)
class Latch:
    """One test's memory: is it latched, and since how many periods has it been beyond exit."""

    held: bool = False
    beyond: int = 0

    def after(self, reading: Band, rules: FrameRules) -> "Latch":
        """Return the memory one period later. Unknown freezes it."""
        if reading is Band.UNKNOWN:
            return self
        if reading is Band.BREACHED:
            return Latch(held=True)
        if not self.held or reading is Band.BETWEEN:
            return Latch(held=self.held)
        beyond = self.beyond + 1
        return Latch() if beyond >= rules.exit_periods else Latch(held=True, beyond=beyond)


Latches = Mapping[str, Latch]


def advance_latches(
    latches: Latches, readings: Mapping[str, Band], rules: FrameRules
) -> dict[str, Latch]:
    """Return every test's memory one period later."""
    return {
        **latches,
        **{test: latches.get(test, Latch()).after(readings[test], rules) for test in readings},
    }


def held(latches: Latches) -> tuple[str, ...]:
    """Return the latched tests, in their own order."""
    return tuple(test for test, latch in latches.items() if latch.held)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One evaluable period's answer.

    `severity` is what this period's breaches give, `latched` what the latched tests give.
    `behavioural` tells whether a test on behaviour was breached, `wave` names the survey wave
    if a survey test was: two breaches in a row need two different waves.
    """

    severity: Severity | None
    latched: Severity | None
    behavioural: bool
    wave: str | None = None
    critical: bool = False
    low_confidence: bool = False

    @property
    def point(self) -> Severity | None:
        """What this period alone supports: low confidence caps it."""
        return capped(self.severity, low_confidence=self.low_confidence)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a series stands after its last evaluable period, and how long it has been silent."""

    state: Literal["unknown", "clear", "watch", "raised"] = "unknown"
    severity: Severity | None = None
    since: date | None = None
    reached: date | None = None  # this state at this severity
    breaches: int = 0
    wave: str | None = None
    silent: int = 0

    def after(self, answer: Answer | None, *, at: date, rules: FrameRules) -> "Standing":
        """Return the standing one period later; None is a period that cannot be judged."""
        if answer is None:
            return replace(self, silent=self.silent + 1)
        breaches = self._breaches(answer)
        state = self._state(answer, confirmed=breaches >= rules.enter_periods)
        severity = None if state == "clear" else self._severity(answer)
        same = (state, severity) == (self.state, self.severity)
        return Standing(
            state=state,
            severity=severity,
            since=self.since if state == self.state else at,
            reached=self.reached if same else at,
            breaches=breaches,
            wave=answer.wave or self.wave,
        )

    def is_unknown(self, rules: FrameRules) -> bool:
        """Return whether the series reads unknown: never judged, or silent for too long."""
        return self.state == "unknown" or self.silent >= rules.unknown_after

    def last_known(self) -> dict[str, str | None] | None:
        """Return the frozen state with a text such as "raised(high) on 2021-03-01"."""
        if self.reached is None:
            return None
        raised = f"({self.severity})" if self.state == "raised" else ""
        on = self.reached.isoformat()
        return {
            "state": self.state,
            "severity": self.severity if self.state == "raised" else None,
            "on": on,
            "text": f"last known: {self.state}{raised} on {on}",
        }

    def _breaches(self, answer: Answer) -> int:
        if answer.behavioural or (answer.wave is not None and answer.wave != self.wave):
            return self.breaches + 1
        # The same wave once more neither confirms nor interrupts.
        return self.breaches if answer.wave is not None else 0

    def _state(self, answer: Answer, *, confirmed: bool) -> Literal["clear", "watch", "raised"]:
        if worst((answer.severity, answer.latched)) is None:
            return "clear"
        if self.state == "raised" or confirmed or answer.critical:
            return "raised"
        return "watch"

    def _severity(self, answer: Answer) -> Severity | None:
        # Rises with the period, falls to what the latched tests still give. A cap on the
        # period never lowers what is held.
        return worst((mildest(self.severity, answer.latched), answer.point))


def rank(severity: Severity | None) -> int:
    """Return 0 for none, then 1 to 3."""
    return 0 if severity is None else SEVERITIES.index(severity) + 1


def worst(severities: Iterable[Severity | None]) -> Severity | None:
    """Return the highest severity, None if there is none."""
    return max(severities, key=rank, default=None)


def mildest(first: Severity | None, second: Severity | None) -> Severity | None:
    """Return the lower of two severities; None is lower than any."""
    return min(first, second, key=rank)


def capped(severity: Severity | None, *, low_confidence: bool) -> Severity | None:
    """Return the severity that a confidence supports."""
    return mildest(severity, CAP) if low_confidence else severity


def one_lower(severity: Severity) -> Severity:
    """Return the severity one step down; low stays low."""
    return SEVERITIES[max(0, SEVERITIES.index(severity) - 1)]
