"""The numbers behind every judgement: versioned data, each with its source."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict


def _value(sourced: Any) -> Any:
    """Take the value out of {value, source}; a number without its source is refused."""
    if not isinstance(sourced, Mapping) or set(sourced) != {"value", "source"}:
        raise ValueError("needs exactly a value and its source")
    if not isinstance(sourced["source"], str) or not sourced["source"].strip():
        raise ValueError("needs a source")
    return sourced["value"]


Number = Annotated[float, BeforeValidator(_value)]
Whole = Annotated[int, BeforeValidator(_value)]


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FrameRules(_Rules):
    """What all pitfalls share: hysteresis and confidence."""

    enter_periods: Whole
    exit_periods: Whole
    unknown_after: Whole
    confidence_high: Number
    confidence_medium: Number
    agreement_same: Number
    agreement_one_leg: Number
    agreement_conflict: Number
    event_log_days: Whole


class SurveyRules(_Rules):
    """When a survey item may speak, and when it speaks against."""

    n_min: Whole
    response_min: Number
    fresh_days: Whole
    unfavourable_below: Number
    unfavourable_upper_below: Number
    relieved_at: Number


class HeadcountRules(_Rules):
    """When the number of PMs and of product-ops people is known."""

    median_days: Whole
    look_back_days: Whole
    apart_days: Whole
    fresh_days: Whole
    n_min: Whole


class TooEarlyRules(_Rules):
    """Tests E1 to E4 and the growth exemption."""

    ops_min: Number
    e1_pms_enter: Number
    e1_pms_exit: Number
    e1_signs_medium: Whole
    e2_pms_enter: Number
    e2_pms_exit: Number
    e2_signs: Whole
    e3_ratio_enter: Number
    e3_ratio_exit: Number
    e3_ratio_high: Number
    growth_goal: Number
    growth_within_days: Whole
    growth_quarters: Whole
    growth_quarter_days: Whole
    openings_fresh_days: Whole


class GatekeeperRules(_Rules):
    """Tests T1 to T6 of a gate."""

    n_min: Whole
    requesters_min: Whole
    dated_min: Number
    window_days: Whole
    long_window_days: Whole
    t1_half_enter: Number
    t1_half_exit: Number
    t1_tail_enter: Number
    t1_tail_exit: Number
    t1_half_critical: Number
    t2_approved_enter: Number
    t2_approved_exit: Number
    t2_approved_lower: Number
    t2_decided_min: Whole
    t2_half_enter: Number
    t2_half_exit: Number
    t3_load_enter: Number
    t3_load_exit: Number
    t3_month_days: Whole
    t5_ratio_enter: Number
    t5_ratio_exit: Number
    t5_p_below: Number
    t5_n_min: Whole
    t5_difference_min: Number
    t5_draws: Whole
    t5_seed: Whole
    t6_share_enter: Number
    t6_share_exit: Number
    t6_older_than: Number
    t6_pending_min: Whole
    bypass_share: Number
    bypass_launches_min: Whole


class CentralisedDecisionsRules(_Rules):
    """When decisions that belong to PMs are taken for them."""

    window_days: Whole
    n_min: Whole
    teams_min: Whole
    decider_known_min: Number
    logged_min: Number
    month_days: Whole
    share_enter: Number
    share_exit: Number
    share_lower: Number
    share_critical: Number
    breadth_high: Number
    felt_enter: Number
    felt_exit: Number
    survey_alone_confidence: Number


class SeparateCareerPathRules(_Rules):
    """S1 to S4: whether product ops leads anywhere."""

    window_months: Whole
    exists_months: Whole
    flow_years_unequal: Number
    flow_years_equal: Number
    promotions_min: Whole
    parity_below: Number
    hidden_below_years: Number


class UnusedToolsRules(_Rules):
    """When a tool is red or amber, and what that means for all of them."""

    red_enter: Number
    red_exit: Number
    amber_enter: Number
    amber_exit: Number
    windows_short: Whole
    windows_month: Whole
    windows_quarter: Whole
    present_share: Number
    launch_weeks: Whole
    holiday_below: Number
    holiday_median_weeks: Whole
    holiday_weeks_max: Whole
    decay_from_week: Whole
    decay_first_week: Whole
    decay_last_week: Whole
    decay_windows: Whole
    decay_present_min: Whole
    fading_below: Number
    eligible_min: Whole
    confirmed_days: Whole
    unconfirmed_confidence: Number
    portfolio_tools: Whole
    portfolio_medium_share: Number
    portfolio_high_share: Number
    young_months: Whole


class BenefitRules(_Rules):
    """How benefits are measured, and when a change of one is more than noise."""

    window_days: Whole
    survey_n_min: Whole
    points_min: Number
    hours_min: Number
    hours_week: Number
    spread_teams_min: Whole
    spread_team_size: Whole
    launches_min: Whole
    ramp_n_min: Whole
    ramp_days_min: Number
    questions_min: Whole
    answer_wd_min: Number
    reuse_days: Whole
    insights_min: Whole


class SignRules(_Rules):
    """When each of the five signs is present, and when its source is too old."""

    pms: Number
    products: Whole
    pms_per_product: Whole
    business_units: Whole
    experiments: Whole
    experiment_teams: Whole
    markets: Whole
    timezone_span_hours: Number
    org_facts_days: Whole
    experiments_days: Whole


class ReadinessRules(_Rules):
    """The lines between not yet, consider, ready and overdue."""

    not_yet_pms: Number
    ready_pms: Number
    grey_zone_signs: Whole
    ready_signs: Whole
    overdue_signs: Whole
    fall_below_pms: Number
    fall_after_months: Whole


class Thresholds(_Rules):
    """One version of all numbers. `sources` maps "section.number" to where it comes from."""

    version: str
    sources: dict[str, str]
    frame: FrameRules
    survey: SurveyRules
    headcount: HeadcountRules
    too_early: TooEarlyRules
    gatekeeper: GatekeeperRules
    centralised_decisions: CentralisedDecisionsRules
    unused_tools: UnusedToolsRules
    separate_career_path: SeparateCareerPathRules
    signs: SignRules
    readiness: ReadinessRules
    benefits: BenefitRules


def load_thresholds(text: str) -> Thresholds:
    """Read one version from YAML. Unknown keys and numbers without a source are ValueErrors."""
    sections = yaml.safe_load(text)
    if not isinstance(sections, dict) or "sources" in sections:
        raise ValueError("a thresholds file maps sections to numbers that carry their own source")
    return Thresholds.model_validate({**sections, "sources": _sources(sections)})


def _sources(sections: Mapping[str, Any]) -> dict[str, str]:
    return {
        f"{section}.{name}": sourced["source"]
        for section, numbers in sections.items()
        if isinstance(numbers, Mapping)
        for name, sourced in numbers.items()
        if isinstance(sourced, Mapping) and "source" in sourced
    }


V1 = load_thresholds(Path(__file__).with_name("thresholds_v1.yaml").read_text(encoding="utf-8"))
