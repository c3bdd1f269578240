"""What PMs said in the newest released wave: released cells only, put into words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization
from surveys.selectors import (
    ReleasedItem,
    ReleasedTexts,
    ReleasedWave,
    Turnout,
    latest_released_wave,
    questions_in,
)

BANDS: dict[str, Promise] = {
    "good": _("good response"),
    "usable": _("usable response"),
    "directional": _("directional only"),
}


@dataclass(frozen=True)
class ItemResult:
    """One question's released cell. Shares and their ranges are percent, after reversal.

    `kind`: a "share" of favourable answers, a "median" in hours, a "one_sided" bound
    (`at_least` or `at_most` alone), or "hidden", which carries no figure at all. `score` is
    the recommendation score, -100 to 100, with its interval. `reverse`: agreeing is bad news, so
    that those who disagree are counted.
    """

    key: str
    text: str
    kind: Literal["share", "median", "one_sided", "hidden"]
    favourable: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    everyone: bool = False
    median: float | None = None
    score: float | None = None
    score_low: float | None = None
    score_high: float | None = None
    at_least: int | None = None
    at_most: int | None = None
    reverse: bool = False


@dataclass(frozen=True)
class WaveResults:
    """The newest released wave, all PMs together.

    `language` is that of its questions: the reader's own, where they are translated into it.
    `responded`, `response_rate` (percent) and `band` are None under k responses. In the
    "directional" band a range is what the silent could still make of the share, else it is
    the 95 % interval.
    """

    title: str
    language: str
    closed_at: datetime
    eligible: int
    responded: int | None
    response_rate: float | None
    band: str | None
    k: int
    k_comment: int
    items: tuple[ItemResult, ...]
    texts: tuple[ReleasedTexts, ...]
    turnout: Mapping[str, Turnout]

    @property
    def band_label(self) -> Promise | str:
        return BANDS.get(self.band or "", "")


def newest_wave(
    organization: Organization, *, as_of: date, known_at: datetime
) -> WaveResults | None:
    """The newest wave closed on `as_of` and released by `known_at`; four queries, one for none.

    One more in another language than that of its questions.
    """
    released = latest_released_wave(organization, known_at=known_at, as_of=as_of)
    return None if released is None else _results(_in_words_of_the_reader(released))


def _in_words_of_the_reader(wave: ReleasedWave) -> ReleasedWave:
    language = get_language() or wave.language
    if language == wave.language or not (words := questions_in(language, bank_id=wave.bank_id)):
        return wave
    return replace(
        wave,
        language=language,
        items=tuple(replace(item, text=words.get(item.key, item.text)) for item in wave.items),
        texts=tuple(replace(item, text=words.get(item.key, item.text)) for item in wave.texts),
    )


def _results(wave: ReleasedWave) -> WaveResults:
    return WaveResults(
        title=wave.title,
        language=wave.language,
        closed_at=wave.closed_at,
        eligible=wave.eligible,
        responded=wave.responded,
        response_rate=_percent(wave.response_rate),
        band=wave.band,
        k=wave.k,
        k_comment=wave.k_comment,
        items=tuple(_item(item, directional=wave.band == "directional") for item in wave.items),
        texts=wave.texts,
        turnout=wave.turnout,
    )


def _item(item: ReleasedItem, *, directional: bool) -> ItemResult:
    if item.state == "one_sided":
        return ItemResult(
            item.key,
            item.text,
            "one_sided",
            at_least=item.at_least,
            at_most=item.at_most,
            reverse=item.reverse,
        )
    if item.state != "shown":
        return ItemResult(item.key, item.text, "hidden")
    if item.share is None:
        return ItemResult(item.key, item.text, "median", n=item.n, median=item.median)
    low, high = (item.worst, item.best) if directional else (item.low, item.high)
    return ItemResult(
        item.key,
        item.text,
        "share",
        favourable=_percent(item.share),
        low=_percent(low),
        high=_percent(high),
        n=item.n,
        everyone=item.everyone,
        score=item.enps,
        score_low=item.enps_low,
        score_high=item.enps_high,
        reverse=item.reverse,
    )


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100 * fraction
