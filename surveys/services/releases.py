"""Publish a closed wave once: figures through the privacy gate, frozen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from maturity import stats
from maturity.insights.base import SurveyItem
from maturity.services.survey_results import record_survey_results
from surveys import privacy, scoring
from surveys.banks import BankRules
from surveys.models import (
    Comment,
    Question,
    Release,
    ReleasedCell,
    ReleasedComment,
    Response,
    Wave,
)
from surveys.scoring import ItemKind, ItemScale, ScoredItem, Sheet

# Exact intervals are computed up to this many eligible people.
EXACT_UP_TO = 60
KINDS: dict[str, ItemKind] = {
    Question.Scale.AGREE.value: "rating",
    Question.Scale.RECOMMEND.value: "recommend",
    Question.Scale.HOURS.value: "hours",
}


@dataclass(frozen=True)
class _Results:
    """A wave's answers while they are being released."""

    wave: Wave
    eligible: int
    rules: BankRules
    questions: Sequence[Question]
    sheets: Sequence[Sheet]
    thresholds: privacy.Thresholds


def release_wave(wave: Wave, *, released_at: datetime) -> Release:
    """Compute and store what may be shown of a wave, and hand the PMs' items to the detectors.

    Runs in the transaction that closes the wave, after its answers were collected.
    """
    rules = wave.bank.definition()
    results = _Results(
        wave=wave,
        eligible=wave.eligible or 0,
        rules=rules,
        questions=[item.question for item in wave.items.select_related("question")],
        sheets=_sheets(wave),
        thresholds=privacy.Thresholds(k=wave.k, k_comment=wave.k_comment),
    )
    release = _turnout(results, released_at)
    release.save(force_insert=True)
    items = _item_cells(results, release)
    ReleasedCell.objects.bulk_create(
        [*items, *_index_cells(results, release, items), *_release_comments(results, release)]
    )
    record_survey_results(wave.organization, _findings_of(wave, release, items))
    return release


def _sheets(wave: Wave) -> list[Sheet]:
    rows = Response.objects.filter(wave=wave).values_list("answers", "not_applicable")
    return [Sheet(answers, frozenset(skipped)) for answers, skipped in rows]


def _turnout(results: _Results, released_at: datetime) -> Release:
    """The wave's own figures: all of them, or, under k responses, none."""
    ratings = [q.key for q in results.questions if q.scale == Question.Scale.AGREE]
    reverse = [q.key for q in results.questions if q.reverse]
    counted = [
        sheet for sheet in results.sheets if scoring.counts_for_response_rate(sheet, ratings)
    ]
    release = Release(
        organization=results.wave.organization,
        wave=results.wave,
        released_at=released_at,
        eligible=results.eligible,
    )
    if not privacy.may_show_turnout(len(counted), results.thresholds):
        return release
    release.responded = len(counted)
    release.response_rate = len(counted) / results.eligible
    release.band = _band(release.response_rate, results.rules)
    if privacy.may_show_detail(len(counted)):
        lines = [scoring.is_straight_line(s, ratings, reverse_keys=reverse) for s in counted]
        release.straightlining = sum(lines) / len(lines)
    return release


def _band(rate: float, rules: BankRules) -> Release.Band:
    bands = rules.rules.response_rate.bands
    if rate >= bands.good:
        return Release.Band.GOOD
    return Release.Band.USABLE if rate >= bands.usable else Release.Band.DIRECTIONAL


def _item_cells(results: _Results, release: Release) -> list[ReleasedCell]:
    return [
        _item_cell(question, results, release)
        for question in results.questions
        if question.scale != Question.Scale.TEXT
    ]


def _item_cell(question: Question, results: _Results, release: Release) -> ReleasedCell:
    item = scoring.score_item(results.sheets, question.key, _scale_of(question, results.rules))
    decision = privacy.HIDDEN
    if release.responded is not None:
        decision = privacy.decide(item.n, item.favourable, results.thresholds)
    cell = ReleasedCell(
        organization=results.wave.organization,
        release=release,
        kind=ReleasedCell.Kind.ITEM,
        key=question.key,
        state=decision.state,
        at_least=decision.at_least,
        at_most=decision.at_most,
    )
    if decision.state == "shown":
        figures = _figures(item, results.eligible)
        if decision.detail:
            figures |= _details(item, results.eligible)
        for name, value in figures.items():
            setattr(cell, name, value)
    return cell


