"""The span rule: what adding and subtracting any number of published figures gives away.

Every published figure of an item is a sum over a set of respondents: how many there are, how
many are favourable, their scores, the squares of these. Whoever adds and subtracts such
figures learns the sum over every set whose indicator is a linear combination of the published
ones, and of no other set. So a set of few people is exposed exactly if its indicator lies in
the linear span of the published sets.

Method. Respondents who stand in the same published sets are interchangeable: they form an
atom, and a vector of the span is constant on it. An exposed set is therefore a union of atoms
smaller than `rule.largest`. The incidence matrix of sets and atoms is brought to reduced row
echelon form in exact integers, large atoms first. Then the rows whose pivot is a small atom
span precisely the combinations that vanish on every large atom, and such a combination is
fixed by its values on the pivots: 0 or 1 for an indicator. What is left to try are the choices
of pivots whose atoms are few people together. A tree of groups leaves no such row at all; an
ordinary second cut leaves a handful.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import gcd

from surveys.privacy.people import People, Rule, count

# With more choices than this to try, what is published cannot be called safe.
MOST_CHOICES = 50_000

# A row of the matrix: the atoms that are not 0 in it, with their whole numbers.
_Row = dict[int, int]


def exposes_few(published: Sequence[People], rule: Rule) -> bool:
    """Whether sums over these sets give away the sum over a set that the rule protects.

    True also where there are too many choices to tell.
    """
    atoms = _atoms(published)
    first_small = sum(count(atom) >= rule.largest for atom in atoms)
    # Small sets first: the rows of a tree then become its disjoint remainders.
    rows: dict[int, _Row] = {}
    for people in sorted(set(published), key=lambda people: (count(people), people)):
        _insert(rows, {i: 1 for i, atom in enumerate(atoms) if atom & people})
    small = [rows[pivot] for pivot in sorted(rows) if pivot >= first_small]
    for tried, combination in enumerate(_combinations(small, atoms, rule.largest)):
        if tried >= MOST_CHOICES:
            return True
        if all(value == 1 for value in combination.values()):
            found = sum(atoms[i] for i in combination)  # atoms are disjoint: their union
            if rule.is_exposed(found):
                return True
    return False


def _atoms(published: Iterable[People]) -> list[People]:
    """The joint partition of the sets, the largest atoms first."""
    atoms: list[People] = []
    for people in published:
        rest, split = people, []
        for atom in atoms:
            split += [part for part in (atom & people, atom & ~people) if part]
            rest &= ~atom
        atoms = [*split, rest] if rest else split
    return sorted(atoms, key=lambda atom: (-count(atom), atom))


def _insert(rows: dict[int, _Row], row: _Row) -> None:
    """Add a row to a matrix in reduced row echelon form, rows by their pivot."""
    for pivot in [column for column in row if column in rows]:
        row = _without(row, pivot, rows[pivot])
    if not row:
        return
    new = min(row)
    for pivot, other in list(rows.items()):
        if new in other:
            rows[pivot] = _without(other, new, row)
    rows[new] = row


def _without(row: _Row, column: int, other: _Row) -> _Row:
    """Clear a column of a row by means of the row that has its pivot there."""
    up, down = other[column], row[column]
    cleared = {i: row.get(i, 0) * up - other.get(i, 0) * down for i in row.keys() | other.keys()}
    shared = gcd(*cleared.values()) or 1
    return {i: value // shared for i, value in cleared.items() if value}


def _combinations(
    rows: Sequence[_Row], atoms: Sequence[People], largest: int
) -> Iterator[dict[int, Fraction]]:
    """Sums of rows, pivots scaled to 1, whose pivots' atoms are fewer than `largest` people."""
    scaled = [{i: Fraction(value, row[min(row)]) for i, value in row.items()} for row in rows]
    sizes = [count(atoms[min(row)]) for row in rows]
    pending: list[tuple[int, int, dict[int, Fraction]]] = [(0, 0, {})]
    while pending:
        start, size, total = pending.pop()
        for index in range(start, len(rows)):
            grown = size + sizes[index]
            if grown < largest:
                added = _sum(total, scaled[index])
                yield added
                pending.append((index + 1, grown, added))


def _sum(first: dict[int, Fraction], second: dict[int, Fraction]) -> dict[int, Fraction]:
    total = {i: first.get(i, Fraction()) + second.get(i, Fraction()) for i in first | second}
    return {i: value for i, value in total.items() if value}
