"""How a pitfall's standing becomes the verdict that people see."""

from collections.abc import Iterable, Mapping
from typing import Any

from maturity.insights.base import Verdict
from maturity.insights.evidence import plain
from maturity.insights.hysteresis import Band, Latches, Standing, held
from maturity.insights.period import Period


def verdict(
    key: str,
    period: Period,
    standing: Standing,
    *,
    confidence: float | None,
    evidence: dict[str, Any],
    missing: Iterable[str],
    message: str,
) -> Verdict:
    """Return the verdict of a series that applies. A silent one keeps its state for a while.

    `confidence` is None where this period could not be judged.
    """
    unknown = standing.is_unknown(period.thresholds.frame)
    raised = standing.state == "raised" and not unknown
    last_known = standing.last_known() if unknown else None
    if last_known is not None:
        message += f" {str(last_known['text']).capitalize()}."
    elif standing.silent and not unknown:
        message += " The state is that of the last month that could be judged."
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
        message=message,
    )


def not_applicable(key: str, period: Period, evidence: dict[str, Any]) -> Verdict:
    """Return the verdict for an organisation that has no product ops."""
    return Verdict(
        kind="pitfall",
        key=key,
        state="not_applicable",
        evidence=plain({**_origin(period), **evidence}),
        message="There is no product-ops function.",
    )


def tests_evidence(readings: Mapping[str, Band], latches: Latches) -> dict[str, Any]:
    """Return where each test stands and which are latched, as every pitfall writes it down."""
    return {
        "breached": sorted(test for test, band in readings.items() if band is Band.BREACHED),
        "unknown_tests": [test for test, band in readings.items() if band is Band.UNKNOWN],
        "bands": {test: band.value for test, band in readings.items()},
        "latched": held(latches),
    }


def _origin(period: Period) -> dict[str, Any]:
    return {"T": period.end, "thresholds_version": period.thresholds.version}
