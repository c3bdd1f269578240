"""Signs, readiness and benefits in words: they have no exit, each month speaks for itself."""

from maturity.insights.explanations.spec import Judgement, Rule, each
from maturity.insights.phrases import noop

PM_COUNT = Judgement(
    "signs",
    (
        Rule(
            noop("present"),
            noop("P: median PM FTE of the last 90 days"),
            ("P",),
            noop("P >= {pms:g}"),
            thresholds=("pms",),
        ),
    ),
)
MULTI_PRODUCT = Judgement(
    "signs",
    (
        Rule(
            noop("present"),
            noop("products with PMs of their own, or business units"),
            ("products", "business_units"),
            noop(
                "at least {products} products with {pms_per_product} PMs each, or "
                "{business_units} business units"
            ),
            thresholds=("products", "pms_per_product", "business_units", "org_facts_days"),
        ),
    ),
)
EXPERIMENTATION = Judgement(
    "signs",
    (
        Rule(
            noop("present"),
            noop("experiments finished in 90 days, and the teams that run them"),
            ("experiments_finished_90d", "teams_running_experiments"),
            noop("at least {experiments} experiments and {experiment_teams} teams"),
            thresholds=("experiments", "experiment_teams", "experiments_days"),
        ),
    ),
)
GLOBAL = Judgement(
    "signs",
    (
        Rule(
            noop("present"),
            noop("markets with local work, and how far apart they are"),
            ("markets", "timezone_span_hours"),
            noop("at least {markets} markets over {timezone_span_hours:g} hours"),
            thresholds=("markets", "timezone_span_hours", "org_facts_days"),
        ),
    ),
)
PUBLIC_COMPANY = Judgement(
    "signs",
    (
        Rule(
            noop("present"),
            noop("whether the company is listed"),
            ("public_company",),
            noop("listed, or within 12 months"),
            thresholds=("org_facts_days",),
        ),
    ),
)
READINESS = Judgement(
    "readiness",
    (
        Rule(
            noop("verdict"),
            noop(
                "P, the median PM FTE; D, how many of the other four signs are present (a "
                "range where inputs are missing); O, the product-ops FTE"
            ),
            ("P", "D", "O"),
            noop(
                "P < {not_yet_pms:g}: not yet. P < {ready_pms:g}: not yet with D < "
                "{grey_zone_signs}, else consider. From {ready_pms:g}: consider with D < "
                "{ready_signs}, ready from {ready_signs}, overdue from {overdue_signs} "
                "without product ops. Ready is lost only after {fall_after_months} months "
                "with P < {fall_below_pms:g}"
            ),
            thresholds=(
                "not_yet_pms",
                "ready_pms",
                "grey_zone_signs",
                "ready_signs",
                "overdue_signs",
                "fall_below_pms",
                "fall_after_months",
            ),
        ),
    ),
)
BENEFIT = Judgement(
    "benefits",
    (
        Rule(
            noop("change"),
            noop("now against the last measurement before product ops started, else the first one"),
            ("now.value", "before.value", "change"),
            noop("a change of at least the smallest that counts, whose 90 % interval excludes 0"),
            interval="ci90",
            thresholds=("points_min", "hours_min", "ramp_days_min", "answer_wd_min"),
        ),
    ),
    each("metrics"),
)
