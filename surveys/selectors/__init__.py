"""What others may read of surveys: released cells, and how an open wave gets on."""

from surveys.selectors.groups import GroupCell, ReleasedGroup, released_groups
from surveys.selectors.waves import (
    ReleasedIndex,
    ReleasedItem,
    ReleasedTexts,
    ReleasedWave,
    WaveInField,
    latest_released_wave,
    released_wave,
    wave_in_field,
)

__all__ = [
    "GroupCell",
    "ReleasedGroup",
    "ReleasedIndex",
    "ReleasedItem",
    "ReleasedTexts",
    "ReleasedWave",
    "WaveInField",
    "latest_released_wave",
    "released_groups",
    "released_wave",
    "wave_in_field",
]
