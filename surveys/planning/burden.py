"""How long answering takes, planned from the kinds of questions."""

from collections.abc import Iterable
from datetime import date
from typing import Literal, Protocol

from surveys.planning.figures import FIGURES

Kind = Literal["agree5", "recommend11", "hours", "text"]

SECONDS: dict[str, int] = {
    "agree5": FIGURES.seconds.rating.value,
    "recommend11": FIGURES.seconds.recommend.value,
    "hours": FIGURES.seconds.hours.value,
    "text": FIGURES.seconds.text.value,
}


class Cost(Protocol):
    """What burden needs to know about a question."""

    scale: str


def seconds_of(questions: Iterable[Cost]) -> int:
    """The seconds one person needs for these questions, the introduction included."""
    return FIGURES.seconds.intro.value + sum(SECONDS[question.scale] for question in questions)


def minutes_of(questions: Iterable[Cost]) -> float:
    return seconds_of(questions) / 60


def quarter_of(on: date) -> tuple[date, date]:
    """The first and the last day of the quarter that holds a day."""
    first = date(on.year, 3 * ((on.month - 1) // 3) + 1, 1)
    month = first.month + 3
    following = date(first.year + 1, 1, 1) if month > 12 else date(first.year, month, 1)
    return first, date.fromordinal(following.toordinal() - 1)
