"""What may be said of one group by the number of its answers. Small ones hide, lopsided small
ones show a bound only, details need more people.
"""

from dataclasses import dataclass
from typing import Literal

State = Literal["shown", "suppressed", "one_sided"]

# From so many answers on distributions and the recommendation score are shown, and an answer
# that all of them share gives nobody away.
DETAIL_FROM = 10
# What is said instead where all answers fall on one side, in percent favourable.
AT_LEAST, AT_MOST = 80, 20


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The smallest groups a wave shows, fixed when it opens: scores and comments."""

    k: int
    k_comment: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What may be said of one item in one group.

    `detail`: distribution and recommendation score too; `not_applicable`: also how many said
    that it does not apply. `at_least` and `at_most` are percent.
    """

    state: State
    detail: bool = False
    not_applicable: bool = False
    at_least: int | None = None
    at_most: int | None = None


HIDDEN = Decision("suppressed")


def decide(n: int, favourable: int | None, thresholds: Thresholds) -> Decision:
    """Judge one item by its valid answers; `favourable` is None where answers have no sides."""
    if n < thresholds.k:
        return HIDDEN
    if n < DETAIL_FROM and favourable is not None:
        if favourable == n:
            return Decision("one_sided", at_least=AT_LEAST)
        if favourable == 0:
            return Decision("one_sided", at_most=AT_MOST)
    return Decision("shown", detail=may_show_detail(n))


def decide_comments(commenters: int, thresholds: Thresholds) -> Decision:
    """Judge the comments on one question by the number of people who wrote one."""
    return Decision("shown") if commenters >= thresholds.k_comment else HIDDEN


def may_show_turnout(responded: int, thresholds: Thresholds) -> bool:
    """Whether the number of responses, and so the response rate, may be told."""
    return responded >= thresholds.k


def may_show_detail(people: int) -> bool:
    """Whether a figure about how people answered, such as straight-lining, may be told."""
    return people >= DETAIL_FROM
