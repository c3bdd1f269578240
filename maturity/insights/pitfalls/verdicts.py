"""How a pitfall's standing becomes the verdict that people see."""

from collections.abc import Iterable, Mapping
from typing import Any

from maturity.insights.base import Verdict
from maturity.insights.evidence import plain
from maturity.insights.hysteresis import Band, Latches, Standing, held
from maturity.insights.period import Period
from maturity.insights.phrases import Day, Phrase, Value, Words, in_turn, noop, phrase

_LAST_KNOWN = {
    "clear": noop("Last known: clear on %(day)s."),
    "watch": noop("Last known: watch on %(day)s."),
    "raised": noop("Last known: raised(%(severity)s) on %(day)s."),
}
_SEVERITIES = (noop("low"), noop("medium"), noop("high"))


def verdict(
    key: str,
    period: Period,
    standing: Standing,
    *,
    confidence: float | None,
    evidence: dict[str, Any],
    missing: Iterable[str],
    words: Iterable[Phrase],
) -> Verdict:
    """Return the verdict of a series that applies. A silent one keeps its state for a while.

    `confidence` is None where this period could not be judged.
    """
    unknown = standing.is_unknown(period.thresholds.frame)
    raised = standing.state == "raised" and not unknown
    last_known = standing.last_known() if unknown else None
    return Verdict(
        kind="pitfall",
        key=key,
        state="unknown" if unknown else standing.state,
        severity=standing.severity if raised else None,
        confidence=None if confidence is None else round(confidence, 6),
        evidence=plain(
            {
                **_origin(period),
                "since": standing.since,
                "silent_periods": standing.silent,
                "last_known": last_known,
                **evidence,
            }
        ),
        missing=tuple(missing),
        words=(*words, *_silence(standing, unknown=unknown)),
    )


def not_applicable(key: str, period: Period, evidence: dict[str, Any]) -> Verdict:
    """Return the verdict for an organisation that has no product ops."""
    return Verdict(
        kind="pitfall",
        key=key,
        state="not_applicable",
        evidence=plain({**_origin(period), **evidence}),
        words=(phrase("There is no product-ops function."),),
    )


def cannot_be_judged(because: Iterable[Phrase]) -> Phrase:
    return phrase("Cannot be judged: %(reasons)s.", reasons=in_turn(because))


def tests_evidence(readings: Mapping[str, Band], latches: Latches) -> dict[str, Any]:
    """Return where each test stands and which are latched, as every pitfall writes it down."""
    return {
        "breached": sorted(test for test, band in readings.items() if band is Band.BREACHED),
        "unknown_tests": [test for test, band in readings.items() if band is Band.UNKNOWN],
        "bands": {test: band.value for test, band in readings.items()},
        "latched": held(latches),
    }


def _silence(standing: Standing, *, unknown: bool) -> Words:
    """Say what is known of a series that this period, or several, could not be judged."""
    if not unknown:
        held = phrase("The state is that of the last month that could be judged.")
        return (held,) if standing.silent else ()
    if standing.reached is None:
        return ()
    known: dict[str, Value] = {"day": Day(standing.reached)}
    if standing.state == "raised" and standing.severity is not None:
        known["severity"] = phrase(standing.severity)
    return (phrase(_LAST_KNOWN[standing.state], **known),)


def _origin(period: Period) -> dict[str, Any]:
    return {"T": period.end, "thresholds_version": period.thresholds.version}
