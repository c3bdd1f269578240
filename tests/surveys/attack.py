"""Work out what was hidden from what was published: linear algebra, and the ends of the scale.

Knows who is in which group and who answered; knows no answer but by the published cells. Shares
no code with the gate.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

Person = str
People = frozenset[Person]


@dataclass(frozen=True)
class Published:
    """How many of these people were favourable, as some exit told."""

    people: People
    favourable: int


def recovered(published: Iterable[Published], targets: Iterable[People]) -> dict[People, int]:
    """How many of each target were favourable, wherever that follows from what is published."""
    facts, wanted = list(dict.fromkeys(published)), set(targets)
    rows = _echelon(facts)
    found = {}
    for target in wanted:
        value = _solve(rows, target)
        if value is not None:
            found[target] = value
    guessed = {target: value for target, value in _extremes(facts) if target in wanted}
    return guessed | found


Row = tuple[dict[Person, Fraction], Fraction]


def _echelon(facts: Iterable[Published]) -> dict[Person, Row]:
    rows: dict[Person, Row] = {}
    for fact in facts:
        row = _reduce({p: Fraction(1) for p in fact.people}, Fraction(fact.favourable), rows)
        if row[0]:
            pivot = min(row[0])
            scale = row[0][pivot]
            rows[pivot] = ({p: v / scale for p, v in row[0].items()}, row[1] / scale)
    return rows


def _reduce(left: dict[Person, Fraction], right: Fraction, rows: Mapping[Person, Row]) -> Row:
    while pivots := sorted(left.keys() & rows.keys()):
        factor = left[pivots[0]]
        other, value = rows[pivots[0]]
        left = {p: left.get(p, Fraction()) - factor * other.get(p, 0) for p in left | other}
        left = {p: v for p, v in left.items() if v}
        right -= factor * value
    return left, right


def _solve(rows: Mapping[Person, Row], target: People) -> int | None:
    left, right = _reduce({p: Fraction(1) for p in target}, Fraction(), rows)
    return None if left else int(-right)


def _extremes(facts: list[Published]) -> Iterable[tuple[People, int]]:
    """Two sums that differ by as much as they can fix both differences of their sets."""
    for one, other in combinations(facts, 2):
        for a, b in ((one, other), (other, one)):
            only_a, only_b = a.people - b.people, b.people - a.people
            if only_a and a.favourable - b.favourable == len(only_a):
                yield only_a, len(only_a)
                yield only_b, 0
