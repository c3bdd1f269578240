"""Benefits: what is measured now, what was before, and whether it changed."""

from reports.feed.tables.base import Column, Table, but_few, keys, state

BENEFITS = Table(
    name="benefits",
    summary=(
        "One row per figure of a benefit and evaluated period, as it stands now; a later "
        "evaluation of the same period replaces it only where it says something else. A figure "
        "that is not known has no `value`."
    ),
    row="maturity_benefitmetric s ON s.id = c.entity_id AND NOT c.deleted",
    joins="LEFT JOIN maturity_evaluation e ON e.id = s.evaluation_id",
    row_id="s.id",
    created_at="e.computed_at",
    filters={"benefit": "s.benefit", "metric": "s.metric"},
    columns=(
        *keys("figure of one period"),
        Column(
            "evaluation_id",
            "s.evaluation_id",
            "integer",
            "Id of the evaluation that said so first.",
            88,
        ),
        Column(
            "period_end",
            "e.period_end",
            "date",
            "The day that its complete periods end on.",
            "2026-07-01",
        ),
        Column(
            "benefit",
            "s.benefit",
            "string",
            "pm_leverage, quality_consistency, faster_ramp, better_analytics or "
            "cross_product_learning.",
            "pm_leverage",
        ),
        Column("metric", "s.metric", "string", "Which figure of it.", "chore_hours"),
        Column(
            "state", "s.state", "string", "better, worse, no_clear_change or unknown.", "better"
        ),
        Column(
            "unit", "s.unit", "string", "share, hours, days, wd (working days) or tau.", "hours"
        ),
        Column("direction", "s.direction", "string", "Where better is: up or down.", "down"),
        Column("value", "s.value", "number", "What it is now.", 6.5),
        Column(
            "n",
            but_few("s.n"),
            "integer",
            "How many it rests on; null: not known, or fewer than 5.",
            24,
        ),
        Column(
            "measured_in",
            "nullif(s.measured_in, '')",
            "string",
            "The wave, cohort or window that it was measured in.",
            "2026-q2",
        ),
        Column("low", "s.low", "number", "Lower limit, 95 %.", 5.1),
        Column("high", "s.high", "number", "Upper limit, 95 %.", 7.9),
        Column("before", "s.before", "number", "What it was before.", 9.0),
        Column(
            "before_n",
            but_few("s.before_n"),
            "integer",
            "How many that rests on; null: not known, or fewer than 5.",
            22,
        ),
        Column(
            "before_in",
            "nullif(s.before_in, '')",
            "string",
            "The wave, cohort or window that it was measured in before.",
            "2025-q2",
        ),
        Column(
            "baseline",
            "nullif(s.baseline, '')",
            "string",
            "before_product_ops or first_measured.",
            "before_product_ops",
        ),
        Column("change", "s.change", "number", "Now minus before.", -2.5),
        Column("change_low", "s.change_low", "number", "Lower limit of the change, 90 %.", -4.0),
        Column("change_high", "s.change_high", "number", "Upper limit of the change, 90 %.", -1.0),
        Column(
            "recorded_at",
            "e.computed_at",
            "moment",
            "When it was concluded.",
            "2026-07-02T04:00:00.000000Z",
        ),
        *state("e.computed_at", "s.id"),
    ),
)
