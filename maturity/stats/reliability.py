"""How well items hang together, and how far teams differ."""

import math
import statistics
from collections.abc import Sequence

# Cronbach's alpha needs so many complete answers to so many items.
ALPHA_ANSWERS, ALPHA_ITEMS = 30, 3
# A spread between teams needs so many of them.
TAU_TEAMS = 4


def cronbach_alpha(rows: Sequence[Sequence[float]]) -> float | None:
    """Cronbach's alpha of complete answers, reversed already, one row per person.

    None with fewer than 30 rows or 3 items, or where everybody has the same sum.
    """
    if len(rows) < ALPHA_ANSWERS or len(rows[0]) < ALPHA_ITEMS:
        return None
    total = statistics.variance([math.fsum(row) for row in rows])
    if not total:
        return None
    items = math.fsum(statistics.variance(column) for column in zip(*rows, strict=True))
    count = len(rows[0])
    return count / (count - 1) * (1 - items / total)


def tau_between(groups: Sequence[Sequence[float]]) -> float | None:
    """Standard deviation between teams net of sampling noise (DerSimonian & Laird 1986).

    The variance within is pooled, so that a team which agrees by chance has no infinite weight;
    where every team agrees within itself, no noise is taken off. Teams of one say nothing;
    None with fewer than 4 others.
    """
    teams = [team for team in groups if len(team) >= 2]
    if len(teams) < TAU_TEAMS:
        return None
    spread = math.fsum((len(team) - 1) * statistics.variance(team) for team in teams)
    within = spread / sum(len(team) - 1 for team in teams)
    sizes = [len(team) for team in teams]
    means = [statistics.fmean(team) for team in teams]
    centre = math.fsum(n * mean for n, mean in zip(sizes, means, strict=True)) / sum(sizes)
    # All weights share the pooled variance, so it is taken out of the sums.
    heterogeneity = math.fsum(n * (m - centre) ** 2 for n, m in zip(sizes, means, strict=True))
    scale = sum(sizes) - sum(n * n for n in sizes) / sum(sizes)
    return math.sqrt(max(0.0, (heterogeneity - (len(teams) - 1) * within) / scale))
