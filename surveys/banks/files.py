"""Load and validate a question bank; an error names the place in the file."""

import hashlib
from math import ceil
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from maturity.errors import InvalidPack
from maturity.rubrics.documents import load_yaml
from surveys.banks.audiences import PM

SHIPPED: tuple[Path, ...] = (Path(__file__).parent / "product_ops_v1.yaml",)

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{1,59}$")]
ItemKey = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{1,39}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Share = Annotated[float, Field(gt=0, le=1)]
ScaleName = Literal["agree5", "recommend11", "hours", "text"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExtraOption(_Strict):
    """The answer that is none: stored as missing with its reason."""

    key: Key
    label: Text
    stored_as: Literal["null_with_reason"]


class AgreeScale(_Strict):
    min: Literal[1]
    max: Literal[5]
    labels: dict[int, Text]
    favourable: tuple[int, ...]
    neutral: tuple[int, ...]
    unfavourable: tuple[int, ...]
    extra_option: ExtraOption

    @model_validator(mode="after")
    def _every_answer_is_labelled(self) -> Self:
        answers = set(range(self.min, self.max + 1))
        if set(self.labels) != answers:
            raise ValueError("labels must name each of the answers 1 to 5")
        if sorted([*self.favourable, *self.neutral, *self.unfavourable]) != sorted(answers):
            raise ValueError("each answer is favourable, neutral or unfavourable, and only one")
        return self


class RecommendScale(_Strict):
    min: Literal[0]
    max: Literal[10]
    labels: dict[int, Text]
    promoters: tuple[int, ...]
    passives: tuple[int, ...]
    detractors: tuple[int, ...]


class HoursScale(_Strict):
    type: Literal["integer"]
    min: Literal[0]
    max: Annotated[int, Field(gt=0, le=168)]
    unit: Text
    outlier_rule: Text


class TextScale(_Strict):
    type: Literal["text"]
    max_chars: Annotated[int, Field(gt=0, le=4_000)]
    notice: Text


class Scales(_Strict):
    agree5: AgreeScale
    recommend11: RecommendScale
    hours: HoursScale
    text: TextScale


class Instrument(_Strict):
    """A selection from the bank; `items` is all of it, the pulse items, or a list of keys."""

    items: Literal["all", "pulse == true"] | tuple[ItemKey, ...]
    expected_minutes: Annotated[float, Field(gt=0)] | None = None
    max_items: Annotated[int, Field(gt=0)] | None = None
    cadence: Text | None = None
    order: Text | None = None
    timing_basis: Text | None = None
    trigger: Text | None = None
    note: Text | None = None

    @property
    def minutes(self) -> int | None:
        """How long answering takes, rounded up; None where the bank does not say."""
        return None if self.expected_minutes is None else ceil(self.expected_minutes)


class FieldTime(_Strict):
    opens: Text
    working_days_open: Annotated[int, Field(gt=0)]
    closes: Text
    grace_minutes: Annotated[int, Field(ge=0)]
    extension: Text


class Bands(_Strict):
    """Response rates from which results are good, or at least usable."""

    good: Share
    usable: Share


class ResponseRate(_Strict):
    bands: Bands
    below_usable: Text
    bias_flag: Text
    never: tuple[Text, ...]


class ReverseItems(_Strict):
    count: int
    purpose: Text
    check: Text
    caution: Text


class Rules(_Strict):
    cadence: dict[str, Any]
    field_time: FieldTime
    reminders: dict[str, Any]
    response_rate: ResponseRate
    reverse_items: ReverseItems
    translation: tuple[Text, ...]
    accessibility: tuple[Text, ...]


class BankRules(_Strict):
    """Everything in a bank but its items: scales, instruments and the rules of asking."""

    key: Key
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
    language: Key
    scales: Scales
    scoring: dict[str, Text]
    audiences: dict[Key, Text]
    instruments: dict[Key, Instrument]
    rules: Rules


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class BankItem(_Strict):
    """One statement or question. Who is asked it: `audience`, the PMs unless it says otherwise."""

    key: ItemKey
    text: Text
    scale: ScaleName
    reverse: bool = False
    direction: Literal["up", "down"] = "up"
    area: Key | None = None
    benefit: Key | None = None
    pitfall: Key | None = None
    outcome: Key | None = None
    audience: Annotated[tuple[Key, ...], BeforeValidator(_listed), Field(min_length=1)] = (PM,)
    pulse: bool = False
    optional: bool = False

    @model_validator(mode="after")
    def _only_ratings_are_reversed(self) -> Self:
        if self.reverse and self.scale != "agree5":
            raise ValueError(f"{self.key}: only an agree5 item can be reverse")
        return self


class Bank(BankRules):
    """One version of a question bank."""

    items: Annotated[tuple[BankItem, ...], Field(min_length=1)]
    digest: str

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        keys = [item.key for item in self.items]
        if doubled := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"keys stand twice: {', '.join(doubled)}")
        for item in self.items:
            if unknown := sorted(set(item.audience) - set(self.audiences)):
                raise ValueError(f"{item.key}: unknown audience {', '.join(unknown)}")
        reverse = sum(item.reverse for item in self.items)
        if reverse != self.rules.reverse_items.count:
            raise ValueError(f"reverse_items.count is not the number of such items, {reverse}")
        for name, instrument in self.instruments.items():
            _check_instrument(name, instrument, self.items)
        return self


def _check_instrument(name: str, instrument: Instrument, items: tuple[BankItem, ...]) -> None:
    known = {item.key for item in items}
    if isinstance(instrument.items, tuple) and (missing := sorted({*instrument.items} - known)):
        raise ValueError(f"instruments.{name}: unknown items {', '.join(missing)}")
    asked = sum(item.pulse for item in items) if instrument.items == "pulse == true" else None
    if instrument.max_items is not None and asked is not None and asked > instrument.max_items:
        raise ValueError(f"instruments.{name}: {asked} items, at most {instrument.max_items}")


def load_bank(path: Path) -> Bank:
    """Read a bank from a YAML file. Raises InvalidPack naming the line or the key."""
    raw = path.read_bytes()
    try:
        document: Any = load_yaml(raw)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidPack(f"{path.name}: {error}") from error
    parts = {"bank", "items", "instruments", "rules"}
    if not isinstance(document, dict) or not isinstance(document.get("bank"), dict):
        raise InvalidPack(f"{path.name}: needs the keys {', '.join(sorted(parts))}.")
    if unknown := sorted(map(str, set(document) - parts)):
        raise InvalidPack(f"{path.name}: unknown keys {', '.join(unknown)}.")
    content = {
        **document["bank"],
        **{part: document.get(part) for part in sorted(parts - {"bank"})},
        "digest": hashlib.sha256(raw).hexdigest(),
    }
    try:
        return Bank.model_validate(content)
    except ValidationError as error:
        raise InvalidPack(f"{path.name}: {_first_fault(error, document)}") from error


def _first_fault(error: ValidationError, document: dict[str, Any]) -> str:
    """Name the place; an item by its key, which a reader finds faster than a number."""
    first = error.errors(include_url=False)[0]
    place = [str(part) for part in first["loc"]]
    if len(first["loc"]) > 1 and first["loc"][0] == "items":
        item = document["items"][first["loc"][1]]
        if isinstance(item, dict) and "key" in item:
            place[1] = str(item["key"])
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{'.'.join(place) or 'bank'}: {first['msg']}{more}"
