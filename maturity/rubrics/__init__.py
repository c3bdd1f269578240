"""What we measure against: rubric packs as YAML files, and the arithmetic of levels. Pure."""

from maturity.rubrics.aggregation import AreaLevel, area_level, effective_level, trend_index
from maturity.rubrics.crosswalks import carried_on
from maturity.rubrics.differences import Difference, differences
from maturity.rubrics.packs import (
    DEFAULT_PACK,
    SHIPPED,
    Pack,
    load_pack,
    parse_pack,
    shipped_digests,
)
from maturity.rubrics.texts import CONTEXT, texts_of

__all__ = [
    "CONTEXT",
    "DEFAULT_PACK",
    "SHIPPED",
    "AreaLevel",
    "Difference",
    "Pack",
    "area_level",
    "carried_on",
    "differences",
    "effective_level",
    "load_pack",
    "parse_pack",
    "shipped_digests",
    "texts_of",
    "trend_index",
]
