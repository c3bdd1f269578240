"""Who is asked what: audiences, and how small ones are merged before anybody is asked. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

PM = "pm"
PM_NEW = "pm_new"
# An audience that is also asked what another one is asked: its parent, into which it merges.
ASKED_WITH: Mapping[str, str] = {PM_NEW: PM}


def asked_as(label: str) -> frozenset[str]:
    """The audiences whose items somebody with this label is asked; no label: a PM like others.

    What is asked follows the label that is stored, so that the items in an answer never tell
    more about a person than the label does.
    """
    label = label or PM
    parent = ASKED_WITH.get(label)
    return frozenset({label} if parent is None else {label, parent})


def with_parts(audiences: Iterable[str]) -> frozenset[str]:
    """These audiences and those that are told apart within them."""
    wanted = frozenset(audiences)
    return wanted | {part for part, whole in ASKED_WITH.items() if whole in wanted}


def merged_audiences(audiences: Sequence[str], k: int) -> list[str | None]:
    """The label each person's answers may carry, in the same order; None: not asked at all.

    An audience of fewer than k people, or one that would leave its parent with 1 to k-1, goes
    into its parent. Without a parent it is not asked: its answers are kept apart from those of
    the others, and could never be shown.
    """
    sizes = Counter(audiences)
    label_of: dict[str, str | None] = {}
    for audience in sizes:
        parent = ASKED_WITH.get(audience)
        if parent is not None:
            rest = sizes[parent]
            stays_apart = sizes[audience] >= k and (rest == 0 or rest >= k)
            label_of[audience] = audience if stays_apart else parent
    totals = Counter(label_of.get(audience) or audience for audience in audiences)
    for audience in sizes:
        label = label_of.get(audience) or audience
        label_of[audience] = label if totals[label] >= k else None
    return [label_of[audience] for audience in audiences]
