"""Product ops acts as a gatekeeper: work waits for its approval."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from maturity.insights.base import Inputs, Severity, Verdict
from maturity.insights.confidence import agreement, confidence, is_low
from maturity.insights.evidence import some_in_words
from maturity.insights.hysteresis import (
    Answer,
    Band,
    Latch,
    Standing,
    advance_latches,
    capped,
    held,
    rank,
)
from maturity.insights.period import Period
from maturity.insights.phrases import Number, Words, phrase
from maturity.insights.pitfalls.gatekeeper.figures import GateFigures, measure
from maturity.insights.pitfalls.gatekeeper.message import gate_message
from maturity.insights.pitfalls.gatekeeper.requests import Requests
from maturity.insights.pitfalls.gatekeeper.rules import (
    SURVEY_TEST,
    TESTS,
    is_critical,
    readings,
    severity,
)
from maturity.insights.pitfalls.verdicts import cannot_be_judged, not_applicable, verdict
from maturity.insights.signs import HEADCOUNT
from maturity.insights.survey_leg import SURVEY, waves

KEY = "gatekeeper"
GATES, GATE_REQUESTS = "gates", "gate_requests"
SHOWN_IN_MESSAGE = 3
# Unknown is worse than clear: it may hide anything. A gate yet to start is no gate.
_ORDER = ("clear", "unknown", "watch", "raised")


@dataclass(frozen=True, slots=True)
class Memory:
    """What one month of a gate hands to the next."""

    latches: Mapping[str, Latch] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)


@dataclass(frozen=True, slots=True)
class Judged:
    """One gate in one month; `certainty` is None where it could not be judged."""

    figures: GateFigures
    memory: Memory
    readings: Mapping[str, Band]
    certainty: float | None
    because: Words
    state: str
    point: Severity | None

    @property
    def breached(self) -> list[str]:
        return [test for test, reading in self.readings.items() if reading is Band.BREACHED]

    @property
    def order(self) -> tuple[bool, int, int, int]:
        """Sort key: the worst gate has the largest."""
        held_severity = rank(self.memory.standing.severity) if self.state == "raised" else 0
        return self.figures.started, _ORDER.index(self.state), held_severity, self.figures.n


class Gatekeeper:
    """The pitfall with every gate's memory over the months of one replay."""

    key = KEY
    inputs = Inputs(required=(GATE_REQUESTS,), optional=(GATES, HEADCOUNT, SURVEY))
    memory: dict[str, Memory]

    def __init__(self) -> None:
        self.memory = {}

    def __call__(self, period: Period) -> Verdict:
        """Judge the next month: the organisation's verdict is its worst gate's."""
        if period.has_no_product_ops:
            self.memory = {}
            return not_applicable(KEY, period, {"gates": {}})
        requests = Requests(period)
        faults = _log_faults(requests, period)
        gates = [
            self._judge(measure(gate, requests, period), faults, period) for gate in requests.gates
        ]
        return _verdict(sorted(gates, key=lambda gate: gate.order, reverse=True), faults, period)

    def _judge(self, figures: GateFigures, faults: Words, period: Period) -> Judged:
        rules, key = period.thresholds, figures.gate.gate_key
        because = faults or _gate_faults(figures, period)
        tests = _readings(figures, because, period)
        certainty = None if because else _confidence(figures, tests, period)
        memory = _learn(self.memory.get(key, Memory()), figures, tests, certainty, period)
        self.memory[key] = memory
        unknown = memory.standing.is_unknown(rules.frame)
        state = "unknown" if unknown else memory.standing.state
        breached = [test for test, reading in tests.items() if reading is Band.BREACHED]
        low = is_low(certainty, rules.frame)
        point = capped(severity(breached), low_confidence=low)
        return Judged(figures, memory, tests, certainty, because, state, point)


def _readings(figures: GateFigures, because: Words, period: Period) -> dict[str, Band]:
    """Return every test's band; none at all where there was nothing to test."""
    if not figures.n:
        return {}
    if because:
        return dict.fromkeys(TESTS, Band.UNKNOWN)
    return readings(figures, period.thresholds.gatekeeper)


def _learn(
    memory: Memory,
    figures: GateFigures,
    tests: Mapping[str, Band],
    certainty: float | None,
    period: Period,
) -> Memory:
    rules, at = period.thresholds, period.end
    if certainty is None:
        standing = memory.standing.after(None, at=at, rules=rules.frame)
        return replace(memory, standing=standing)
    latches = advance_latches(memory.latches, tests, rules.frame)
    breached = [test for test, reading in tests.items() if reading is Band.BREACHED]
    answer = Answer(
        severity=severity(breached),
        latched=severity(held(latches)),
        behavioural=any(test != SURVEY_TEST for test in breached),
        wave=waves(figures.answers) if SURVEY_TEST in breached else None,
        critical=is_critical(figures, rules.gatekeeper),
        low_confidence=is_low(certainty, rules.frame),
    )
    return Memory(latches, memory.standing.after(answer, at=at, rules=rules.frame))


