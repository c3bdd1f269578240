"""Whether two sets of answers differ, row by row."""

import math
import random
import statistics
from array import array
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from maturity.stats.intervals import ROUNDING

# Up to so many pairs all sign flips are counted.
EXACT_PAIRS = 16
# Relabellings of so many picks are kept for the next samples of the same sizes: 1 MB each.
KEPT_PICKS = 250_000
KEPT_SIZES = 32


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
    total = math.fsum(pool)
    seen = abs(statistics.fmean(small) - statistics.fmean(large)) - ROUNDING
    drawn = _kept_relabellings if draws * size <= KEPT_PICKS else _relabellings
    picks = drawn(len(pool), size, draws, seed)
    extreme = 0
    for start in range(0, draws * size, size):
        # One group fixes the other, so drawing the smaller one is a whole relabelling.
        part = sum([pool[at] for at in picks[start : start + size]])
        extreme += abs(part / size - (total - part) / rest) >= seen
    return (extreme + 1) / (draws + 1)


def _relabellings(count: int, size: int, draws: int, seed: int) -> Sequence[int]:
    """Return the places of `size` out of `count` members, `draws` times, one after the other.

    They depend on the sizes and the seed alone, never on the values.
    """
    generator = random.Random(seed)  # noqa: S311  # reproducible on purpose, nothing secret
    places = range(count)
    picks = array("I")
    for _ in range(draws):
        picks.extend(generator.sample(places, size))
    return picks


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
