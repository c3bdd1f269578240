"""Which requests belong to which gate, and how long they have waited."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from maturity import stats
from maturity.insights.facts import PRODUCT_OPS, Gate, GateRequest
from maturity.insights.period import Period

# These end a wait without an answer, so the wait is cut off at their date.
_GIVEN_UP = ("withdrawn", "expired")


@dataclass(frozen=True, slots=True)
class Quantile:
    """A Kaplan-Meier quantile of waits in wd with its 95 % interval; `wd` None: not reached."""

    wd: float | None
    interval: stats.QuantileInterval
    longest: float

    @property
    def compared(self) -> float:
        """What thresholds see: a quantile that was not reached counts as the longest wait."""
        return self.longest if self.wd is None else self.wd

    @property
    def reached(self) -> bool:
        return self.wd is not None

    def as_evidence(self) -> dict[str, Any]:
        return {
            "wd": self.wd,
            "ci95": [self.interval.low, self.interval.high],
            "text": f"{self.compared:.1f}" if self.reached else f"> {self.longest:.1f}",
        }


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits in wd of requests that got their answer (`ended`) and of those that did not."""

    ended: tuple[float, ...]
    running: tuple[float, ...]

    @property
    def all(self) -> tuple[float, ...]:
        return self.ended + self.running

    def quantile(self, share: float) -> Quantile | None:
        """Return a quantile of all waits, None where there are none."""
        if not self.all:
            return None
        curve = stats.kaplan_meier(self.ended, self.running)
        return Quantile(
            stats.survival_quantile(curve, share),
            stats.survival_quantile_interval(curve, share),
            max(self.all),
        )


class Requests:
    """The non-regulatory requests known at T, by gate, since each gate's start."""

    def __init__(self, period: Period) -> None:
        self._period = period
        self.rows = {gate.gate_key: gate for gate in period.facts.gates}
        self._dated: dict[str, list[GateRequest]] = defaultdict(list)
        self._undated: dict[str, list[GateRequest]] = defaultdict(list)
        self._early: set[str] = set()
        self._owners: dict[str, str] = {}
        for request in period.facts.gate_requests:
            self._add(request)
        seen = {request.gate_key for request in period.facts.gate_requests}
        self._regulatory = seen - self._dated.keys() - self._undated.keys() - self._early

    @cached_property
    def gates(self) -> list[Gate]:
        """The gates that product ops owns; one without a row is known by its requests alone.

        A gate that only ever saw regulatory requests is not product ops' choice.
        """
        unlisted = [
            Gate(gate_key=key, name=key, owner_function=owner)
            for key, owner in self._owners.items()
            if key not in self.rows
        ]
        owned = [*self.rows.values(), *unlisted]
        return sorted(
            (
                gate
                for gate in owned
                if gate.owner_function == PRODUCT_OPS and gate.gate_key not in self._regulatory
            ),
            key=lambda gate: gate.gate_key,
        )

    def of(self, gate_key: str, *, since: datetime | None = None) -> list[GateRequest]:
        """Return a gate's requests opened at or after a moment, or all since its start."""
        dated = self._dated[gate_key]
        return dated if since is None else [r for r in dated if _opened(r) >= since]

    def undated(self, gate_key: str, *, since: datetime) -> int:
        """Count requests without `requested_at` whose other dates, if any, are recent enough."""
        seen = (r.decided_at or r.first_response_at for r in self._undated[gate_key])
        return sum(moment is None or moment >= since for moment in seen)

    def waits(self, requests: Iterable[GateRequest]) -> Waits:
        """Measure waits up to the decision, or up to T where there is none."""
        between, now = self._period.working_time.between, self._period.moment
        ended: list[float] = []
        running: list[float] = []
        for request in requests:
            answered = request.decided_at is not None and request.decision not in _GIVEN_UP
            wait = between(_opened(request), request.decided_at or now)
            (ended if answered else running).append(wait)
        return Waits(tuple(ended), tuple(running))

    def newest(self) -> datetime | None:
        """Return the moment of the newest fact in the log, of any gate."""
        moments = (
            moment
            for request in self._period.facts.gate_requests
            for moment in (request.requested_at, request.decided_at)
            if moment is not None
        )
        return max(moments, default=None)

    def _add(self, request: GateRequest) -> None:
        key, gate = request.gate_key, self.rows.get(request.gate_key)
        if request.gate_owner_function is not None:
            self._owners[key] = request.gate_owner_function
        if request.regulatory:
            return
        if request.requested_at is None:
            self._undated[key].append(request)
            return
        # Only long-lived requests reach a gate from before its start (length bias).
        opened_on = self._period.working_time.local_day(request.requested_at)
        if gate is None or gate.started_on is None or opened_on >= gate.started_on:
            self._dated[key].append(request)
        else:
            self._early.add(key)


def pending(requests: Sequence[GateRequest]) -> list[GateRequest]:
    """Return the requests that nobody has decided and nobody gave up."""
    return [request for request in requests if request.decided_at is None]


def _opened(request: GateRequest) -> datetime:
    if request.requested_at is None:
        raise ValueError(f"request {request.request_id} has no requested_at")
    return request.requested_at
