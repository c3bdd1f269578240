"""A wave's results for those who were asked: one link for all, released figures alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.views.decorators.http import require_safe

from maturity.selectors import revised
from maturity.views.kept import Kept
from surveys.models import FollowUp, Question, ResultsLink, Wave, WaveLanguage
from surveys.selectors import (
    GroupCell,
    Publication,
    ReleasedItem,
    TrendPoint,
    groups_of,
    publication_of,
    told_of,
    wave_trends,
)
from surveys.services.languages import frozen_languages, language_name, shown_in, wording_in
from surveys.views.private import leaves_no_trace, page, preferred_language


@dataclass(frozen=True)
class Change:
    """The step from the wave that asked it before, in percentage points or hours.

    `reason`: why nothing can be compared; `verdict` is empty then. `different_people`: more than
    a fifth of those asked are others.
    """

    verdict: str = ""
    reason: Promise | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    different_people: bool = False


@dataclass(frozen=True)
class Row:
    """One question's released cell in percent; a hidden one has no figure at all."""

    key: str
    text: str
    reverse: bool
    kind: Literal["hidden", "one_sided", "share", "median"]
    share: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    everyone: bool = False
    median: float | None = None
    at_least: int | None = None
    at_most: int | None = None
    change: Change | None = None


@dataclass(frozen=True)
class GroupRows:
    """What was released of a unit, an audience or a language; no row where all are hidden."""

    key: str
    name: str
    responded: int | None
    eligible: int | None
    rows: tuple[Row, ...]


@require_safe
@leaves_no_trace
def results(request: HttpRequest, token: str) -> HttpResponse:
    """What all together answered and what follows from it; before closing, when that will be."""
    links = ResultsLink.objects.select_related("wave__organization", "wave__bank")
    link = revised(links.filter(token=token), "organization_id").first()
    if link is None:
        context = {"reason": "link_unknown"}
        spoken = preferred_language(request)
        return page(request, "surveys/notice.html", context, status=404, language=spoken)
    wave: Wave = link.wave
    frozen = frozen_languages(wave)
    language = shown_in(request.GET.get("lang") or preferred_language(request), list(frozen))
    return page(
        request,
        "surveys/results.html",
        {
            "wave": wave,
            "kept": Kept(request, lambda: _results(wave, frozen, language), revision=link.revision),
        },
        status=200,
        language=language,
        organization=wave.organization,
    )


def _results(
    wave: Wave, frozen: Mapping[str, WaveLanguage | None], language: str
) -> dict[str, object]:
    published = publication_of(wave) if wave.status == Wave.Status.CLOSED else None
    context: dict[str, object] = {
        "languages": [(code, language_name(code)) for code in frozen],
        "released": None,
        "follow_up": FollowUp.objects.published().filter(wave=wave).first(),
    }
    if published is not None:
        asked = list(wave.items.select_related("question").order_by("position"))
        context["released"] = released = told_of(published, asked)
        questions = {item.question.key: item.question for item in asked}
        words = wording_in(wave, frozen[language], list(questions.values())).items
        directional = released.band == "directional"
        steps = _steps(wave)
        context["rows"] = [
            _row(item, questions[item.key], words, directional, steps.get(item.key))
            for item in released.items
        ]
        context["groups"] = _groups(published, questions, words)
        context["texts"] = [(words[text.key], text.state) for text in released.texts]
    return context


def _steps(wave: Wave) -> dict[str, TrendPoint]:
    """How each item moved to this wave from the one that asked it before."""
    return {t.key: p for t in wave_trends(wave) for p in t.points if p.wave_key == wave.key}


def _groups(
    published: Publication, questions: Mapping[str, Question], words: Mapping[str, str]
) -> list[GroupRows]:
    usable = published.wave.bank.definition().rules.response_rate.bands.usable
    found = []
    for group in groups_of(published):
        directional = group.response_rate is None or group.response_rate < usable
        rows = tuple(
            _row(cell, questions[cell.key], words, directional, cell)
            for cell in group.items
            if cell.key in questions
        )
        shown = rows if any(row.kind != "hidden" for row in rows) else ()
        found.append(GroupRows(group.key, group.name, group.responded, group.eligible, shown))
    return found


def _row(
    cell: ReleasedItem | GroupCell,
    question: Question,
    words: Mapping[str, str],
    directional: bool,
    step: TrendPoint | GroupCell | None,
) -> Row:
    """Few answers: the range is what the silent could make of it, else the 95 % interval."""
    row = Row(cell.key, words[cell.key], question.reverse, "hidden")
    if cell.state == "suppressed":
        return row
    if cell.state == "one_sided":
        return replace(row, kind="one_sided", at_least=cell.at_least, at_most=cell.at_most)
    is_hours = question.scale == Question.Scale.HOURS
    row = replace(row, n=cell.n, change=_change(step, 1 if is_hours else 100))
    if is_hours:
        return replace(row, kind="median", median=cell.median)
    low, high = (cell.worst, cell.best) if directional else (cell.low, cell.high)
    return replace(
        row,
        kind="share",
        share=_percent(cell.share),
        low=_percent(low),
        high=_percent(high),
        everyone=cell.everyone,
    )


def _change(step: TrendPoint | GroupCell | None, unit: int) -> Change | None:
    reason = step.break_reason if isinstance(step, TrendPoint) else None
    if reason is not None:
        return Change(reason=reason)
    if step is None or not step.verdict or step.difference is None:
        return None
    low, high = (step.low, step.high) if isinstance(step, TrendPoint) else (step.least, step.most)
    return Change(
        verdict=step.verdict,
        difference=step.difference * unit,
        low=(low or 0) * unit,
        high=(high or 0) * unit,
        different_people=bool(step.different_people),
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
