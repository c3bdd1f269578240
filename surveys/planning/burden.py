"""How long answering takes, planned from the kinds of questions."""

from collections.abc import Iterable
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
