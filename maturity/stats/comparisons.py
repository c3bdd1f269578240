"""Whether two sets of answers differ, row by row."""

import math
import random
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from maturity.stats.intervals import ROUNDING

# Up to so many pairs all sign flips are counted.
EXACT_PAIRS = 16
# Relabellings of so many bytes are kept for the next samples of the same sizes.
KEPT_BYTES = 1_000_000
KEPT_SIZES = 32
_BYTE = 8


def cliffs_delta(before: Sequence[float], after: Sequence[float]) -> float | None:
    """P(after > before) - P(after < before) over all pairs, -1 to 1; None if a side is empty."""
    if not before or not after:
        return None
    olds, news = Counter(before), Counter(after)
    wins = sum(((new > old) - (new < old)) * olds[old] * news[new] for old in olds for new in news)
    return wins / (len(before) * len(after))


def permutation_p(
    first: Sequence[float], second: Sequence[float], *, draws: int, seed: int
) -> float | None:
    """Two-sided unpaired permutation test of the difference of means; None if a side is empty.

    p = (c + 1) / (draws + 1), c = random relabellings at least as extreme as what was seen.
    """
    small, large = sorted((first, second), key=len)
    if not small:
        return None
    pool, size, rest = [*small, *large], len(small), len(large)
    middle = math.fsum(pool) / rest
    seen = abs(statistics.fmean(small) - statistics.fmean(large)) - ROUNDING
    # One group fixes the other, so drawing the smaller one is a whole relabelling. Its sum says
    # how far the means lie apart: sum / size - (total - sum) / rest.
    weight = 1 / size + 1 / rest
    low, high = (middle - seen) / weight, (middle + seen) / weight
    drawn = _kept_relabellings if draws * len(pool) <= KEPT_BYTES * _BYTE else _relabellings
    sums = _sums(pool, drawn(len(pool), size, draws, seed))
    extreme = sum(part <= low or part >= high for part in sums)
    return (extreme + 1) / (draws + 1)


def _sums(pool: Sequence[float], columns: Sequence[bytes]) -> Iterator[float]:
    """Yield the sum of each drawn set, looked up for eight members at once."""
    looked_up = (
        map(_sums_of_subsets(pool[start : start + _BYTE]).__getitem__, column)
        for start, column in zip(range(0, len(pool), _BYTE), columns, strict=True)
    )
    return map(sum, zip(*looked_up, strict=True))


def _sums_of_subsets(members: Sequence[float]) -> list[float]:
    """Return the sum of every subset; bit i of its place says whether member i is in it."""
    sums = [0.0]
    for member in members:
        sums += [total + member for total in sums]
    return sums


def _relabellings(count: int, size: int, draws: int, seed: int) -> Sequence[bytes]:
    """Draw `size` out of `count` members `draws` times, as bits; they depend on no value.

    Column j holds, draw by draw, which of the members 8j to 8j + 7 are in.
    """
    generator = random.Random(seed)  # noqa: S311  # reproducible on purpose, nothing secret
    width, places = -(-count // _BYTE), range(count)
    bits = [1 << place for place in places]
    rows = b"".join(
        sum(map(bits.__getitem__, generator.sample(places, size))).to_bytes(width, "little")
        for _ in range(draws)
    )
    return [rows[column::width] for column in range(width)]


_kept_relabellings = lru_cache(maxsize=KEPT_SIZES)(_relabellings)


def sign_flip_p(differences: Sequence[float], *, draws: int, seed: int) -> float | None:
    """Two-sided paired permutation test: each difference might as well have had the other sign.

    Exact up to EXACT_PAIRS pairs that differ, drawn at random beyond; None without pairs.
    """
    if not differences:
        return None
    changed = [difference for difference in differences if difference]
    seen = abs(math.fsum(changed)) - ROUNDING
    if len(changed) <= EXACT_PAIRS:
        sums = {0.0: 1}
        for difference in changed:
            flipped: dict[float, int] = {}
            for total, ways in sums.items():
                for other in (total + difference, total - difference):
                    flipped[other] = flipped.get(other, 0) + ways
            sums = flipped
        return sum(ways for total, ways in sums.items() if abs(total) >= seen) / (1 << len(changed))
    generator = random.Random(seed)  # noqa: S311  # reproducible on purpose, nothing secret
    extreme = 0
    for _ in range(draws):
        signs = generator.getrandbits(len(changed))
        total = sum(d if signs >> i & 1 else -d for i, d in enumerate(changed))
        extreme += abs(total) >= seen
    return (extreme + 1) / (draws + 1)
