"""What teams learn from each other, and a figure that no format carries yet."""

from datetime import date, timedelta

from maturity.insights.benefits.logs import Share, compared, in_window, share
from maturity.insights.benefits.metric import Metric
from maturity.insights.facts import Insight
from maturity.insights.period import Period
from maturity.insights.phrases import phrase


def reuse(period: Period) -> Metric:
    """Measure the share of insights that another team used soon after they were published."""
    rules = period.thresholds.benefits
    lag = timedelta(days=rules.reuse_days)
    rows = [row for row in period.facts.insights if row.team_key is not None]

    def measure(end: date) -> Share | None:
        # Published long enough ago to have been used by now.
        old = [row for row in rows if in_window(row.published_on, end - lag, period)]
        used = sum(_used_by_another(row, lag) for row in old)
        return share(used, len(old), rules.insights_min, end)

    blank = Metric(
        key="reuse",
        source="insights",
        unit="share",
        direction="up",
        n_min=rules.insights_min,
        least=rules.points_min,
    )
    days = [row.published_on for row in rows]
    reused = [row.first_reused_on for row in rows if row.first_reused_on is not None]
    # The first window is over once its youngest insight had the time to be used.
    return compared(blank, [day + lag for day in days], measure, period, news=[*days, *reused])


def event_plan(period: Period) -> Metric:
    """Name a figure that belongs here and that no import format carries yet."""
    return Metric(
        key="event_plan_conformance",
        source=None,
        unit="share",
        direction="up",
        n_min=0,
        least=period.thresholds.benefits.points_min,
        because=phrase("no import format carries it"),
        is_called=False,
    )


def _used_by_another(insight: Insight, lag: timedelta) -> bool:
    used_on, by = insight.first_reused_on, insight.reused_by_team_key
    if used_on is None or by is None or by == insight.team_key:
        return False
    return used_on - insight.published_on <= lag
