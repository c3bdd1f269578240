"""Whose decision a type of decision is: what the organisation agreed, else the seeded matrix."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from maturity.insights.facts import DecisionRight

Holder = Literal["pm", "product_ops", "other"]


class SeededRights(BaseModel):
    """One version of the matrix that every organisation starts from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    rights: dict[str, Holder]


SEEDED = SeededRights.model_validate(
    yaml.safe_load(Path(__file__).with_name("decision_rights_v1.yaml").read_text(encoding="utf-8"))
)


def holders(agreed: Iterable[DecisionRight]) -> Mapping[str, Holder]:
    """Return the holder of every known type of decision; what was agreed comes first."""
    return {**SEEDED.rights, **{right.decision_type: right.function for right in agreed}}