def _scale_of(question: Question, rules: BankRules) -> ItemScale:
    scale = getattr(rules.scales, question.scale)
    return ItemScale(KINDS[question.scale], scale.min, scale.max, question.reverse)


def _figures(item: ScoredItem, eligible: int) -> dict[str, Any]:
    """Estimates from the answered to the eligible. Everyone answered: no interval is needed."""
    figures: dict[str, Any] = {
        "n": item.n,
        "not_applicable": item.not_applicable,
        "mean": item.mean,
    }
    if item.scale.kind == "hours":
        figures["median"] = stats.median(item.scores)
    if item.n < eligible:
        spread = stats.mean_interval(item.scores, eligible)
        if spread is not None:
            figures["mean_low"] = max(spread.low, item.scale.minimum)
            figures["mean_high"] = min(spread.high, item.scale.maximum)
    if item.favourable is not None:
        figures |= _share(item.favourable, item.n, eligible)
    return figures


def _share(favourable: int, answered: int, eligible: int) -> dict[str, Any]:
    bounds = stats.nonresponse_bounds(favourable, answered, eligible)
    figures = {"favourable": favourable, "worst": bounds.low, "best": bounds.high}
    if answered == eligible:
        return figures
    wilson = stats.wilson_interval(favourable, answered, eligible)
    if wilson is not None:
        figures |= {"low": wilson.low, "high": wilson.high}
    if eligible <= EXACT_UP_TO:
        exact = stats.hypergeometric_interval(favourable, answered, eligible)
        if exact is not None:
            figures |= {"exact_low": exact.low, "exact_high": exact.high}
    return figures


def _details(item: ScoredItem, eligible: int) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    if item.scale.kind != "hours":
        figures["distribution"] = list(item.distribution)
    if item.scale.kind == "recommend":
        score = stats.enps(item.answers, eligible)
        if score is not None:
            figures["enps"] = score.value
            if item.n < eligible:
                figures["enps_low"], figures["enps_high"] = score.interval.low, score.interval.high
    return figures


def _index_cells(
    results: _Results, release: Release, items: Sequence[ReleasedCell]
) -> list[ReleasedCell]:
    """Indexes of the areas asked about by enough items, from shown items alone.

    A hidden item inside an index could be worked out from the shown ones.
    """
    cells = []
    means = {cell.key: cell.mean for cell in items if cell.mean is not None}
    for area in dict.fromkeys(q.area for q in results.questions if q.area):
        keys = [q.key for q in results.questions if q.area == area]
        if len(keys) < scoring.INDEX_ITEMS:
            continue
        index = scoring.area_index([means[key] for key in keys if key in means])
        cells.append(
            ReleasedCell(
                organization=results.wave.organization,
                release=release,
                kind=ReleasedCell.Kind.INDEX,
                key=area,
                state=privacy.HIDDEN.state if index is None else "shown",
                mean=index,
            )
        )
    return cells


def _release_comments(results: _Results, release: Release) -> list[ReleasedCell]:
    """Publish the comments on each question that enough people commented; return the cells."""
    cells, shown = [], []
    for question in results.questions:
        if question.scale != Question.Scale.TEXT:
            continue
        # One person has at most one row per question, so rows are people.
        rows = Comment.objects.filter(wave=results.wave, item_key=question.key)
        texts = list(rows.values_list("text", flat=True))
        decision = privacy.decide_comments(len(texts), results.thresholds)
        if decision.state == "shown":
            shown += [(question.key, text) for text in texts]
        cells.append(
            ReleasedCell(
                organization=results.wave.organization,
                release=release,
                kind=ReleasedCell.Kind.COMMENTS,
                key=question.key,
                state=decision.state,
                n=len(texts) if decision.state == "shown" else None,
            )
        )
    ReleasedComment.objects.bulk_create(
        ReleasedComment(
            organization=results.wave.organization, release=release, item_key=key, text=text
        )
        for key, text in shown
    )
    return cells


def _findings_of(wave: Wave, release: Release, items: Sequence[ReleasedCell]) -> list[SurveyItem]:
    """What detectors get: shown items with a favourable side, nothing of the others."""
    if wave.closed_at is None:
        return []
    return [
        SurveyItem(
            wave_key=wave.key,
            closed_at=wave.closed_at,
            item_key=cell.key,
            n=cell.n,
            favourable=cell.favourable,
            eligible=release.eligible,
            response_rate=release.response_rate,
        )
        for cell in items
        if cell.n is not None and cell.favourable is not None
    ]
