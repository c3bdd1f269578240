"""What people read of a rubric, for the catalogues that translate the shipped ones."""

from collections.abc import Iterator

from maturity.rubrics.packs import AreaPack, CapabilityPack, Pack

# A word of a rubric is another message than the same word elsewhere on a page.
CONTEXT = "rubric"


def texts_of(pack: Pack) -> Iterator[str]:
    """Every text of a pack that pages show, in the file's order; some come more than once.

    Rules that only the arithmetic follows (aggregation, terms of coverage) are not among them.
    """
    for level in pack.scale.levels.values():
        yield from (level.label, level.meaning)
    yield from pack.scale.missing_states.values()
    for area in pack.areas:
        yield from _area(area)


def _area(area: AreaPack) -> Iterator[str]:
    yield from (area.name, area.purpose)
    for capability in area.capabilities:
        yield from _capability(capability)


def _capability(capability: CapabilityPack) -> Iterator[str]:
    yield from (capability.name, capability.description, capability.owner_role)
    yield from capability.evidence
    for level in capability.levels.values():
        yield level.looks_like
        yield from level.checks
