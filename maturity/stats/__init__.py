"""Statistics for small, finite groups; standard library only.

Shares are fractions from 0 to 1; scores and durations keep the caller's unit. `answered` people
come from `eligible` ones, so intervals shrink as a group is covered (finite-population
correction). Impossible counts raise ValueError.
"""

from maturity.stats.comparisons import cliffs_delta, permutation_p, sign_flip_p
from maturity.stats.intervals import ROUNDING, Z90, Z95, Estimate, Interval, difference
from maturity.stats.means import (
    lower_median,
    mean_interval,
    median,
    t_cdf,
    t_quantile,
    welch_difference,
    welch_from_moments,
)
from maturity.stats.rates import rate_ratio
from maturity.stats.reliability import cronbach_alpha, tau_between
from maturity.stats.shares import (
    effective_size,
    enps,
    hypergeometric_interval,
    newcombe_difference,
    nonresponse_bounds,
    wilson_interval,
)
from maturity.stats.survival import (
    QuantileInterval,
    SurvivalStep,
    kaplan_meier,
    survival_quantile,
    survival_quantile_interval,
)

__all__ = [
    "ROUNDING",
    "Z90",
    "Z95",
    "Estimate",
    "Interval",
    "QuantileInterval",
    "SurvivalStep",
    "cliffs_delta",
    "cronbach_alpha",
    "difference",
    "effective_size",
    "enps",
    "hypergeometric_interval",
    "kaplan_meier",
    "lower_median",
    "mean_interval",
    "median",
    "newcombe_difference",
    "nonresponse_bounds",
    "permutation_p",
    "rate_ratio",
    "sign_flip_p",
    "survival_quantile",
    "survival_quantile_interval",
    "t_cdf",
    "t_quantile",
    "tau_between",
    "welch_difference",
    "welch_from_moments",
    "wilson_interval",
]