def _log_faults(requests: Requests, period: Period) -> Words:
    """Say why no gate at all can be judged."""
    newest, limit = requests.newest(), period.thresholds.frame.event_log_days
    if newest is None:
        return (phrase("no gate requests"),)
    if newest < period.days_before(limit):
        age = (period.moment - newest).days
        return (
            phrase(
                "newest gate request %(age)s days old, at most %(limit)s",
                age=age,
                limit=limit,
            ),
        )
    return ()


def _gate_faults(figures: GateFigures, period: Period) -> Words:
    rules = period.thresholds.gatekeeper
    faults = []
    if figures.n < rules.n_min:
        faults.append(
            phrase(
                "%(requests)s requests in %(days)s days, at least %(least)s needed",
                requests=some_in_words(figures.n),
                days=figures.window_days,
                least=rules.n_min,
            )
        )
    if figures.requesters < rules.requesters_min:
        faults.append(
            phrase("fewer than %(people)s different requesters", people=rules.requesters_min)
        )
    if figures.dated < rules.dated_min and figures.n:
        faults.append(
            phrase(
                "fewer than %(share)s of requests say when they were made",
                share=Number(f"{rules.dated_min:.0%}"),
            )
        )
    return tuple(faults)


def _confidence(figures: GateFigures, tests: Mapping[str, Band], period: Period) -> float:
    felt = {Band.UNKNOWN: None, Band.BREACHED: True}.get(tests[SURVEY_TEST], False)
    behaviour = any(
        reading is Band.BREACHED for test, reading in tests.items() if test != SURVEY_TEST
    )
    return confidence(
        usable=1 + figures.listed + period.pms.usable + (felt is not None),
        declared=Gatekeeper.inputs.count,
        n=figures.n,
        n_min=period.thresholds.gatekeeper.n_min,
        agreement=agreement(behaviour, felt, period.thresholds.frame),
    )


def _verdict(gates: list[Judged], faults: Words, period: Period) -> Verdict:
    """Return the organisation's verdict of its gates, the worst one first."""
    if not gates:
        because = faults or (phrase("no gate is owned by product ops"),)
        return verdict(
            KEY,
            period,
            Standing(),
            confidence=None,
            evidence={"worst_gate": None, "gates": {}, "unknown_because": because},
            missing=[GATE_REQUESTS, GATES] if faults else [GATES],
            words=(cannot_be_judged(because),),
        )
    worst, *_ = gates
    shown = [worst, *(gate for gate in gates[1:SHOWN_IN_MESSAGE] if gate.point)]
    return verdict(
        KEY,
        period,
        worst.memory.standing,
        confidence=worst.certainty,
        evidence={
            "worst_gate": worst.figures.gate.gate_key,
            **_gate_evidence(worst),
            "gates": {
                gate.figures.gate.gate_key: {"state": gate.state, **_gate_evidence(gate)}
                for gate in gates
            },
        },
        missing=_missing(worst, period),
        words=(gate_message(gate.figures, gate.because, period) for gate in shown),
    )


def _gate_evidence(gate: Judged) -> dict[str, Any]:
    tested = bool(gate.readings)
    unknown = [test for test, reading in gate.readings.items() if reading is Band.UNKNOWN]
    standing = gate.memory.standing
    return {
        **gate.figures.as_evidence(),
        "breached": gate.breached if tested else None,
        "unknown_tests": unknown if tested else None,
        "bands": {test: reading.value for test, reading in gate.readings.items()},
        "latched": held(gate.memory.latches),
        "point_severity": gate.point,
        "severity": standing.severity if gate.state == "raised" else None,
        "confidence": gate.certainty,
        "since": standing.since,
        "last_known": standing.last_known() if gate.state == "unknown" else None,
        "unknown_because": gate.because,
    }


def _missing(gate: Judged, period: Period) -> list[str]:
    missing = []
    if gate.because:
        missing.append(GATE_REQUESTS)
    if not gate.figures.listed:
        missing.append(GATES)
    if not period.pms.usable:
        missing.append(HEADCOUNT)
    if not gate.figures.answers:
        missing.append(SURVEY)
    return missing
