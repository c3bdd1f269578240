"""Centralised decisions in words; few decisions are never counted exactly."""

from maturity.insights.evidence import FEW_PEOPLE, in_percent, people_in_words, percent
from maturity.insights.names import DECISIONS, all_named
from maturity.insights.phrases import Number, Phrase, Value, Words, listed, nphrase, phrase
from maturity.insights.pitfalls.centralised_decisions.figures import Figures
from maturity.insights.pitfalls.verdicts import cannot_be_judged


def message(figures: Figures, because: Words) -> Words:
    """Return what a reader needs to follow the verdict."""
    first = cannot_be_judged(because) if because else _taken(figures)
    return first, *_unknown_types(figures)


def _taken(figures: Figures) -> Phrase:
    places: dict[str, Value] = {
        "taken": people_in_words(len(figures.taken)),
        "decisions": Number(f"{len(figures.known)}"),
        "share": _share(figures),
        "teams": _teams(figures),
    }
    types = figures.largest_types
    if not types:
        return phrase(
            "%(taken)s of %(decisions)s decisions that the matrix gives to PMs were taken by "
            "product ops or centrally (%(share)s), across %(teams)s.",
            **places,
        )
    return phrase(
        "%(taken)s of %(decisions)s decisions that the matrix gives to PMs were taken by product "
        "ops or centrally (%(share)s), across %(teams)s; most often: %(types)s.",
        **places,
        types=listed(all_named(DECISIONS, types)),
    )


def _share(figures: Figures) -> Value:
    n, interval = len(figures.known), figures.interval
    if figures.share is None or interval is None:
        return phrase("share unknown")
    if len(figures.taken) < FEW_PEOPLE:
        # An exact share of a known number would give the small count away again.
        return phrase("under %(share)s", share=in_percent(FEW_PEOPLE / n))
    return phrase(
        "%(share)s, 95 %% %(low)s-%(high)s",
        share=in_percent(figures.share),
        low=Number(percent(interval.low)),
        high=Number(percent(interval.high)),
    )


def _teams(figures: Figures) -> Phrase:
    return nphrase(
        "%(hit)s of %(count)s team",
        "%(hit)s of %(count)s teams",
        len(figures.teams),
        hit=len(figures.teams_hit),
    )


def _unknown_types(figures: Figures) -> Words:
    if not figures.unknown_types:
        return ()
    types = listed(all_named(DECISIONS, figures.unknown_types))
    return (phrase("Nobody said whose decision these are: %(types)s.", types=types),)
