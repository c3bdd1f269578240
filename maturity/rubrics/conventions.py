"""The record's own numbers, versioned, each with its source."""

from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

FILE = Path(__file__).parent / "conventions_v1.yaml"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _value_with_source(cls, data: Any) -> Any:
        """Each number stands beside its source; here only the number is read on."""
        return {
            name: entry["value"] if isinstance(entry, dict) and "source" in entry else entry
            for name, entry in data.items()
        }


Share = Annotated[float, Field(ge=0, le=1)]


class ConfidenceConventions(_Strict):
    full_until: Share
    at_maximum: Share
    at_twice: Share
    without_evidence: Share
    answers_many: int
    few_answers: Share
    no_answers: Share
    alone: Share


class Conventions(_Strict):
    version: str
    default_target: Annotated[int, Field(ge=1, le=5)]
    exemption_days: int
    days_per_quarter: float
    disagreement_levels: int
    validated_from_level: int
    confidence: ConfidenceConventions


@cache
def conventions() -> Conventions:
    """The conventions in force."""
    return Conventions.model_validate(yaml.safe_load(FILE.read_text()))
