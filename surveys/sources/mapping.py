"""What the columns of a wide file mean, written as YAML by whoever brings the file."""

from typing import Annotated, Any, BinaryIO, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from maturity.sources import BadFileError

MAX_BYTES = 1_000_000

ColumnNumber = Annotated[int, Field(ge=1, le=10_000)]
Step = Annotated[int, Field(ge=-999, le=999)]
Word = Annotated[str, Field(min_length=1, max_length=60)]
# A number on the scale, or "na": does not apply.
Meaning = float | Literal["na"]


class _Strict(BaseModel):
    # Labels such as 1 or 2 are numbers to YAML.
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Item(_Strict):
    """An item on its scale; `labels` turn the words of its cells into numbers."""

    item_key: Word
    scale_min: Step
    scale_max: Step
    reverse: bool = False
    labels: dict[str, Meaning] = {}

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.scale_max <= self.scale_min:
            raise ValueError("scale_max is not above scale_min")
        return self


class OneHotItem(Item):
    """An item with a column per answer: whichever is ticked is what was answered."""

    columns: dict[ColumnNumber, Meaning]


class Mapping(_Strict):
    """Columns count from 1, lines of the file from 1.

    `groups`: columns whose text is a group or a pipe list, from the top down in a tree;
    `one_hot_groups`: columns that stand for one group each. `labels` hold for every item.
    """

    round_key: Word | None = None
    round_column: ColumnNumber | None = None
    respondent_column: ColumnNumber | None = None
    header_rows: Literal[1, 2] = 1
    items: dict[ColumnNumber, Item] = {}
    one_hot_items: tuple[OneHotItem, ...] = ()
    groups: tuple[ColumnNumber, ...] = ()
    one_hot_groups: dict[ColumnNumber, Word] = {}
    labels: dict[str, Meaning] = {}
    drop_rows: frozenset[int] = frozenset()

    @model_validator(mode="after")
    def _names_one_round_and_items(self) -> Self:
        if (self.round_key is None) == (self.round_column is None):
            raise ValueError("give either round_key or round_column")
        keys = [item.item_key for item in (*self.items.values(), *self.one_hot_items)]
        if not keys:
            raise ValueError("names no item")
        if len(set(keys)) < len(keys):
            raise ValueError("names an item twice")
        return self

    @property
    def last_column(self) -> int:
        one_hot = [number for item in self.one_hot_items for number in item.columns]
        single = [self.round_column or 1, self.respondent_column or 1]
        return max(*self.items, *one_hot, *self.groups, *self.one_hot_groups, *single)


def load_mapping(stream: BinaryIO) -> Mapping:
    """Read and check a mapping; BadFileError names the place in it."""
    text = stream.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise BadFileError(f"mapping file: larger than {MAX_BYTES} bytes")
    try:
        content: Any = yaml.safe_load(text)
        return Mapping.model_validate(content)
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise BadFileError(f"mapping file: not YAML ({exc})") from exc
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "as a whole"
        raise BadFileError(f"mapping file, {place}: {first['msg']}") from exc
    except RecursionError as exc:
        raise BadFileError("mapping file: nested too deeply") from exc
