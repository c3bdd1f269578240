"""Sets of respondents, and which of them may not be singled out."""

from collections.abc import Iterable
from dataclasses import dataclass

from surveys.privacy.decisions import DETAIL_FROM

# A set of respondents: an integer with one bit for each. Set algebra on it is exact and fast.
People = int


def count(people: People) -> int:
    return people.bit_count()


def union(sets: Iterable[People]) -> People:
    everybody = 0
    for people in sets:
        everybody |= people
    return everybody


@dataclass(frozen=True, slots=True)
class Rule:
    """Which sets of people nobody may be able to work out.

    `k`: sets of fewer people. `favourable`: who of the respondents was, where answers have
    sides; then no set under DETAIL_FROM people that is all on one side either.
    """

    k: int
    favourable: People | None = None

    @property
    def largest(self) -> int:
        """The size from which on a set is harmless."""
        return self.k if self.favourable is None else max(self.k, DETAIL_FROM)

    def is_exposed(self, people: People) -> bool:
        """Whether figures of exactly these people must not be found out; nobody has none."""
        size = count(people)
        return 0 < size < self.k or self.is_one_sided(people)

    def is_one_sided(self, people: People) -> bool:
        """Whether they are few and all answered on the same side."""
        size = count(people)
        if self.favourable is None or not 0 < size < DETAIL_FROM:
            return False
        return count(people & self.favourable) in {0, size}
