"""survey_responses, long: one row per answer. Faults never repeat what a row says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from maturity.sources import Column, RowRule, Source, TableReader
from maturity.sources.kinds import FLAG, KEY, Kind

MAX_GROUPS, MAX_GROUP_KEY, MAX_ITEM_KEY = 100, 100, 60
_NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,15})?")
_STEP = re.compile(r"-?[0-9]{1,3}")
# The whole of an outside survey; no group of it may have this key.
EVERYBODY = "organization"


@dataclass(frozen=True, slots=True)
class Answer:
    """One valid row. `value` is None where the item does not apply."""

    line: int
    round_key: str
    respondent_key: str
    item_key: str
    value: float | None
    groups: tuple[str, ...]
    scale: tuple[int, int, bool]


def number(text: str) -> float:
    if _NUMBER.fullmatch(text):
        return float(text)
    raise ValueError("is not a number")


def _item_key(text: str) -> str:
    if len(text) > MAX_ITEM_KEY or not text.isprintable():
        raise ValueError(f"is longer than {MAX_ITEM_KEY} characters or holds control characters")
    return text


def _step(text: str) -> int:
    if _STEP.fullmatch(text):
        return int(text)
    raise ValueError("is not a whole number of at most three digits")


def split_groups(text: str) -> tuple[str, ...]:
    """The entries of a pipe list, trimmed; raises ValueError where one cannot be a group."""
    keys = tuple(dict.fromkeys(part for entry in text.split("|") if (part := entry.strip())))
    if len(keys) > MAX_GROUPS:
        raise ValueError(f"names more than {MAX_GROUPS} groups")
    if any(len(key) > MAX_GROUP_KEY or not key.isprintable() for key in keys):
        raise ValueError(
            f"holds a group of more than {MAX_GROUP_KEY} characters or with control characters"
        )
    if EVERYBODY in keys:
        raise ValueError(f"names a group “{EVERYBODY}”, which stands for everybody")
    return keys


def _find_missing(is_na: bool, value: float | None) -> str | None:
    if is_na and value is not None:
        return "is given although is_na is true"
    return "is empty although is_na is false" if not is_na and value is None else None


def _find_scale_fault(minimum: int, maximum: int) -> str | None:
    return "is not above scale_min" if maximum <= minimum else None


def find_outside(minimum: int, maximum: int, value: float | None) -> str | None:
    return None if value is None or minimum <= value <= maximum else "lies outside its scale"


NUMBER, STEP, GROUPS, ITEM_KEY = map(Kind, (number, _step, split_groups, _item_key))

SOURCE = Source(
    name="survey_responses",
    columns=(
        Column("round_key", KEY, key=True),
        Column("respondent_key", KEY, key=True),
        Column("item_key", ITEM_KEY, key=True),
        Column("value", NUMBER, optional=True),
        Column("is_na", FLAG),
        Column("group_keys", GROUPS, optional=True),
        Column("scale_min", STEP),
        Column("scale_max", STEP),
        Column("reverse", FLAG, optional=True, may_be_absent=True),
    ),
    rules=(
        RowRule(("scale_min", "scale_max"), _find_scale_fault),
        RowRule(("is_na", "value"), _find_missing),
        RowRule(("scale_min", "scale_max", "value"), find_outside),
    ),
    shows_values=False,
)


def read_answers(reader: TableReader) -> Iterator[Answer]:
    """The good rows of a long file; the reader hears of the others."""
    row: Any  # the columns' kinds have made the values what Answer holds
    for row in reader:
        line, round_key, respondent, item, value, _is_na, groups, low, high, reverse = row
        yield Answer(
            line, round_key, respondent, item, value, groups or (), (low, high, bool(reverse))
        )
