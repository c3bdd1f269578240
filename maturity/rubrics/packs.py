"""Load and validate a rubric pack; an error names the line and the key."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from maturity.errors import InvalidPack
from maturity.rubrics.documents import Document, read_document
from maturity.rubrics.documents import Path as Place

SHIPPED: tuple[Path, ...] = (Path(__file__).parent / "product_ops_v1.yaml",)
# What an organisation is measured against until it chooses another pack.
DEFAULT_PACK = "product-ops-core"
LEVELS = (1, 2, 3, 4, 5)
# Parts of the file beside the section "rubric", whose keys stand at the pack's own level.
SECTIONS = ("areas", "crosswalk")

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{1,59}$")]
Version = Annotated[str, StringConstraints(pattern=r"^\d{1,6}\.\d{1,6}\.\d{1,6}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Level = Annotated[int, Field(ge=1, le=5)]
MissingState = Literal["not_assessed", "not_applicable", "unknown"]
EvidenceKind = Literal[
    "link", "document", "dataset", "screenshot", "metric", "survey_item", "interview_note"
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LevelPack(_Strict):
    """What one level looks like and which checks show it."""

    looks_like: Text
    checks: tuple[Text, ...]


class CapabilityPack(_Strict):
    key: Key
    name: Name
    description: Text
    owner_role: Name
    evidence: tuple[Text, ...]
    levels: dict[Level, LevelPack]

    @model_validator(mode="after")
    def _has_every_level(self) -> Self:
        _require_levels(self.levels)
        return self


class AreaPack(_Strict):
    key: Key
    name: Name
    purpose: Text
    survey_items: tuple[Label, ...] = ()
    capabilities: Annotated[tuple[CapabilityPack, ...], Field(min_length=1)]


class LevelMeaning(_Strict):
    label: Label
    meaning: Text


class Scale(_Strict):
    min: Literal[1]
    max: Literal[5]
    type: Literal["ordinal"]
    cumulative: bool
    missing_states: dict[MissingState, Text]
    levels: dict[Level, LevelMeaning]

    @model_validator(mode="after")
    def _explains_every_answer(self) -> Self:
        _require_levels(self.levels)
        if missing := sorted(set(get_args(MissingState)) - set(self.missing_states)):
            raise ValueError(f"missing_states {missing} are missing")
        return self


class EvidenceRules(_Strict):
    """Which levels need evidence, of which kind, and how old it may be (days)."""

    required_from_level: Level
    max_age_days: dict[Level, int]
    kinds: tuple[EvidenceKind, ...]
    level_4_needs_kind: tuple[EvidenceKind, ...]
    unsubstantiated_cap: Level
    expiry: Text

    @model_validator(mode="after")
    def _hang_together(self) -> Self:
        needed = range(self.required_from_level, 6)
        if missing := sorted(set(needed) - set(self.max_age_days)):
            raise ValueError(f"max_age_days says nothing about the levels {missing}")
        if unknown := sorted(set(self.level_4_needs_kind) - set(self.kinds)):
            raise ValueError(f"level_4_needs_kind names {unknown}, which kinds does not")
        return self


class Crosswalk(_Strict):
    """Which capability of an earlier version lives on as which one of this version.

    One to one: a capability that was split or merged has no single level to carry on, so it
    stays out and its trend breaks.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_version: Annotated[Version, Field(alias="from")]
    map: dict[Key, Key]

    @model_validator(mode="after")
    def _is_one_to_one(self) -> Self:
        counted = Counter(self.map.values())
        if doubled := sorted(key for key, count in counted.items() if count > 1):
            raise ValueError(f"map leads twice to {', '.join(doubled)}")
        return self


