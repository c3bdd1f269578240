"""The pitfalls' tests in words."""

from collections.abc import Mapping

from maturity.insights.explanations.spec import Evidence, Judgement, Rule, each, mapping
from maturity.insights.phrases import noop

_SURVEY = ("survey.unfavourable_below", "survey.unfavourable_upper_below")


def _tools(evidence: Evidence) -> Mapping[str, Evidence]:
    """Return every tool; the answers on compulsory tools stand beside them."""
    survey = mapping(evidence, "survey")
    return {key: {**tool, "survey": survey} for key, tool in each("tools")(evidence).items()}


TOO_EARLY = Judgement(
    "too_early",
    (
        Rule(
            "E1",
            noop(
                "P: median PM FTE of the last 90 days, where product ops has at least "
                "{ops_min:g} FTE"
            ),
            ("P",),
            noop("P < {e1_pms_enter:g}"),
            noop("P >= {e1_pms_exit:g}"),
            thresholds=("ops_min", "e1_pms_enter", "e1_pms_exit", "e1_signs_medium"),
        ),
        Rule(
            "E2",
            noop("P in the grey zone, and D: how many of the other four signs are present"),
            ("P", "D"),
            noop("{e1_pms_enter:g} <= P < {e2_pms_enter:g} and D < {e2_signs}"),
            noop("P >= {e2_pms_exit:g} or D >= {e2_signs}"),
            thresholds=("e1_pms_enter", "e2_pms_enter", "e2_pms_exit", "e2_signs"),
        ),
        Rule(
            "E3",
            noop("R = P / O: PMs for each product-ops FTE"),
            ("R",),
            noop("R < {e3_ratio_enter:g} (high under {e3_ratio_high:g})"),
            noop("R >= {e3_ratio_exit:g}"),
            thresholds=("e3_ratio_enter", "e3_ratio_exit", "e3_ratio_high"),
        ),
        Rule(
            "E4",
            noop("PMs say so: EAR1 and LEV2 (reversed)"),
            ("survey.EAR1.favourable", "survey.LEV2.favourable"),
            noop(
                "both under {survey.unfavourable_below:.0%} favourable, upper 90 % limit "
                "under {survey.unfavourable_upper_below:.0%}"
            ),
            noop("not both any more"),
            thresholds=_SURVEY,
        ),
    ),
)

GATEKEEPER = Judgement(
    "gatekeeper",
    (
        Rule(
            "T1",
            noop(
                "W50, W85: Kaplan-Meier quantiles of the waits in working days, pending "
                "ones censored"
            ),
            ("W50.text", "W85.text"),
            noop("W50 > {t1_half_enter:g} wd or W85 > {t1_tail_enter:g} wd"),
            noop("W50 <= {t1_half_exit:g} wd and W85 <= {t1_tail_exit:g} wd"),
            "W50.ci95",
            (
                "t1_half_enter",
                "t1_half_exit",
                "t1_tail_enter",
                "t1_tail_exit",
                "t1_half_critical",
            ),
        ),
        Rule(
            "T2",
            noop("A = approved / (approved + rejected + changes requested), beside W50"),
            ("approval.A", "W50.text"),
            noop(
                "A >= {t2_approved_enter:.0%} of at least {t2_decided_min}, lower limit >= "
                "{t2_approved_lower:.0%}, W50 > {t2_half_enter:g} wd"
            ),
            noop("A < {t2_approved_exit:.0%} or W50 <= {t2_half_exit:g} wd"),
            "approval.ci95",
            (
                "t2_approved_enter",
                "t2_approved_exit",
                "t2_approved_lower",
                "t2_decided_min",
                "t2_half_enter",
                "t2_half_exit",
            ),
        ),
        Rule(
            "T3",
            noop("blocking requests of all product-ops gates per PM and month"),
            ("load",),
            noop("at least {t3_load_enter:g}"),
            noop("at most {t3_load_exit:g}"),
            thresholds=("t3_load_enter", "t3_load_exit"),
        ),
        Rule(
            "T4",
            noop("PMs say so: GAT2 (reversed) or GAT1"),
            ("survey.GAT2.favourable", "survey.GAT1.favourable"),
            noop(
                "one of them under {survey.unfavourable_below:.0%} favourable, upper 90 % "
                "limit under {survey.unfavourable_upper_below:.0%}"
            ),
            noop("both at least {survey.relieved_at:.0%} favourable"),
            thresholds=(*_SURVEY, "survey.relieved_at"),
        ),
        Rule(
            "T5",
            noop(
                "ratio of the median wait to that of comparable work without the gate; p by "
                "permutation of log(1 + hours), an association and no cause"
            ),
            ("T5_ratio", "T5_p"),
            noop(
                "ratio >= {t5_ratio_enter:g}, p < {t5_p_below:g}, at least "
                "{t5_difference_min:g} wd apart, {t5_n_min} requests on each side"
            ),
            noop("ratio < {t5_ratio_exit:g}"),
            thresholds=(
                "t5_ratio_enter",
                "t5_ratio_exit",
                "t5_p_below",
                "t5_n_min",
                "t5_difference_min",
                "t5_draws",
                "t5_seed",
            ),
        ),
        Rule(
            "T6",
            noop("share of pending requests older than {t6_older_than:g} wd"),
            ("backlog.share", "backlog.pending"),
            noop("more than {t6_share_enter:.0%} of at least {t6_pending_min} pending"),
            noop("less than {t6_share_exit:.0%}, or fewer than {t6_pending_min} pending"),
            thresholds=("t6_share_enter", "t6_share_exit", "t6_older_than", "t6_pending_min"),
        ),
    ),
    each("gates"),
)

