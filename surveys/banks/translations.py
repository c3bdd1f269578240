"""A question bank in another language: same items, same scales, other words. Pure."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from maturity.errors import InvalidPack
from maturity.rubrics.documents import load_yaml
from surveys.banks.files import ItemKey, Scales, Text

HERE = Path(__file__).parent
SHIPPED_TRANSLATIONS: tuple[Path, ...] = tuple(
    HERE / f"product_ops_v1.{language}.yaml" for language in ("de", "es", "fr")
)

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[a-z0-9]{2,8})?$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TranslatedTexts(_Strict):
    """Every word of a bank that people see, in one language."""

    agree: dict[int, Text]
    does_not_apply: Text
    recommend: dict[int, Text]
    hours_unit: Text
    text_notice: Text
    items: dict[ItemKey, Text]


class Translation(TranslatedTexts):
    """One revision of a translation, as its file holds it. Always a draft: people approve."""

    bank: str
    version: str
    language: Language
    revision: Annotated[int, Field(ge=1)]
    status: Literal["draft"]
    translator: Text
    digest: str

    def texts(self) -> dict[str, Any]:
        """The words alone, as they are stored."""
        return self.model_dump(mode="json", include=set(TranslatedTexts.model_fields))


@dataclass(frozen=True)
class Wording:
    """The words one sheet is shown in. The scales, and so the numbers, are the bank's.

    Without the bank's notice about written words: pages say their wave's own threshold.
    """

    items: Mapping[str, str]
    agree: Mapping[int, str]
    does_not_apply: str
    recommend: Mapping[int, str]
    hours_unit: str


def own_wording(scales: Scales, items: Mapping[str, str]) -> Wording:
    """The bank's own words; `items` by key."""
    return Wording(
        items=items,
        agree=scales.agree5.labels,
        does_not_apply=scales.agree5.extra_option.label,
        recommend=scales.recommend11.labels,
        hours_unit=scales.hours.unit,
    )


def translated_wording(texts: TranslatedTexts) -> Wording:
    return Wording(**{word.name: getattr(texts, word.name) for word in fields(Wording)})


def load_translation(path: Path) -> Translation:
    """Read a translation. Raises InvalidPack naming the line or the key."""
    raw = path.read_bytes()
    try:
        document: Any = load_yaml(raw)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidPack(f"{path.name}: {error}") from error
    if not isinstance(document, dict):
        raise InvalidPack(f"{path.name}: not a translation.")
    content = document | {"digest": hashlib.sha256(raw).hexdigest()}
    try:
        return Translation.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise InvalidPack(f"{path.name}: {place}: {first['msg']}") from error


def check_translates(
    translation: Translation, *, language: str, scales: Scales, items: Collection[str]
) -> None:
    """Raise InvalidPack unless it has the words for a bank's items and labels, and no others."""
    if translation.language == language:
        raise InvalidPack(f"language: {language} is the bank's own.")
    for place, given, wanted in (
        ("items", set(translation.items), set(items)),
        ("agree", set(translation.agree), set(scales.agree5.labels)),
        ("recommend", set(translation.recommend), set(scales.recommend11.labels)),
    ):
        if missing := sorted(map(str, wanted - given)):
            raise InvalidPack(f"{translation.language}, {place}: {', '.join(missing)} is missing.")
        if unknown := sorted(map(str, given - wanted)):
            raise InvalidPack(f"{translation.language}, {place}: {', '.join(unknown)} is unknown.")
