"""Launches that needed a gate and have no request: people route around it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from maturity.insights.facts import Gate
from maturity.insights.period import Period


@dataclass(frozen=True, slots=True)
class Bypass:
    """Launches of one window that needed the gate, and how many of them have no request."""

    launches: int
    bypassed: int
    share: float | None
    flagged: bool

    def as_evidence(self) -> dict[str, Any]:
        return {
            "launches": self.launches,
            "bypassed": self.bypassed,
            "share": self.share,
            "flagged": self.flagged,
        }


def bypass(gate: Gate, period: Period, days: int) -> Bypass | None:
    """Count the launches of a gate's window; None where no launch is known to need it.

    Launches from before the gate's start did not need it yet.
    """
    since = period.end - timedelta(days=days)
    if gate.started_on is not None:
        since = max(since, gate.started_on)
    needed = [
        launch
        for launch in period.facts.launches
        if launch.required_gate_key == gate.gate_key and launch.launched_on >= since
    ]
    if not needed:
        return None
    rules = period.thresholds.gatekeeper
    around = sum(launch.gate_request_id is None for launch in needed)
    share = around / len(needed)
    enough = len(needed) >= rules.bypass_launches_min
    return Bypass(len(needed), around, share, enough and share >= rules.bypass_share)
