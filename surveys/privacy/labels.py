"""Which labels answers may carry: none that fewer than k eligible people share."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Who = TypeVar("Who")


@dataclass(frozen=True, slots=True, order=True)
class Labels:
    """Where an eligible person stands: audience, units from the top down, language.

    The whole of it is one label: what matters is how many people share all three.
    """

    audience: str
    units: tuple[str, ...] = ()
    language: str = ""

    @property
    def depth(self) -> int:
        return len(self.units) + bool(self.language)

    @property
    def parent(self) -> "Labels | None":
        """The label without its narrowest part; None above an audience."""
        if self.language:
            return Labels(self.audience, self.units)
        return Labels(self.audience, self.units[:-1]) if self.units else None


def merged_labels(labels: Mapping[Who, Labels], k: int) -> dict[Who, Labels]:
    """Widen labels until each is shared by at least k people or by nobody.

    A label of fewer than k people is merged into its parent; the languages of a unit join the
    unit's own people first, where those are too few. At the top the smallest label below is
    widened instead. An audience of fewer than k people has no label that is safe: its people
    are left out.
    """
    found = dict(labels)
    while small := [label for label, size in Counter(found.values()).items() if size < k]:
        narrowest = min(small, key=lambda label: (-label.depth, label))
        changes, into = _merge(narrowest, Counter(found.values()))
        if into is None:
            found = {who: label for who, label in found.items() if label != changes}
        else:
            found = {who: into if label == changes else label for who, label in found.items()}
    return found


def _merge(small: Labels, sizes: Counter[Labels]) -> tuple[Labels, Labels | None]:
    """Which label changes so that `small` stops being small, and into what."""
    below = [label for label in sizes if label.audience == small.audience and label != small]
    languages = [label for label in below if label.parent == small and label.language]
    if languages:
        return min(languages, key=lambda label: (sizes[label], label)), small
    if small.parent is None and below:
        smallest = min(below, key=lambda label: (sizes[label], label))
        return smallest, smallest.parent
    return small, small.parent


def kept_labels(labels: Sequence[str], k: int) -> frozenset[str]:
    """Which labels responses may carry, given the label of every eligible person.

    A label of fewer than k people is dropped. Those without a label are a group too: while
    they are 1 to k-1 people, the smallest label left is dropped as well.
    """
    sizes = Counter(labels)
    kept = {label for label, size in sizes.items() if size >= k}
    while kept and 0 < sum(size for label, size in sizes.items() if label not in kept) < k:
        kept.remove(min(kept, key=lambda label: (sizes[label], label)))
    return frozenset(kept)
