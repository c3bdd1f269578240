"""Rubric versions with their areas and capabilities, as every dashboard needs them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from maturity.models import Capability, RubricVersion
from maturity.rubrics.aggregation import AreaLevel, area_level, area_target
from maturity.rubrics.conventions import conventions
from maturity.selectors import Standing

# Versions that a process remembers, by id and digest: as many as are in use at once.
REMEMBERED = 100
_published: dict[tuple[int, str], "Rubric"] = {}

# (state, effective level) of a capability by its id
Judged = Callable[[int], tuple[str, int | None]]


@dataclass(frozen=True)
class Rubric:
    """One rubric version with its capabilities by area, both in the rubric's order."""

    version: RubricVersion
    areas: Mapping[str, tuple[Capability, ...]]

    @property
    def capabilities(self) -> dict[int, str]:
        """The key of each capability by its id."""
        return {part.pk: part.key for rows in self.areas.values() for part in rows}

    def area_level(self, key: str, judged: Judged) -> AreaLevel:
        """An area's level; an area this version does not have is not applicable."""
        return area_level(judged(capability.pk) for capability in self.areas.get(key, ()))

    def target(self, key: str, standing: Standing) -> int:
        """The level an area has when all that applies of it is at its target."""
        applicable = [
            capability.pk
            for capability in self.areas.get(key, ())
            if capability.pk not in standing.exemptions
        ]
        return area_target(map(standing.target_level, applicable)) or conventions().default_target


def rubrics_named(digests: Mapping[int, str]) -> dict[int, Rubric]:
    """By id, given the digest of each; two queries, or none where all were read before.

    What is published never changes, the database refuses it: so it is read once per process.
    Only whether a version was retired meanwhile is not to be asked of what is remembered.
    """
    found = {pk: _published[pk, told] for pk, told in digests.items() if (pk, told) in _published}
    if missing := digests.keys() - found.keys():
        read = _read(list(RubricVersion.objects.filter(pk__in=missing)))
        for pk, rubric in read.items():
            _remember(rubric)
            found[pk] = rubric
    return found


def rubric_of(version: RubricVersion) -> Rubric:
    """One version that was read already; one query, or none where it is remembered."""
    known = _published.get((version.pk, version.digest))
    if known is None:
        known = _read([version])[version.pk]
        _remember(known)
    return known


def forget_rubrics() -> None:
    """Read every version again: for tests that count queries."""
    _published.clear()


def _remember(rubric: Rubric) -> None:
    if rubric.version.published_at is None:
        return
    while len(_published) >= REMEMBERED:
        _published.pop(next(iter(_published)), None)
    _published[rubric.version.pk, rubric.version.digest] = rubric


def _read(versions: list[RubricVersion]) -> dict[int, Rubric]:
    by_version: dict[int, dict[str, list[Capability]]] = {version.pk: {} for version in versions}
    rows = Capability.objects.filter(rubric__in=by_version).select_related("area")
    for capability in rows.order_by("area__position", "position"):
        areas = by_version[capability.rubric_id]
        areas.setdefault(capability.area.key, []).append(capability)
    return {
        version.pk: Rubric(
            version, {key: tuple(rows) for key, rows in by_version[version.pk].items()}
        )
        for version in versions
    }
