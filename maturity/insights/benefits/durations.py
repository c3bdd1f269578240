"""How long things take: new PMs to their first decision, questions to their answer."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from maturity.insights.benefits.baseline import before, windows
from maturity.insights.benefits.logs import Duration, difference, duration, in_window, stale
from maturity.insights.benefits.metric import Metric, label_of
from maturity.insights.facts import DataQuestion, PmRamp
from maturity.insights.period import Period
from maturity.insights.phrases import phrase
from maturity.insights.working_time import next_month

FIRST_DECISION = "first_owned_decision"
HALF_YEAR = 6


def first_owned_decision(period: Period) -> Metric:
    """Measure the days to the first owned decision by half-year of the start.

    Who left or is still on the way is censored: they took at least as long.
    """
    rules = period.thresholds.benefits
    blank = Metric(
        key="first_owned_decision",
        source="pm_ramp",
        unit="days",
        direction="down",
        n_min=rules.ramp_n_min,
        least=rules.ramp_days_min,
    )
    cohorts: dict[date, list[PmRamp]] = defaultdict(list)
    for row in _of_milestone(period.facts.pm_ramps):
        cohorts[_half_year(row.started_on)].append(row)
    measured = [
        (next_month(start, HALF_YEAR), _ramp(start, rows, period))
        for start, rows in sorted(cohorts.items())
        if len(rows) >= rules.ramp_n_min
    ]
    if not measured:
        few = phrase("no half-year with %(people)s starters", people=rules.ramp_n_min)
        return replace(blank, because=few)
    now = measured[-1][1]
    then, kind = before(measured, now, period)
    return replace(
        blank,
        now=now.level,
        before=then.level if then else None,
        baseline=kind,
        change=difference(then, now),
    )


def question_to_answer(period: Period) -> Metric:
    """Measure the working time from a question about data to its answer."""
    rules = period.thresholds.benefits
    rows = period.facts.questions
    local = period.working_time.local_day
    waits = period.working_time.between

    def measure(end: date) -> Duration | None:
        asked = [row for row in rows if in_window(local(row.asked_at), end, period)]
        if len(asked) < rules.questions_min:
            return None
        ended = [waits(row.asked_at, row.answered_at) for row in asked if row.answered_at]
        running = [waits(row.asked_at, period.moment) for row in asked if not row.answered_at]
        return duration(ended, running, label_of(end))

    blank = Metric(
        key="question_to_answer",
        source="questions",
        unit="wd",
        direction="down",
        n_min=rules.questions_min,
        least=rules.answer_wd_min,
    )
    days = [local(row.asked_at) for row in rows]
    if because := stale([*days, *_answered(rows, period)], period):
        return replace(blank, because=because)
    now, then, kind = windows(min(days), measure, period)
    if now is None:
        few = phrase("fewer than %(questions)s questions", questions=rules.questions_min)
        return replace(blank, because=few)
    recent = [row for row in rows if in_window(local(row.asked_at), period.end, period)]
    return replace(
        blank,
        now=now.level,
        before=then.level if then else None,
        baseline=kind,
        change=difference(then, now),
        extra=(("self_served", sum(row.self_served for row in recent) / len(recent)),),
    )


def _of_milestone(ramps: Sequence[PmRamp]) -> list[PmRamp]:
    """Return the ways to the first owned decision; a file with one milestone means that one."""
    named = [row for row in ramps if row.milestone_key == FIRST_DECISION]
    only_one = len({row.milestone_key for row in ramps}) == 1
    return named or (list(ramps) if only_one else [])


def _half_year(day: date) -> date:
    return date(day.year, 1 if day.month <= HALF_YEAR else HALF_YEAR + 1, 1)


def _ramp(start: date, rows: Iterable[PmRamp], period: Period) -> Duration:
    ended: list[float] = []
    running: list[float] = []
    for row in rows:
        until = row.reached_on or row.left_on or period.end
        (ended if row.reached_on else running).append((until - row.started_on).days)
    return duration(ended, running, f"{start.year}H{1 if start.month == 1 else 2}")


def _answered(rows: Iterable[DataQuestion], period: Period) -> list[date]:
    local = period.working_time.local_day
    return [local(row.answered_at) for row in rows if row.answered_at is not None]
