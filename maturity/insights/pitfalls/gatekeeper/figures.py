"""What one gate's tests compare."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from maturity import stats
from maturity.insights.evidence import people
from maturity.insights.facts import Gate
from maturity.insights.period import Period
from maturity.insights.pitfalls.gatekeeper.bypass import Bypass, bypass
from maturity.insights.pitfalls.gatekeeper.requests import Quantile, Requests, Waits, pending
from maturity.insights.survey_leg import Felt
from maturity.insights.working_time import HOURS_PRINTED_PER_DAY

HALF, TAIL = 0.5, 0.85
ITEMS = ("GAT2", "GAT1")
_OUTCOMES = ("approved", "rejected", "changes_requested")


@dataclass(frozen=True, slots=True)
class Approvals:
    """A = approved / decided, with its plain 95 % Wilson interval."""

    approved: int
    decided: int

    @property
    def share(self) -> float | None:
        return self.approved / self.decided if self.decided else None

    @property
    def interval(self) -> stats.Interval | None:
        return stats.wilson_interval(self.approved, self.decided)

    def as_evidence(self) -> dict[str, Any]:
        return {
            "A": self.share,
            "n": self.decided,
            "rejected": self.decided - self.approved,
            "ci95": [self.interval.low, self.interval.high] if self.interval else None,
        }


@dataclass(frozen=True, slots=True)
class Cost:
    """T5: this gate's waits against comparable work. `ratio` and `p` None: not comparable."""

    compared_gate_key: str
    n: int
    median: float | None
    ratio: float | None
    difference: float | None
    reached: bool
    p: float | None
    draws: int
    seed: int

    def as_evidence(self) -> dict[str, Any]:
        return {
            "compared_gate": self.compared_gate_key,
            "n_compared": self.n,
            "W50_compared": self.median,
            "ratio": self.ratio,
            "p": self.p,
            "draws": self.draws,
            "seed": self.seed,
        }


@dataclass(frozen=True, slots=True)
class Backlog:
    """T6: all requests still pending, and how many of them are older than the limit."""

    pending: int
    old: int

    @property
    def share(self) -> float | None:
        return self.old / self.pending if self.pending else None

    def as_evidence(self) -> dict[str, Any]:
        return {"pending": self.pending, "older": self.old, "share": self.share}


@dataclass(frozen=True, slots=True)
class GateFigures:
    """One gate in one window. `dated` is the share of requests with a `requested_at`."""

    gate: Gate
    listed: bool
    started: bool
    window_days: int
    n: int
    pending: int
    requesters: int
    dated: float
    half: Quantile | None
    tail: Quantile | None
    approvals: Approvals
    load: float | None
    cost: Cost | None
    backlog: Backlog
    bypass: Bypass | None
    answers: tuple[Felt, ...]

    @property
    def approved_only(self) -> bool:
        return self.gate.outcomes_recorded == "approved_only"

    def as_evidence(self) -> dict[str, Any]:
        cost = self.cost
        return {
            "name": self.gate.name,
            "n": self.n,
            "pending": self.pending,
            "window_days": self.window_days,
            "requesters": people(self.requesters),
            "dated_share": self.dated,
            "W50": self.half.as_evidence() if self.half else None,
            "W85": self.tail.as_evidence() if self.tail else None,
            "approval": None if self.approved_only else self.approvals.as_evidence(),
            "load": self.load,
            "T5_ratio": cost.ratio if cost else None,
            "T5_p": cost.p if cost else None,
            "T5": cost.as_evidence() if cost else None,
            "backlog": self.backlog.as_evidence(),
            "bypass": self.bypass.as_evidence() if self.bypass else None,
            "survey": {answer.item_key: answer.as_evidence() for answer in self.answers},
        }


def measure(gate: Gate, requests: Requests, period: Period) -> GateFigures:
    """Measure one gate at T over a quarter, or over half a year where that has too few."""
    rules = period.thresholds.gatekeeper
    days = rules.window_days
    if len(requests.of(gate.gate_key, since=period.days_before(days))) < rules.n_min:
        days = rules.long_window_days
    since = period.days_before(days)
    opened = requests.of(gate.gate_key, since=since)
    undated = requests.undated(gate.gate_key, since=since)
    waits = requests.waits(opened)
    decisions = [request.decision for request in opened if request.decision in _OUTCOMES]
    return GateFigures(
        gate=gate,
        listed=gate.gate_key in requests.rows,
        started=gate.started_on is None or gate.started_on < period.end,
        window_days=days,
        n=len(opened),
        pending=len(pending(opened)),
        requesters=len({r.requester_key for r in opened if r.requester_key}),
        dated=len(opened) / (len(opened) + undated) if opened else 0.0,
        half=waits.quantile(HALF),
        tail=waits.quantile(TAIL),
        approvals=Approvals(decisions.count("approved"), len(decisions)),
        load=_load(requests, period, days),
        cost=_cost(gate, waits, requests, period, days),
        backlog=_backlog(gate, requests, period),
        bypass=bypass(gate, period, days),
        answers=tuple(felt for item in ITEMS if (felt := period.felt(item)) is not None),
    )


def _load(requests: Requests, period: Period, days: int) -> float | None:
    """Return blocking requests of all product-ops gates per PM and month."""
    if not period.pms.known:
        return None
    since = period.days_before(days)
    blocking = sum(
        request.blocking
        for gate in requests.gates
        for request in requests.of(gate.gate_key, since=since)
    )
    return blocking / period.pms.known / (days / period.thresholds.gatekeeper.t3_month_days)


def _cost(gate: Gate, waits: Waits, requests: Requests, period: Period, days: int) -> Cost | None:
    if gate.compared_gate_key is None:
        return None
    rules = period.thresholds.gatekeeper
    others = requests.of(gate.compared_gate_key, since=period.days_before(days))
    compared = requests.waits(others)
    own, other = waits.quantile(HALF), compared.quantile(HALF)
    enough = min(len(waits.all), len(compared.all)) >= rules.t5_n_min
    ratio = difference = p = None
    if enough and own is not None and other is not None and other.compared > 0:
        ratio, difference = own.compared / other.compared, own.compared - other.compared
        p = _p(_log_hours(waits), _log_hours(compared), rules.t5_draws, rules.t5_seed)
    return Cost(
        compared_gate_key=gate.compared_gate_key,
        n=len(compared.all),
        median=other.wd if other else None,
        ratio=ratio,
        difference=difference,
        reached=bool(own and own.reached and other and other.reached),
        p=p,
        draws=rules.t5_draws,
        seed=rules.t5_seed,
    )


@lru_cache(maxsize=4_096)
def _p(own: tuple[float, ...], other: tuple[float, ...], draws: int, seed: int) -> float | None:
    """Return p, once for the same waits: an evaluation replays the months of those before it."""
    return stats.permutation_p(own, other, draws=draws, seed=seed)


def _log_hours(waits: Waits) -> tuple[float, ...]:
    """Return waits as log(1 + working hours), which tames the long tail."""
    return tuple(math.log1p(HOURS_PRINTED_PER_DAY * wait) for wait in waits.all)


def _backlog(gate: Gate, requests: Requests, period: Period) -> Backlog:
    ages = requests.waits(pending(requests.of(gate.gate_key))).running
    limit = period.thresholds.gatekeeper.t6_older_than
    return Backlog(len(ages), sum(age > limit for age in ages))
