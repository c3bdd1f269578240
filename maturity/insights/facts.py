"""What is known about an organisation: one class per import format, and all of them together.

Field names are the formats' column names. Dates are the organisation's own, moments carry an
offset, an optional value that nobody gave is None.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

PM = "pm"
PRODUCT_OPS = "product_ops"
CENTRAL = "central"
# Whose answers a released survey item counts.
PM_AND_PRODUCT_OPS = "pm_and_product_ops"
AUDIENCES = (PM, PM_AND_PRODUCT_OPS)


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
    """One item of one wave as released for the whole organisation, of one audience.

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
    audience: str = PM


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyFigure:
    """One figure of one wave that only the survey can compute from its answers, as released.

    `deviation` is the sample's standard deviation where `value` is a mean; `groups` counts the
    teams that a spread between teams was taken from.
    """

    wave_key: str
    closed_at: datetime
    key: str
    value: float
    n: int
    deviation: float | None = None
    groups: int | None = None
    eligible: int | None = None
    response_rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision; `escalated` by the team itself is not taken from it."""

    decision_id: str
    decision_type: str
    escalated: bool
    reversed: bool
    decided_on: date | None = None
    team_key: str | None = None
    decider_key: str | None = None
    decider_function: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRight:
    """Whose decision a type of decision is, as agreed."""

    decision_type: str
    function: Literal["pm", "product_ops", "other"]
    agreed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleMove:
    """One person's move between functions or grades, in or out."""

    person_key: str
    effective_on: date
    kind: Literal["lateral", "promotion", "exit", "hire"]
    from_function: str | None = None
    to_function: str | None = None
    from_grade: str | None = None
    to_grade: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderGrade:
    """One grade of a function's ladder, and the PM grade it is as good as."""

    function: str
    grade: str
    is_senior_product_role: bool
    equivalent_pm_grade: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PmRamp:
    """One new PM's way to one milestone; neither reached nor left is still on the way."""

    person_key: str
    milestone_key: str
    started_on: date
    team_key: str | None = None
    reached_on: date | None = None
    left_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One launch: its checklist, and the gate it needed. Without a request it went round it."""

    launch_id: str
    launched_on: date
    team_key: str | None = None
    checklist_done: int | None = None
    checklist_total: int | None = None
    required_gate_key: str | None = None
    gate_request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """One published insight, and when another team first built on it."""

    insight_id: str
    published_on: date
    team_key: str | None = None
    first_reused_on: date | None = None
    reused_by_team_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataQuestion:
    """One question about data; open while `answered_at` is None."""

    question_id: str
    asked_at: datetime
    self_served: bool
    answered_at: datetime | None = None


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
    survey_figures: tuple[SurveyFigure, ...] = ()
    decisions: tuple[Decision, ...] = ()
    decision_rights: tuple[DecisionRight, ...] = ()
    people_moves: tuple[PeopleMove, ...] = ()
    ladder: tuple[LadderGrade, ...] = ()
    pm_ramps: tuple[PmRamp, ...] = ()
    launches: tuple[Launch, ...] = ()
    insights: tuple[Insight, ...] = ()
    questions: tuple[DataQuestion, ...] = ()
