"""What goes down to the detectors: released figures of PMs, all of the organisation together."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from maturity import stats
from maturity.insights.facts import SurveyFigure, SurveyItem
from maturity.services.survey_results import record_survey_figures, record_survey_results
from surveys.models import Release, ReleasedCell, Wave
from surveys.privacy import People
from surveys.services.groups import POOLED_KEY
from surveys.services.releases.survey import ItemAnswers, Survey

# The audiences that detectors know, by the group whose cells are theirs.
AUDIENCES = {ReleasedCell.ORGANIZATION: "pm", POOLED_KEY: "pm_and_product_ops"}
HOURS = "LEV3"
# Teams are compared on the mean of these; a team counts from so many complete answers.
CONSISTENCY, TEAM_FROM = ("CON1", "CON2", "EXP2"), 5


def hand_down(
    survey: Survey, wave: Wave, items: Mapping[str, ItemAnswers], cells: Sequence[ReleasedCell]
) -> None:
    """Record what detectors may read: shown cells, and figures of shown cells."""
    record_survey_results(wave.organization, list(_items(survey, wave, cells)))
    record_survey_figures(wave.organization, list(_figures(survey, wave, items, cells)))


def _items(survey: Survey, wave: Wave, cells: Sequence[ReleasedCell]) -> Iterator[SurveyItem]:
    release = survey.release
    for cell in cells:
        audience = AUDIENCES.get(cell.group_key)
        if audience is None or cell.n is None or cell.favourable is None or not wave.closed_at:
            continue
        is_pm = cell.group_key == ReleasedCell.ORGANIZATION
        yield SurveyItem(
            wave_key=wave.key,
            closed_at=wave.closed_at,
            item_key=cell.key,
            n=cell.n,
            favourable=cell.favourable,
            eligible=cell.eligible,
            response_rate=_response_rate(release, cell, is_whole=is_pm),
            audience=audience,
        )


def _response_rate(release: Release, cell: ReleasedCell, *, is_whole: bool) -> float | None:
    """The PMs' own; where others were asked, or only some of them, what is known of these.

    Then whoever did not answer the item counts as silent: a rate that is too low makes a
    detector doubt, one that is too high makes it accuse.
    """
    if cell.n is None or not cell.eligible:
        return None
    if is_whole and cell.eligible == release.eligible:
        return release.response_rate
    return min(1.0, (cell.n + (cell.not_applicable or 0)) / cell.eligible)


def _figures(
    survey: Survey, wave: Wave, items: Mapping[str, ItemAnswers], cells: Sequence[ReleasedCell]
) -> Iterator[SurveyFigure]:
    if wave.closed_at is None:
        return
    blank = SurveyFigure(
        wave_key=wave.key,
        closed_at=wave.closed_at,
        key="",
        value=0,
        n=0,
        eligible=survey.release.eligible,
        response_rate=survey.release.response_rate,
    )
    everybody = survey.groups.members.get(ReleasedCell.ORGANIZATION, 0)
    for cell in cells:
        is_hours = cell.key == HOURS and cell.group_key == ReleasedCell.ORGANIZATION
        if is_hours and cell.n is not None and cell.median is not None and cell.mean is not None:
            hours = replace(
                blank,
                n=cell.n,
                deviation=statistics.stdev(items[HOURS].within(everybody).scores),
                eligible=cell.eligible,
                response_rate=_response_rate(survey.release, cell, is_whole=True),
            )
            yield replace(hours, key=f"{HOURS}_median", value=cell.median)
            yield replace(hours, key=f"{HOURS}_mean", value=cell.mean)
    teams = _teams(survey, items, cells)
    tau = stats.tau_between(teams)
    if tau is not None:
        yield replace(
            blank, key="CON_EXP2_tau", value=tau, n=sum(map(len, teams)), groups=len(teams)
        )


def _teams(
    survey: Survey, items: Mapping[str, ItemAnswers], cells: Sequence[ReleasedCell]
) -> list[list[float]]:
    """Complete answers of the lowest units that show all of these items; hidden ones stay out.

    The spread is thus one of figures that are published: nothing about another team is in it.
    """
    if any(key not in items for key in CONSISTENCY):
        return []
    shown = {(cell.group_key, cell.key) for cell in cells if cell.n is not None}
    parents = survey.groups.parents
    whole = {
        group
        for group, above in parents.items()
        if above is not None and all((group, key) in shown for key in CONSISTENCY)
    }
    lowest = whole - {above for group in whole for above in _above(group, parents)}
    teams = [_complete(survey.groups.members[group], items) for group in sorted(lowest)]
    return [team for team in teams if len(team) >= TEAM_FROM]


def _above(group: str, parents: Mapping[str, str | None]) -> Iterator[str]:
    step = parents[group]
    while step is not None:
        yield step
        step = parents[step]


def _complete(team: People, items: Mapping[str, ItemAnswers]) -> list[float]:
    asked = [items[key] for key in CONSISTENCY]
    return [
        statistics.fmean(item.scale.score(item.answers[who]) for item in asked)
        for who in asked[0].answers
        if team >> who & 1 and all(who in item.answers for item in asked)
    ]
