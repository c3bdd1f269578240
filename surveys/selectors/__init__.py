"""What others may read of surveys: released cells, and how an open wave gets on."""

from surveys.selectors.groups import GroupCell, ReleasedGroup, released_groups
from surveys.selectors.outside import OutsideCells, ReleasedOutside, released_outside
from surveys.selectors.trends import ItemTrend, TrendPoint, outside_trends, wave_trends
from surveys.selectors.waves import (
    ReleasedIndex,
    ReleasedItem,
    ReleasedTexts,
    ReleasedWave,
    WaveInField,
    latest_released_wave,
    released_wave,
    wave_in_field,
    wave_releases,
)

__all__ = [
    "GroupCell",
    "ItemTrend",
    "OutsideCells",
    "ReleasedGroup",
    "ReleasedIndex",
    "ReleasedItem",
    "ReleasedOutside",
    "ReleasedTexts",
    "ReleasedWave",
    "TrendPoint",
    "WaveInField",
    "latest_released_wave",
    "outside_trends",
    "released_groups",
    "released_outside",
    "released_wave",
    "wave_in_field",
    "wave_releases",
    "wave_trends",
]
