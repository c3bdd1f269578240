"""Share a wave's questions out so that nobody is asked for more than the budget.

Questions go to blocks of people, never to persons: which questions somebody answered would be
a fingerprint. A block is a group of the wave's tree with enough people in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil
from typing import Literal

from surveys.planning.burden import SECONDS
from surveys.planning.figures import FIGURES, SMALLEST_BLOCK

# The search is exact for the handful of blocks that surveys have; it must still end.
MOST_STEPS = 20_000


Reason = Literal[
    "small_block", "no_room", "too_few_people", "too_long", "too_much", "others_take_too_long"
]


class Infeasible(ValueError):
    """No allotment keeps the budget and asks enough people.

    `reason` says what is short, `figures` how much; the sentence is for who knows the reader's
    language.
    """

    def __init__(self, reason: Reason, **figures: str | float) -> None:
        super().__init__(reason, figures)
        self.reason = reason
        self.figures = figures


@dataclass(frozen=True)
class Block:
    """People who are asked the same."""

    key: str
    eligible: int


@dataclass(frozen=True)
class Share:
    """A question: how long it takes, and the fewest people it has to be put to."""

    key: str
    seconds: int
    minimum: int


Allotment = Mapping[str, tuple[str, ...]]


def share_of(key: str, scale: str, *, k: int, k_comment: int, detail: int = 10) -> Share:
    """What a question needs, so that at the usual response enough people answer to show it."""
    needed = {"text": k_comment, "recommend11": max(k, detail)}.get(scale, k)
    asked = ceil(needed / FIGURES.allotment.expected_response.value)
    return Share(key, SECONDS[scale], asked)


def blocks_of(sizes: Mapping[str, int], parents: Mapping[str, str]) -> dict[str, Block]:
    """The block of each group: itself, or with others under the nearest common parent.

    `sizes` counts the people whose group that is, `parents` gives the tree; a group without a
    parent is the root. Raises Infeasible where even all together are too few.
    """
    block_of = {key: key for key in sizes}
    while True:
        totals: dict[str, int] = {}
        for key, size in sizes.items():
            totals[block_of[key]] = totals.get(block_of[key], 0) + size
        small = sorted(key for key, total in totals.items() if total < SMALLEST_BLOCK)
        if not small:
            return {key: Block(block, totals[block]) for key, block in block_of.items()}
        deepest = max(small, key=lambda key: (_depth(key, parents), key))
        if deepest not in parents:
            if len(totals) == 1:
                raise Infeasible("small_block", blocks=deepest, least=SMALLEST_BLOCK)
            # What is left at the root joins its smallest neighbour; the two are one block.
            other = min((t, key) for key, t in totals.items() if key != deepest)[1]
            block_of = {k: deepest if b == other else b for k, b in block_of.items()}
            continue
        parent = parents[deepest]
        block_of = {k: parent if b == deepest else b for k, b in block_of.items()}


def allot(blocks: Sequence[Block], shares: Sequence[Share], *, seconds: int) -> Allotment:
    """Which questions each block is asked, in the order given. Raises Infeasible.

    Every question reaches its minimum, no block takes longer than `seconds`, the introduction
    included; what is left of the time goes to the questions that fewest people are asked.
    """
    if small := [block.key for block in blocks if block.eligible < SMALLEST_BLOCK]:
        raise Infeasible("small_block", blocks=", ".join(small), least=SMALLEST_BLOCK)
    room = seconds - FIGURES.seconds.intro.value
    if sum(share.seconds for share in shares) <= room:
        return {block.key: tuple(share.key for share in shares) for block in blocks}
    _refuse_the_impossible(blocks, shares, room)
    hardest = sorted(shares, key=lambda share: (-share.minimum * share.seconds, share.key))
    left = {block.key: room for block in blocks}
    search = _Search(blocks, hardest)
    chosen = search.place(0, left)
    if chosen is None:
        raise search.failure
    _fill(blocks, shares, chosen, room)
    order = {share.key: position for position, share in enumerate(shares)}
    return {key: tuple(sorted(asked, key=order.__getitem__)) for key, asked in chosen.items()}


class _Search:
    """Places the questions one after the other, each with as few blocks as will do."""

    def __init__(self, blocks: Sequence[Block], shares: Sequence[Share]) -> None:
        self.blocks = sorted(blocks, key=lambda block: (-block.eligible, block.key))
        self.shares = shares
        self.steps = 0
        self.furthest = 0

    @property
    def failure(self) -> Infeasible:
        share = self.shares[self.furthest]
        return Infeasible("no_room", question=share.key, least=share.minimum)

    def place(self, position: int, left: Mapping[str, int]) -> dict[str, list[str]] | None:
        if position == len(self.shares):
            return {block.key: [] for block in self.blocks}
        self.furthest = max(self.furthest, position)
        share = self.shares[position]
        for chosen in self._covers(share, left):
            self.steps += 1
            if self.steps > MOST_STEPS:
                return None
            after = {key: room - share.seconds * (key in chosen) for key, room in left.items()}
            rest = self.place(position + 1, after)
            if rest is not None:
                for key in chosen:
                    rest[key].append(share.key)
                return rest
        return None

    def _covers(self, share: Share, left: Mapping[str, int]) -> Iterator[frozenset[str]]:
        """Sets of blocks with room that hold enough people; those with most room first."""
        free = [block for block in self.blocks if left[block.key] >= share.seconds]
        free.sort(key=lambda block: -left[block.key])
        for size in range(1, len(free) + 1):
            for chosen in combinations(free, size):
                if sum(block.eligible for block in chosen) >= share.minimum:
                    yield frozenset(block.key for block in chosen)


def _refuse_the_impossible(blocks: Sequence[Block], shares: Sequence[Share], room: int) -> None:
    people = sum(block.eligible for block in blocks)
    for share in shares:
        if share.minimum > people:
            raise Infeasible(
                "too_few_people", question=share.key, least=share.minimum, people=people
            )
        if share.seconds > room:
            raise Infeasible("too_long", question=share.key)
    needed = sum(share.seconds * share.minimum for share in shares)
    if needed > room * people:
        minutes = ceil((needed / people + FIGURES.seconds.intro.value) / 6) / 10
        raise Infeasible("too_much", minutes=minutes, people=people)


def _fill(
    blocks: Sequence[Block],
    shares: Sequence[Share],
    chosen: dict[str, list[str]],
    room: int,
) -> None:
    """Use what is left of the time for the questions that fewest people are asked."""
    seconds = {share.key: share.seconds for share in shares}
    size = {block.key: block.eligible for block in blocks}
    asked = {
        share.key: sum(size[key] for key, keys in chosen.items() if share.key in keys)
        for share in shares
    }
    for block in sorted(blocks, key=lambda block: (block.eligible, block.key)):
        left = room - sum(seconds[key] for key in chosen[block.key])
        for key in sorted(asked, key=lambda key: (asked[key], key)):
            if key not in chosen[block.key] and seconds[key] <= left:
                chosen[block.key].append(key)
                asked[key] += block.eligible
                left -= seconds[key]


def _depth(key: str, parents: Mapping[str, str]) -> int:
    depth = 0
    while key in parents:
        key, depth = parents[key], depth + 1
    return depth
