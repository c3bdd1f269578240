"""The figures of planning, each with its source, from the versioned file beside this one."""

from pathlib import Path
from typing import Annotated, Generic, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field

Value = TypeVar("Value")
Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Hour = Annotated[int, Field(ge=0, le=24)]
Days = Annotated[tuple[Count, ...], Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sourced(_Strict, Generic[Value]):
    """A figure and where it comes from."""

    value: Value
    source: Annotated[str, Field(min_length=1)]


class Skipping(_Strict):
    minimum_gap_days: Sourced[Count]
    joined_share: Sourced[Share]
    joined_days: Sourced[Count]


class Fatigue(_Strict):
    waves: Sourced[Count]
    response_rate: Sourced[Share]


class Reminders(_Strict):
    offsets: Sourced[Days]
    quiet_until_hour: Sourced[Hour]
    quiet_from_hour: Sourced[Hour]


class Extension(_Strict):
    working_days: Sourced[Count]


class Planning(_Strict):
    horizon_days: Sourced[Count]
    waves_ahead: Sourced[Count]


class Seconds(_Strict):
    intro: Sourced[Count]
    rating: Sourced[Count]
    recommend: Sourced[Count]
    text: Sourced[Count]
    hours: Sourced[Count]


class Allotment(_Strict):
    block: Sourced[Count]
    expected_response: Sourced[Share]


class Onboarding(_Strict):
    days: Sourced[Days]


class Figures(_Strict):
    version: str
    skipping: Skipping
    fatigue: Fatigue
    reminders: Reminders
    extension: Extension
    planning: Planning
    seconds: Seconds
    allotment: Allotment
    onboarding: Onboarding


FIGURES = Figures.model_validate(
    yaml.safe_load((Path(__file__).parent / "rules_v1.yaml").read_bytes())
)
REMINDER_OFFSETS = FIGURES.reminders.offsets.value
SMALLEST_BLOCK = FIGURES.allotment.block.value
