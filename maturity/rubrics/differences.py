"""What one version of a pack says differently from another. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from maturity.rubrics.packs import Pack

# They name the version itself and differ from version to version.
_OWN = {"version", "digest", "crosswalk"}


@dataclass(frozen=True)
class Difference:
    """One place that was added, removed or changed. `place` names keys, not positions."""

    kind: Literal["added", "removed", "changed"]
    place: str
    before: str
    after: str


def differences(old: Pack | None, new: Pack) -> tuple[Difference, ...]:
    """Every text and number that differs, in the order of the new pack, removed ones last.

    Without an old one everything is new, and only the areas and capabilities are listed.
    """
    if old is None:
        return tuple(Difference("added", place, "", name) for place, name in _outline(new))
    before, after = dict(_flat(old)), dict(_flat(new))
    found = [_difference(place, before.get(place), text) for place, text in after.items()]
    gone = [Difference("removed", place, before[place], "") for place in before.keys() - after]
    return (*(one for one in found if one is not None), *sorted(gone, key=lambda one: one.place))


def _difference(place: str, before: str | None, after: str) -> Difference | None:
    if before is None:
        return Difference("added", place, "", after)
    return None if before == after else Difference("changed", place, before, after)


def _outline(pack: Pack) -> Iterator[tuple[str, str]]:
    for area in pack.areas:
        yield area.key, area.name
        for capability in area.capabilities:
            yield f"{area.key} / {capability.key}", capability.name


def _flat(pack: Pack) -> Iterator[tuple[str, str]]:
    """Each leaf of a pack under a name that does not depend on where it stands."""
    content = pack.model_dump(mode="json", exclude={"areas", *_OWN})
    yield from _leaves((), content)
    for area in pack.areas:
        yield from _leaves((area.key,), area.model_dump(exclude={"key", "capabilities"}))
        for part in area.capabilities:
            yield f"{part.key} / area", area.key
            yield from _leaves((part.key,), part.model_dump(exclude={"key"}))


def _leaves(place: tuple[str, ...], content: Any) -> Iterator[tuple[str, str]]:
    if isinstance(content, Mapping):
        for key, part in content.items():
            yield from _leaves((*place, str(key)), part)
    elif isinstance(content, tuple | list):
        yield " / ".join(place), "; ".join(map(str, content))
    else:
        yield " / ".join(place), str(content)
