"""What others may read of surveys: released cells, and how an open wave gets on."""

from surveys.selectors.groups import GroupCell, ReleasedGroup, groups_of, released_groups
from surveys.selectors.outside import OutsideCells, ReleasedOutside, released_outside
from surveys.selectors.translations import questions_in
from surveys.selectors.trends import ItemTrend, TrendPoint, outside_trends, wave_trends
from surveys.selectors.waves import (
    Publication,
    ReleasedIndex,
    ReleasedItem,
    ReleasedTexts,
    ReleasedWave,
    Turnout,
    WaveInField,
    latest_released_wave,
    publication_of,
    released_wave,
    told_of,
    wave_in_field,
    wave_releases,
)

__all__ = [
    "GroupCell",
    "ItemTrend",
    "OutsideCells",
    "Publication",
    "ReleasedGroup",
    "ReleasedIndex",
    "ReleasedItem",
    "ReleasedOutside",
    "ReleasedTexts",
    "ReleasedWave",
    "TrendPoint",
    "Turnout",
    "WaveInField",
    "groups_of",
    "latest_released_wave",
    "outside_trends",
    "publication_of",
    "questions_in",
    "released_groups",
    "released_outside",
    "released_wave",
    "told_of",
    "wave_in_field",
    "wave_releases",
    "wave_trends",
]
