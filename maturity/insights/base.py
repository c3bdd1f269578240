"""What a judgement is made of: the input facts, one class per import format, and the verdict.

Field names are the formats' column names. Dates are the organisation's own, moments carry an
offset, an optional value that nobody gave is None.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

PM = "pm"
PRODUCT_OPS = "product_ops"

Kind = Literal["pitfall", "sign", "readiness"]
Severity = Literal["low", "medium", "high"]
PitfallState = Literal["not_applicable", "unknown", "clear", "watch", "raised"]
SignState = Literal["present", "absent", "unknown"]
ReadinessState = Literal["not_yet", "consider", "ready", "overdue", "unknown"]

# A rule over figures that may be missing: true, false, or None for "cannot be said".
Tri = bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadCount:
    """People of one function on one day; without `team_key` it is the function's total."""

    as_of: date
    function: str
    headcount: int
    fte: float
    team_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Something that has to be approved, and whose gate it is."""

    gate_key: str
    name: str
    owner_function: str
    started_on: date | None = None
    outcomes_recorded: Literal["all", "approved_only"] = "all"
    compared_gate_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRequest:
    """One request to pass a gate; pending while `decided_at` is None."""

    request_id: str
    gate_key: str
    requested_at: datetime | None
    blocking: bool
    regulatory: bool
    gate_owner_function: str | None = None
    team_key: str | None = None
    requester_key: str | None = None
    first_response_at: datetime | None = None
    decided_at: datetime | None = None
    decision: str | None = None
    decider_key: str | None = None
    decider_function: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool for PMs; `cadence` is how often it is meant to be used."""

    tool_key: str
    name: str
    owner_function: str
    cadence: Literal["daily", "weekly", "monthly", "quarterly"]
    mandatory: bool
    cost_known: bool
    launched_on: date | None = None
    retired_on: date | None = None
    confirmed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUsage:
    """Distinct people who used a tool within one period, of those who could have."""

    tool_key: str
    period_start: date
    period: Literal["day", "week", "month", "quarter"]
    active_users: int
    eligible_users: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgFacts:
    """What the signs are read from on one day. `products` counts those with PMs of their own."""

    as_of: date
    products: int | None = None
    business_units: int | None = None
    markets: int | None = None
    timezone_span_hours: float | None = None
    public_company: Literal["no", "within_12m", "yes"] | None = None
    experiments_finished_90d: int | None = None
    teams_running_experiments: int | None = None
    approved_pm_openings: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyItem:
    """One item of one wave as released for the whole organisation, PM answers only.

    `favourable` counts valid answers after reversal, so a high share is always good;
    `response_rate` is a fraction. Without `eligible` no detector may use the item.
    """

    wave_key: str
    closed_at: datetime
    item_key: str
    n: int
    favourable: int
    eligible: int | None = None
    response_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known about one organisation. No facts at all is legal: all is unknown then."""

    timezone: str = "UTC"
    holidays: frozenset[date] = frozenset()
    headcounts: tuple[HeadCount, ...] = ()
    gates: tuple[Gate, ...] = ()
    gate_requests: tuple[GateRequest, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_usage: tuple[ToolUsage, ...] = ()
    org_facts: tuple[OrgFacts, ...] = ()
    survey_items: tuple[SurveyItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One conclusion about one organisation at one T.

    `severity` is set for a raised pitfall only. `confidence` is 0 to 1, None where this period
    could not be judged and for signs and readiness. `missing` names import formats. `evidence`
    holds plain JSON values; `message` is the same in words.
    """

    kind: Kind
    key: str
    state: PitfallState | SignState | ReadinessState
    severity: Severity | None = None
    confidence: float | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    message: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as `evaluate --json` prints it."""
        return {
            "kind": self.kind,
            "key": self.key,
            "state": self.state,
            "severity": self.severity,
            "confidence": self.confidence,
            "evidence": self.evidence,
            "missing": list(self.missing),
            "message": self.message,
        }