class Pack(_Strict):
    """One version of a rubric: the scale, the rules and the areas with their capabilities."""

    key: Key
    version: Version
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
    scale: Scale
    evidence_rules: EvidenceRules
    coverage_terms: dict[str, Text] = Field(default_factory=dict)
    aggregation: dict[str, Text] = Field(default_factory=dict)
    targets: Text
    areas: Annotated[tuple[AreaPack, ...], Field(min_length=1)]
    crosswalk: Crosswalk | None = None
    digest: str

    @model_validator(mode="after")
    def _keys_are_unique(self) -> Self:
        counted = Counter([*(area.key for area in self.areas), *self.capability_keys])
        if doubled := sorted(key for key, count in counted.items() if count > 1):
            raise ValueError(f"keys stand twice: {', '.join(doubled)}")
        return self

    @model_validator(mode="after")
    def _crosswalk_leads_here(self) -> Self:
        if self.crosswalk is None:
            return self
        if unknown := sorted(set(self.crosswalk.map.values()) - set(self.capability_keys)):
            raise ValueError(f"crosswalk leads to unknown capabilities: {', '.join(unknown)}")
        if version_order(self.crosswalk.from_version) >= version_order(self.version):
            raise ValueError(f"crosswalk comes from {self.crosswalk.from_version}, no earlier one")
        return self

    @property
    def capability_keys(self) -> tuple[str, ...]:
        return tuple(part.key for area in self.areas for part in area.capabilities)


def version_order(version: str) -> tuple[int, ...]:
    """How versions sort: 1.10.0 comes after 1.9.0."""
    return tuple(map(int, version.split(".")))


def load_pack(path: Path) -> Pack:
    """Read a pack from a YAML file. Raises InvalidPack naming lines and keys."""
    return parse_pack(path.read_bytes(), name=path.name)


@cache
def shipped_digests() -> Mapping[str, frozenset[str]]:
    """The content of every pack that ships with the product, by its key."""
    packs = [load_pack(path) for path in SHIPPED]
    return {
        key: frozenset(pack.digest for pack in packs if pack.key == key)
        for key in {pack.key for pack in packs}
    }


def parse_pack(raw: bytes, *, name: str) -> Pack:
    """Read a pack from the bytes of a YAML file. Raises InvalidPack naming lines and keys."""
    document = read_document(raw, name=name)
    content = document.content
    if not isinstance(content, dict) or not isinstance(content.get("rubric"), dict):
        raise InvalidPack(f"{name}: needs the keys 'rubric' and 'areas'.")
    if unknown := [key for key in content if key not in {"rubric", *SECTIONS}]:
        raise document.refuse([((key,), "is an unknown key") for key in unknown])
    if doubled := [key for key in content["rubric"] if key in {*SECTIONS, "digest"}]:
        raise document.refuse([(("rubric", key), "does not belong here") for key in doubled])
    sections = {section: content[section] for section in SECTIONS if section in content}
    # Line ends change on the way through browsers and editors; what the pack says does not.
    digest = hashlib.sha256(raw.replace(b"\r\n", b"\n")).hexdigest()
    try:
        return Pack.model_validate({**content["rubric"], **sections, "digest": digest})
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False)
        raise document.refuse([_fault(document, fault) for fault in faults]) from error


def _fault(document: Document, error: ErrorDetails) -> tuple[Place, str]:
    """Where in the file a fault lies, and what it is."""
    path: Place = error["loc"]
    if path and path[0] not in SECTIONS:
        path = ("rubric", *path)
    # The name of a key that is wrong itself.
    path = tuple(part for part in path if part != "[key]")
    reason = error["msg"].removeprefix("Value error, ")
    return path, f"{reason}{_named(document.content, path)}"


def _named(content: Any, path: Place) -> str:
    """The key of the area or capability around a place, faster found than its number."""
    named = ""
    for part in path:
        if isinstance(content, list) and isinstance(part, int) and part < len(content):
            content = content[part]
            key = content.get("key") if isinstance(content, dict) else None
            named = f" (in {key})" if isinstance(key, str) else named
        elif isinstance(content, dict):
            content = content.get(part)
    return named


def _require_levels(levels: Mapping[int, object]) -> None:
    if missing := sorted(set(LEVELS) - set(levels)):
        raise ValueError(f"levels {missing} are missing")
