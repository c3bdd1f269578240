"""Tools' figures in words; few people are never counted exactly."""

from collections.abc import Sequence

from maturity.insights.evidence import FEW_PEOPLE, in_percent, people_in_words, percent
from maturity.insights.phrases import (
    Joined,
    Number,
    Phrase,
    Words,
    joined,
    noop,
    nphrase,
    phrase,
)
from maturity.insights.pitfalls.unused_tools.figures import ToolFigures

_USED = {
    "day": noop(
        "%(tool)s: %(active)s of %(eligible)s eligible people used it in a typical day (%(share)s, "
        "last %(windows)s windows); %(launched)s."
    ),
    "week": noop(
        "%(tool)s: %(active)s of %(eligible)s eligible people used it in a typical week "
        "(%(share)s, last %(windows)s windows); %(launched)s."
    ),
    "month": noop(
        "%(tool)s: %(active)s of %(eligible)s eligible people used it in a typical month "
        "(%(share)s, last %(windows)s windows); %(launched)s."
    ),
    "quarter": noop(
        "%(tool)s: %(active)s of %(eligible)s eligible people used it in a typical quarter "
        "(%(share)s, last %(windows)s windows); %(launched)s."
    ),
}


def tool_message(figures: ToolFigures) -> Words:
    """Return what a reader needs to follow one tool's state."""
    name = figures.tool.name
    if figures.because is not None:
        return (
            phrase("%(tool)s: cannot be judged (%(reason)s).", tool=name, reason=figures.because),
        )
    if figures.tool.mandatory:
        return (
            phrase(
                "%(tool)s is mandatory, so usage is compliance: %(answers)s.",
                tool=name,
                answers=_felt(figures),
            ),
        )
    used = phrase(
        _USED[figures.window or "week"],
        tool=name,
        active=people_in_words(figures.active),
        eligible=people_in_words(figures.eligible or 0),
        share=_share(figures, figures.eligible or 0),
        windows=figures.windows_used,
        launched=_launched(figures.age_months),
    )
    return (used, phrase("Use is fading.")) if figures.fading else (used,)


def portfolio_message(
    reds: int, known: int, shown: Sequence[ToolFigures], *, red_below: float
) -> Words:
    """Return how many tools are red and the figures of those that show it best."""
    counted = nphrase(
        "%(reds)s of %(count)s known product-ops tool is red (red is under %(share)s of eligible "
        "people).",
        "%(reds)s of %(count)s known product-ops tools are red (red is under %(share)s of "
        "eligible people).",
        known,
        reds=reds,
        share=in_percent(red_below),
    )
    return counted, *(said for figures in shown for said in tool_message(figures))


def _launched(age: int | None) -> Phrase:
    if age is None:
        return phrase("launch date unknown")
    return nphrase("launched %(count)s month ago", "launched %(count)s months ago", age)


def _felt(figures: ToolFigures) -> Joined:
    answers = [answer for answer in figures.answers if answer is not None]
    return joined(
        (
            phrase(
                "%(item)s %(share)s favourable (n = %(n)s)",
                item=answer.item_key,
                share=Number(f"{percent(answer.share)} %"),
                n=answer.n,
            )
            for answer in answers
        ),
        ", ",
    )


def _share(figures: ToolFigures, eligible: int) -> Number:
    # An exact share of a known group would give the small count away again.
    if figures.active < FEW_PEOPLE and eligible:
        return Number(f"<{percent(min(1.0, FEW_PEOPLE / eligible))}%")
    return in_percent(figures.share or 0.0)