CENTRALISED_DECISIONS = Judgement(
    "centralised_decisions",
    (
        Rule(
            "C",
            noop(
                "C: decisions of the last {window_days} days that belong to PMs and were "
                "taken by product ops or centrally without being handed up, of those whose "
                "decider is known"
            ),
            ("C", "B"),
            noop(
                "C >= {share_enter:.0%} and its lower 95 % limit >= {share_lower:.0%} (high "
                "from {share_critical:.0%}, or where B, the share of teams hit, is "
                "{breadth_high:.0%})"
            ),
            noop("C < {share_exit:.0%}"),
            "ci95",
            (
                "share_enter",
                "share_exit",
                "share_lower",
                "share_critical",
                "breadth_high",
                "n_min",
                "teams_min",
                "decider_known_min",
                "logged_min",
            ),
        ),
        Rule(
            "C_felt",
            noop("C beside what PMs say: AUT1 or AUT2 (reversed)"),
            ("C", "survey.AUT1.favourable", "survey.AUT2.favourable"),
            noop(
                "C >= {felt_enter:.0%} and one of the items under "
                "{survey.unfavourable_below:.0%} favourable, upper 90 % limit under "
                "{survey.unfavourable_upper_below:.0%}"
            ),
            noop("C < {felt_exit:.0%}, or both items at least {survey.relieved_at:.0%} favourable"),
            "ci95",
            ("felt_enter", "felt_exit", *_SURVEY, "survey.relieved_at"),
            noop("C and survey"),
        ),
        Rule(
            "felt",
            noop("PMs say so alone: AUT1 and AUT2 (reversed)"),
            ("survey.AUT1.favourable", "survey.AUT2.favourable"),
            noop(
                "both under {survey.unfavourable_below:.0%} favourable, upper 90 % limit "
                "under {survey.unfavourable_upper_below:.0%}"
            ),
            noop("both at least {survey.relieved_at:.0%} favourable"),
            thresholds=(*_SURVEY, "survey.relieved_at", "survey_alone_confidence"),
            title=noop("survey alone"),
        ),
    ),
)

_USAGE = noop(
    "A: median share of the eligible people who used it over the last windows; "
    "where using it is compulsory TOO3 and TOO2 (reversed) instead"
)
UNUSED_TOOLS = Judgement(
    "unused_tools",
    (
        Rule(
            noop("red"),
            _USAGE,
            ("A", "survey.TOO3.favourable", "survey.TOO2.favourable"),
            noop(
                "A < {red_enter:.0%}; compulsory: both items under "
                "{survey.unfavourable_below:.0%} favourable, upper 90 % limit under "
                "{survey.unfavourable_upper_below:.0%}"
            ),
            noop("A >= {red_exit:.0%}; compulsory: not both any more"),
            thresholds=("red_enter", "red_exit", *_SURVEY),
        ),
        Rule(
            noop("amber"),
            _USAGE,
            ("A", "survey.TOO3.favourable", "survey.TOO2.favourable"),
            noop(
                "A < {amber_enter:.0%}; compulsory: one item under "
                "{survey.unfavourable_below:.0%} favourable, upper 90 % limit under "
                "{survey.unfavourable_upper_below:.0%}"
            ),
            noop("A >= {amber_exit:.0%}; compulsory: neither any more"),
            thresholds=("amber_enter", "amber_exit", *_SURVEY),
        ),
    ),
    _tools,
)

_EXIT = noop(
    "every grade has its equivalent up to a senior role, and a move within "
    "{window_months} months or both items at least {survey.relieved_at:.0%} "
    "favourable"
)
SEPARATE_CAREER_PATH = Judgement(
    "separate_career_path",
    (
        Rule(
            "S1",
            noop(
                "the ladder: every product-ops grade has an equivalent PM grade, the top "
                "one is or maps to a senior product role"
            ),
            ("S1", "grades_without_equivalent"),
            noop("it does not"),
            _EXIT,
            thresholds=("window_months", "survey.relieved_at"),
        ),
        Rule(
            "S2",
            noop(
                "moves between product ops and PM, and product ops' person-years, in "
                "{window_months} months"
            ),
            ("S2.moves", "person_years"),
            noop(
                "no move in {flow_years_unequal:g} person-years where S1 fails, in "
                "{flow_years_equal:g} where it holds (rule of three)"
            ),
            _EXIT,
            thresholds=("flow_years_unequal", "flow_years_equal", "window_months"),
        ),
        Rule(
            "S3",
            noop("promotions per person-year, product ops to PM: exact conditional binomial"),
            ("S3.ratio",),
            noop("upper 95 % limit < {parity_below:g}, with at least {promotions_min} promotions"),
            _EXIT,
            "S3.ci95",
            ("parity_below", "promotions_min"),
        ),
        Rule(
            "S4",
            noop("PMs and product ops say so: CAR1 and CAR2"),
            ("S4.CAR1.favourable", "S4.CAR2.favourable"),
            noop(
                "both under {survey.unfavourable_below:.0%} favourable, upper 90 % limit "
                "under {survey.unfavourable_upper_below:.0%}"
            ),
            _EXIT,
            thresholds=(*_SURVEY, "survey.relieved_at"),
        ),
    ),
)
