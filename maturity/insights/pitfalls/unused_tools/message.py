"""Tools' figures in words; few people are never counted exactly."""

from collections.abc import Sequence

from maturity.insights.evidence import FEW_PEOPLE, people_in_words, percent, plural
from maturity.insights.pitfalls.unused_tools.figures import ToolFigures


def tool_message(figures: ToolFigures) -> str:
    """Return what a reader needs to follow one tool's state."""
    name = figures.tool.name
    if figures.because is not None:
        return f"{name}: cannot be judged ({figures.because})."
    if figures.tool.mandatory:
        return f"{name} is mandatory, so usage is compliance: {_felt(figures)}."
    age = figures.age_months
    launched = (
        "launch date unknown" if age is None else f"launched {plural(age, 'month', 'months')} ago"
    )
    eligible = figures.eligible or 0
    return (
        f"{name}: {people_in_words(figures.active)} of {people_in_words(eligible)} eligible people "
        f"used it in a typical {figures.window} "
        f"({_share(figures, eligible)}%, last {figures.windows_used} windows); {launched}."
        f"{' Use is fading.' if figures.fading else ''}"
    )


def portfolio_message(
    reds: int, known: int, shown: Sequence[ToolFigures], *, red_below: float
) -> str:
    """Return how many tools are red and the figures of those that show it best."""
    verb = "is" if known == 1 else "are"
    counted = f"{reds} of {plural(known, 'known product-ops tool', 'known product-ops tools')}"
    rule = f"red is under {percent(red_below)}% of eligible people"
    return " ".join([f"{counted} {verb} red ({rule}).", *map(tool_message, shown)])


def _felt(figures: ToolFigures) -> str:
    answers = [answer for answer in figures.answers if answer is not None]
    return ", ".join(f"{a.item_key} {percent(a.share)} % favourable (n = {a.n})" for a in answers)


def _share(figures: ToolFigures, eligible: int) -> str:
    # An exact share of a known group would give the small count away again.
    if figures.active < FEW_PEOPLE and eligible:
        return f"<{percent(min(1.0, FEW_PEOPLE / eligible))}"
    return percent(figures.share or 0.0)
