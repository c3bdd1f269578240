"""Benefits that PMs are asked about: favourable shares, hours, the spread between teams."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from maturity import stats
from maturity.insights.benefits.baseline import before
from maturity.insights.benefits.metric import Direction, Level, Metric
from maturity.insights.facts import PM, SurveyFigure, SurveyItem
from maturity.insights.period import Period
from maturity.insights.phrases import joined, phrase
from maturity.insights.survey_leg import SURVEY

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class _Index:
    """Several items of one wave taken together."""

    level: Level
    favourable: int
    people: int


def favourable(period: Period, key: str, items: Sequence[str]) -> Metric:
    """Measure the favourable share of an index over the waves that released all its items."""
    rules = period.thresholds.benefits
    waves = [(day, _index(rows, items)) for day, rows in _complete(period, items)]
    now = _fresh(waves, period)
    if now is None:
        return _unasked(key, "share", "up", rules.points_min, items, period)
    then, kind = before(waves, now, period)
    change = None
    if then is not None:
        change = stats.newcombe_difference(
            (then.favourable, then.people), (now.favourable, now.people)
        )
    return Metric(
        key=key,
        source=SURVEY,
        unit="share",
        direction="up",
        n_min=rules.survey_n_min,
        least=rules.points_min,
        now=now.level,
        before=then.level if then else None,
        baseline=kind,
        change=change,
    )


def chore_hours(period: Period) -> Metric:
    """Measure the median hours of chores; whether they changed is judged by their means."""
    rules = period.thresholds.benefits
    medians = _figures(period, "LEV3_median", rules.survey_n_min)
    means = {figure.wave_key: figure for _, figure in _figures(period, "LEV3_mean", 2)}
    now = _fresh(medians, period)
    if now is None:
        return _unasked("chore_hours", "hours", "down", rules.hours_min, ("LEV3",), period)
    then, kind = before(medians, now, period)
    return Metric(
        key="chore_hours",
        source=SURVEY,
        unit="hours",
        direction="down",
        n_min=rules.survey_n_min,
        least=rules.hours_min,
        now=_level(now),
        before=_level(then) if then else None,
        baseline=kind,
        change=_welch(means.get(then.wave_key), means.get(now.wave_key)) if then else None,
        extra=(("share_of_week", now.value / rules.hours_week),),
    )


def spread_between_teams(period: Period) -> Metric:
    """Take over the spread between teams; it has no interval, so no change of it is called."""
    rules = period.thresholds.benefits
    least = rules.spread_teams_min * rules.spread_team_size
    waves = [
        (day, figure)
        for day, figure in _figures(period, "CON_EXP2_tau", least)
        if (figure.groups or 0) >= rules.spread_teams_min
    ]
    now = _fresh(waves, period)
    if now is None:
        unasked = _unasked("between_team_spread", "tau", "down", 0.0, ("CON", "EXP2"), period)
        return replace(unasked, is_called=False)
    then, kind = before(waves, now, period)
    return Metric(
        key="between_team_spread",
        source=SURVEY,
        unit="tau",
        direction="down",
        n_min=least,
        least=0.0,
        now=_level(now),
        before=_level(then) if then else None,
        baseline=kind,
        is_called=False,
        extra=(("teams", now.groups),),
    )


def _complete(period: Period, items: Sequence[str]) -> Iterable[tuple[date, list[SurveyItem]]]:
    """Yield the waves that released every item to enough people, oldest first, with their day."""
    by_wave: dict[tuple[datetime, str], list[SurveyItem]] = defaultdict(list)
    for row in period.facts.survey_items:
        if row.item_key in items and row.audience == PM and _is_usable(row, period):
            by_wave[row.closed_at, row.wave_key].append(row)
    for (closed_at, _), rows in sorted(by_wave.items()):
        if len(rows) == len(items):
            yield period.working_time.local_day(closed_at), rows


def _is_usable(row: SurveyItem | SurveyFigure, period: Period) -> bool:
    rules = period.thresholds
    if row.n < rules.benefits.survey_n_min or row.eligible is None or row.response_rate is None:
        return False
    return row.response_rate >= rules.survey.response_min


def _index(rows: Sequence[SurveyItem], items: Sequence[str]) -> _Index:
    """Pool the answers; one person's answers hang together, so people are counted, not answers."""
    people = min(row.n for row in rows)
    share = sum(row.favourable for row in rows) / sum(row.n for row in rows)
    liked = round(share * people)
    eligible = max(people, *(row.eligible or 0 for row in rows))
    interval = stats.wilson_interval(liked, people, eligible)
    level = Level(
        share,
        people,
        rows[0].wave_key,
        None if interval is None else interval.low,
        None if interval is None else interval.high,
    )
    return _Index(level, liked, people)


def _figures(period: Period, key: str, least: int) -> list[tuple[date, SurveyFigure]]:
    return [
        (period.working_time.local_day(figure.closed_at), figure)
        for figure in sorted(period.facts.survey_figures, key=lambda row: row.closed_at)
        if figure.key == key and figure.n >= least and _is_usable(figure, period)
    ]


def _fresh(waves: Sequence[tuple[date, _Found]], period: Period) -> _Found | None:
    oldest = period.end - timedelta(days=period.thresholds.survey.fresh_days)
    return waves[-1][1] if waves and waves[-1][0] >= oldest else None


def _level(figure: SurveyFigure) -> Level:
    return Level(figure.value, figure.n, figure.wave_key)


def _welch(old: SurveyFigure | None, new: SurveyFigure | None) -> stats.Estimate | None:
    if old is None or new is None or old.deviation is None or new.deviation is None:
        return None
    return stats.welch_from_moments(
        (old.n, old.value, old.deviation**2), (new.n, new.value, new.deviation**2)
    )


def _unasked(
    key: str, unit: str, direction: Direction, least: float, items: Sequence[str], period: Period
) -> Metric:
    return Metric(
        key=key,
        source=SURVEY,
        unit=unit,
        direction=direction,
        n_min=period.thresholds.benefits.survey_n_min,
        least=least,
        because=phrase(
            "no released wave of the %(days)s days before %(day)s with %(items)s",
            days=period.thresholds.survey.fresh_days,
            day=period.end,
            items=joined(items, ", "),
        ),
    )
