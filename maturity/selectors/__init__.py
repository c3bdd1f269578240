"""Reads that cross models, one noun a file. Reads of the record take `as_of`, `known_at`."""

from maturity.selectors.facts import digest_of, facts_for
from maturity.selectors.scores import effective_scores, last_recorded
from maturity.selectors.units import UnitNode, unit_tree

__all__ = [
    "UnitNode",
    "digest_of",
    "effective_scores",
    "facts_for",
    "last_recorded",
    "unit_tree",
]
