"""Load and validate a rubric pack; an error names the place in the file."""

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from maturity.errors import InvalidPack

SHIPPED: tuple[Path, ...] = (Path(__file__).parent / "product_ops_v1.yaml",)

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{1,59}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Level = Annotated[int, Field(ge=1, le=5)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LevelPack(_Strict):
    """What one level looks like and which checks show it."""

    looks_like: Text
    checks: tuple[Text, ...]


class CapabilityPack(_Strict):
    key: Key
    name: Text
    description: Text
    owner_role: Text
    evidence: tuple[Text, ...]
    levels: dict[Level, LevelPack]

    @model_validator(mode="after")
    def _has_every_level(self) -> Self:
        if missing := sorted({1, 2, 3, 4, 5} - set(self.levels)):
            raise ValueError(f"levels {missing} are missing")
        return self


class AreaPack(_Strict):
    key: Key
    name: Text
    purpose: Text
    survey_items: tuple[str, ...] = ()
    capabilities: Annotated[tuple[CapabilityPack, ...], Field(min_length=1)]


class LevelMeaning(_Strict):
    label: Text
    meaning: Text


class Scale(_Strict):
    min: Literal[1]
    max: Literal[5]
    type: Literal["ordinal"]
    cumulative: bool
    missing_states: dict[Literal["not_assessed", "not_applicable", "unknown"], Text]
    levels: dict[Level, LevelMeaning]


class EvidenceRules(_Strict):
    """Which levels need evidence, of which kind, and how old it may be (days)."""

    required_from_level: Level
    max_age_days: dict[Level, int]
    kinds: tuple[str, ...]
    level_4_needs_kind: tuple[str, ...]
    unsubstantiated_cap: Level
    expiry: Text


class Pack(_Strict):
    """One version of a rubric: the scale, the rules and the areas with their capabilities."""

    key: Key
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
    language: Key
    scale: Scale
    evidence_rules: EvidenceRules
    coverage_terms: dict[str, Text]
    aggregation: dict[str, Text]
    targets: Text
    areas: Annotated[tuple[AreaPack, ...], Field(min_length=1)]
    digest: str

    @model_validator(mode="after")
    def _keys_are_unique(self) -> Self:
        keys = [area.key for area in self.areas]
        keys += [capability.key for area in self.areas for capability in area.capabilities]
        if doubled := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"keys stand twice: {', '.join(doubled)}")
        return self


def load_pack(path: Path) -> Pack:
    """Read a pack from a YAML file. Raises InvalidPack naming the line or the key."""
    raw = path.read_bytes()
    try:
        document: Any = yaml.safe_load(raw)
    except yaml.YAMLError as error:
        raise InvalidPack(f"{path.name}: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("rubric"), dict):
        raise InvalidPack(f"{path.name}: needs the keys 'rubric' and 'areas'.")
    if unknown := sorted(map(str, set(document) - {"rubric", "areas"})):
        raise InvalidPack(f"{path.name}: unknown keys {', '.join(unknown)}.")
    content = {
        **document["rubric"],
        "areas": document.get("areas"),
        "digest": hashlib.sha256(raw).hexdigest(),
    }
    try:
        return Pack.model_validate(content)
    except ValidationError as error:
        raise InvalidPack(f"{path.name}: {_first_fault(error)}") from error


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "pack"
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{place}: {first['msg']}{more}"
