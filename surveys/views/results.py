"""A wave's results for those who were asked: one link for all, released figures alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from surveys.models import FollowUp, Question, ResultsLink, Wave, WaveLanguage
from surveys.selectors import ReleasedItem, released_wave
from surveys.services.languages import frozen_languages, language_name, shown_in, wording_in
from surveys.views.private import leaves_no_trace, page, preferred_language


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


@require_safe
@leaves_no_trace
def results(request: HttpRequest, token: str) -> HttpResponse:
    """What all together answered and what follows from it; before closing, when that will be."""
    links = ResultsLink.objects.select_related("wave__organization", "wave__bank")
    link = links.filter(token=token).first()
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
        {"wave": wave, **_results(wave, frozen, language)},
        status=200,
        language=language,
        organization=wave.organization,
    )


def _results(
    wave: Wave, frozen: Mapping[str, WaveLanguage | None], language: str
) -> dict[str, object]:
    released = released_wave(wave) if wave.status == Wave.Status.CLOSED else None
    context: dict[str, object] = {
        "languages": [(code, language_name(code)) for code in frozen],
        "released": released,
        "follow_up": FollowUp.objects.published().filter(wave=wave).first(),
    }
    if released is not None:
        questions = [item.question for item in wave.items.select_related("question")]
        words = wording_in(wave, frozen[language], questions).items
        directional = released.band == "directional"
        context["rows"] = [_row(item, words[item.key], directional) for item in released.items]
        context["texts"] = [(words[text.key], text.state) for text in released.texts]
    return context


def _row(item: ReleasedItem, text: str, directional: bool) -> Row:
    """Few answers: the range is what the silent could make of it, else the 95 % interval."""
    if item.state == "suppressed":
        return Row(item.key, text, item.reverse, "hidden")
    if item.state == "one_sided":
        least, most = item.at_least, item.at_most
        return Row(item.key, text, item.reverse, "one_sided", at_least=least, at_most=most)
    if item.scale == Question.Scale.HOURS:
        return Row(item.key, text, item.reverse, "median", n=item.n, median=item.median)
    low, high = (item.worst, item.best) if directional else (item.low, item.high)
    return Row(
        item.key,
        text,
        item.reverse,
        "share",
        share=_percent(item.share),
        low=_percent(low),
        high=_percent(high),
        n=item.n,
        everyone=item.everyone,
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
