"""Centralised decisions in words; few decisions are never counted exactly."""

from maturity.insights.evidence import FEW_PEOPLE, listed, people_in_words, percent, plural
from maturity.insights.pitfalls.centralised_decisions.figures import Figures


def message(figures: Figures, because: tuple[str, ...]) -> str:
    """Return what a reader needs to follow the verdict."""
    if because:
        return f"Cannot be judged: {'; '.join(because)}.{_unknown_types(figures)}"
    taken, n = len(figures.taken), len(figures.known)
    text = (
        f"{people_in_words(taken)} of {n} decisions that the matrix gives to PMs were taken by "
        f"product ops or centrally ({_share(figures)}), across {_teams(figures)}"
    )
    types = figures.largest_types
    text += f"; most often: {listed(types)}." if types else "."
    return text + _unknown_types(figures)


def _share(figures: Figures) -> str:
    n, interval = len(figures.known), figures.interval
    if figures.share is None or interval is None:
        return "share unknown"
    if len(figures.taken) < FEW_PEOPLE:
        # An exact share of a known number would give the small count away again.
        return f"under {percent(FEW_PEOPLE / n)}%"
    return f"{percent(figures.share)}%, 95 % {percent(interval.low)}-{percent(interval.high)}"


def _teams(figures: Figures) -> str:
    return f"{len(figures.teams_hit)} of {plural(len(figures.teams), 'team', 'teams')}"


def _unknown_types(figures: Figures) -> str:
    if not figures.unknown_types:
        return ""
    return f" Nobody said whose decision these are: {listed(figures.unknown_types)}."
