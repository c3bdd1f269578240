"""Launches and their checklists: the share that passes, and how teams differ."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from maturity import stats
from maturity.insights.benefits.baseline import windows
from maturity.insights.benefits.logs import Share, compared, in_window, share, stale
from maturity.insights.benefits.metric import Level, Metric, label_of
from maturity.insights.facts import Launch
from maturity.insights.period import Period
from maturity.insights.phrases import phrase


def checklist_pass_rate(period: Period) -> Metric:
    """Measure the share of launches that had every item of their checklist done."""
    rules = period.thresholds.benefits
    rows = [row for row in period.facts.launches if row.checklist_total]

    def measure(end: date) -> Share | None:
        window = _of_window(rows, end, period)
        return share(sum(map(_passed, window)), len(window), rules.launches_min, end)

    blank = Metric(
        key="checklist_pass_rate",
        source="launches",
        unit="share",
        direction="up",
        n_min=rules.launches_min,
        least=rules.points_min,
    )
    days = [row.launched_on for row in rows]
    rates = [sum(map(_passed, team)) / len(team) for team in _teams(rows, period.end, period)]
    spread = [min(rates), max(rates)] if len(rates) > 1 else None
    return replace(compared(blank, days, measure, period), extra=(("range_of_teams", spread),))


def checklist_spread(period: Period) -> Metric:
    """Measure the spread of the pass rate between teams, net of what chance makes of it."""
    rules = period.thresholds.benefits
    rows = [row for row in period.facts.launches if row.checklist_total]

    def measure(end: date) -> Level | None:
        teams = _teams(rows, end, period)
        tau = None
        if len(teams) >= rules.spread_teams_min:
            tau = stats.tau_between([[float(_passed(row)) for row in team] for team in teams])
        return None if tau is None else Level(tau, sum(map(len, teams)), label_of(end))

    blank = Metric(
        key="checklist_spread",
        source="launches",
        unit="tau",
        direction="down",
        n_min=rules.spread_teams_min * rules.spread_team_size,
        least=0.0,
        is_called=False,
    )
    if because := stale([row.launched_on for row in rows], period):
        return replace(blank, because=because)
    first = min(row.launched_on for row in rows)
    now, then, kind = windows(first, measure, period)
    needs = phrase(
        "needs %(teams)s teams of %(launches)s",
        teams=rules.spread_teams_min,
        launches=rules.spread_team_size,
    )
    because = None if now else needs
    return replace(blank, now=now, before=then, baseline=kind, because=because)


def _of_window(rows: Iterable[Launch], end: date, period: Period) -> list[Launch]:
    return [row for row in rows if in_window(row.launched_on, end, period)]


def _passed(launch: Launch) -> bool:
    return launch.checklist_done == launch.checklist_total


def _teams(rows: Iterable[Launch], end: date, period: Period) -> list[list[Launch]]:
    """Return the launches of each team that had enough of them in the window."""
    teams: dict[str, list[Launch]] = defaultdict(list)
    for row in _of_window(rows, end, period):
        if row.team_key is not None:
            teams[row.team_key].append(row)
    size = period.thresholds.benefits.spread_team_size
    return [teams[key] for key in sorted(teams) if len(teams[key]) >= size]
