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


ItemKind = Literal["rating", "recommend", "hours", "measure"]


@dataclass(frozen=True, slots=True)
class ItemScale:
    """How an item is answered: `rating`, the 0-10 `recommend`, `hours`, or some other `measure`.

    A measure has a mean and nothing else: its answers are no whole steps, so they have no sides.
    """

    kind: ItemKind
    minimum: int
    maximum: int
    reverse: bool = False

    @property
    def has_sides(self) -> bool:
        """Whether an answer is favourable or not; hours and measures know no such thing."""
        return self.kind in {"rating", "recommend"}

    def score(self, answer: float) -> float:
        """The answer in the direction in which more is better; hours at most HOURS_CAP."""
        if self.reverse:
            return self.minimum + self.maximum - answer
        return min(answer, HOURS_CAP) if self.kind == "hours" else answer

    def is_favourable(self, answer: float) -> bool:
        if self.kind == "recommend":
            return answer >= PROMOTER_FROM
        reach = self.maximum - self.minimum
        return (self.score(answer) - self.minimum) / reach >= FAVOURABLE_FROM


@dataclass(frozen=True, slots=True)
class Sheet:
    """One response: what was answered, by item key, and what does not apply."""

    answers: dict[str, int]
    not_applicable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """The valid answers to one item, as given; scores are worked out on reading, once."""

    scale: ItemScale
    answers: tuple[float, ...]
    not_applicable: int = 0

    @property
    def n(self) -> int:
        return len(self.answers)

    @property
    def scores(self) -> tuple[float, ...]:
        return tuple(self.scale.score(answer) for answer in self.answers)

    @property
    def favourable(self) -> int | None:
        """How many answers are favourable; None where the scale has no sides."""
        if not self.scale.has_sides:
            return None
        return sum(self.scale.is_favourable(answer) for answer in self.answers)

    @property
    def mean(self) -> float | None:
        return statistics.fmean(self.scores) if self.answers else None

    @property
    def distribution(self) -> tuple[int, ...]:
        """How often each answer was given, from the lowest to the highest, before reversal."""
        steps = range(self.scale.minimum, self.scale.maximum + 1)
        return tuple(self.answers.count(step) for step in steps)


def scale_of(
    values: Iterable[float], *, minimum: int, maximum: int, reverse: bool, recommends: bool
) -> ItemScale:
    """The scale of an item whose answers came from outside.

    One value between the steps makes it a measure; what recommends on 0 to 10 has promoters.
    """
    kind: ItemKind = "rating"
    if any(value != int(value) for value in values):
        kind = "measure"
    elif recommends and (minimum, maximum) == (0, 10):
        kind = "recommend"
    return ItemScale(kind, minimum, maximum, reverse)


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
