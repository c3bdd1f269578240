"""Which items an instrument asks, and in which order."""

from collections.abc import Collection, Iterable
from typing import Protocol, TypeVar

from surveys.banks.files import Instrument


class Askable(Protocol):
    """What selection needs to know about an item, from a file or from the database."""

    key: str
    scale: str
    pulse: bool
    position: int
    audiences: list[str]
    outcome: str


Item = TypeVar("Item", bound=Askable)

_RATED, _WRITTEN = 1, 2


def select_items(
    items: Iterable[Item], instrument: Instrument, *, audiences: Collection[str]
) -> list[Item]:
    """Return what these audiences are asked between them.

    The overall item comes first, before the others could colour it, and texts last; the rest
    keeps the order of the file, in every instrument alike, so that waves stay comparable.
    """
    wanted = frozenset(audiences)
    chosen = [
        item
        for item in items
        if not wanted.isdisjoint(item.audiences) and _belongs(item, instrument)
    ]
    return sorted(chosen, key=lambda item: (_block(item), item.position))


def _belongs(item: Askable, instrument: Instrument) -> bool:
    if isinstance(instrument.items, tuple):
        return item.key in instrument.items
    return instrument.items == "all" or item.pulse


def _block(item: Askable) -> int:
    if item.scale == "text":
        return _WRITTEN
    return 0 if item.outcome == "overall" else _RATED
