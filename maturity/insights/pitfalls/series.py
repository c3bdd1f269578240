"""One pitfall's memory over the months, for pitfalls that are judged as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from maturity.insights.base import Severity
from maturity.insights.confidence import is_low
from maturity.insights.hysteresis import (
    Answer,
    Band,
    Latch,
    Standing,
    advance_latches,
    held,
    worst,
)
from maturity.insights.period import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month's outcome: where each test stands and the severity that each breached one gives.

    `certainty` is None where the month could not be judged. `wave` names the survey wave if a
    survey test was breached; `survey_tests` are those that behaviour has no part in.
    """

    readings: Mapping[str, Band]
    gives: Mapping[str, Severity]
    certainty: float | None
    survey_tests: frozenset[str]
    wave: str | None = None
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """What one month hands to the next; `given` is the worst each test gave while latched."""

    latches: Mapping[str, Latch] = field(default_factory=dict)
    given: Mapping[str, Severity | None] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)

    def after(self, month: Month, period: Period) -> "Series":
        """Return the memory one month later; a month that cannot be judged changes nothing."""
        rules, at = period.thresholds.frame, period.end
        if month.certainty is None:
            return replace(self, standing=self.standing.after(None, at=at, rules=rules))
        latches = advance_latches(self.latches, month.readings, rules)
        given = {
            test: worst((self.given.get(test), month.gives.get(test))) for test in held(latches)
        }
        answer = Answer(
            severity=worst(month.gives.values()),
            latched=worst(given.values()),
            behavioural=any(test not in month.survey_tests for test in month.gives),
            wave=month.wave,
            critical=month.critical,
            low_confidence=is_low(month.certainty, rules),
        )
        return Series(latches, given, self.standing.after(answer, at=at, rules=rules))
