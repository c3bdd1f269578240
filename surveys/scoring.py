"""From answers to scores: reversal, favourable answers, who counts. Pure.

An unanswered item is no answer; "does not apply" is counted apart. Neither is ever replaced by
a number. Rules: question bank, section `scoring`.
"""

import statistics
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

# (x - min) / (max - min) from which an answer on any integer scale is favourable.
FAVOURABLE_FROM = 0.75
# On the 0-10 recommendation item only the promoters are.
PROMOTER_FROM = 9
# Hours above this are kept, but count as this in a mean.
HOURS_CAP = 40
# A response counts for the response rate when this share of the rating items is answered.
COUNTS_FROM = 0.5
# An area's index needs this many of its items.
INDEX_ITEMS = 2


ItemKind = Literal["rating", "recommend", "hours"]


@dataclass(frozen=True, slots=True)
class ItemScale:
    """How an item is answered: `rating`, the 0-10 `recommend`, or `hours`."""

    kind: ItemKind
    minimum: int
    maximum: int
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One response: what was answered, by item key, and what does not apply."""

    answers: dict[str, int]
    not_applicable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """The valid answers to one item, as given; scores are worked out on reading, once."""

    scale: ItemScale
    answers: tuple[int, ...]
    not_applicable: int = 0

    @property
    def n(self) -> int:
        return len(self.answers)

    @property
    def scores(self) -> tuple[int, ...]:
        """Answers in the direction in which more is better; hours at most HOURS_CAP."""
        if self.scale.reverse:
            turn = self.scale.minimum + self.scale.maximum
            return tuple(turn - answer for answer in self.answers)
        if self.scale.kind == "hours":
            return tuple(min(answer, HOURS_CAP) for answer in self.answers)
        return self.answers

    @property
    def favourable(self) -> int | None:
        """How many answers are favourable; None where the scale knows no such thing."""
        if self.scale.kind == "hours":
            return None
        if self.scale.kind == "recommend":
            return sum(answer >= PROMOTER_FROM for answer in self.answers)
        reach = self.scale.maximum - self.scale.minimum
        return sum((score - self.scale.minimum) / reach >= FAVOURABLE_FROM for score in self.scores)

    @property
    def mean(self) -> float | None:
        return statistics.fmean(self.scores) if self.answers else None

    @property
    def distribution(self) -> tuple[int, ...]:
        """How often each answer was given, from the lowest to the highest, before reversal."""
        steps = range(self.scale.minimum, self.scale.maximum + 1)
        return tuple(self.answers.count(step) for step in steps)


def score_item(sheets: Iterable[Sheet], key: str, scale: ItemScale) -> ScoredItem:
    """Collect what people answered to one item."""
    answers, not_applicable = [], 0
    for sheet in sheets:
        if key in sheet.answers:
            answers.append(sheet.answers[key])
        elif key in sheet.not_applicable:
            not_applicable += 1
    return ScoredItem(scale, tuple(answers), not_applicable)


def counts_for_response_rate(sheet: Sheet, rating_keys: Collection[str]) -> bool:
    """Whether at least half of the shown rating items were dealt with, "does not apply" included.

    A survey without rating items is answered by anything.
    """
    dealt_with = sum(key in sheet.answers or key in sheet.not_applicable for key in rating_keys)
    return dealt_with >= COUNTS_FROM * len(rating_keys)


def is_straight_line(
    sheet: Sheet, rating_keys: Collection[str], *, reverse_keys: Collection[str]
) -> bool:
    """Whether all ratings are the same number although a reverse item was shown.

    Flagged only, never dropped. A single rating is no line.
    """
    given = [sheet.answers[key] for key in rating_keys if key in sheet.answers]
    return bool(reverse_keys) and len(given) > 1 and len(set(given)) == 1


def area_index(means: Sequence[float]) -> float | None:
    """Mean of the means of an area's items; None with fewer than two of them."""
    return statistics.fmean(means) if len(means) >= INDEX_ITEMS else None
