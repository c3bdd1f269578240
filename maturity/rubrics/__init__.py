"""What we measure against: rubric packs as YAML files, and the arithmetic of levels. Pure."""

from maturity.rubrics.aggregation import AreaLevel, area_level, effective_level, trend_index
from maturity.rubrics.packs import SHIPPED, Pack, load_pack

__all__ = [
    "SHIPPED",
    "AreaLevel",
    "Pack",
    "area_level",
    "effective_level",
    "load_pack",
    "trend_index",
]
