"""How one value is written: text in, typed value out, or ValueError saying what is wrong with it.

A converter gets trimmed, non-empty text. Its message follows the column's name ("fte: is not a
number") and never repeats the text, so that formats which must not show values can use it too.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar

MAX_TEXT = 200
MAX_NOTE = 2_000
MAX_LINK = 500
MAX_NUMBER = 999_999_999
# Before the first year lies nothing a product organisation recorded; beyond the last one is a
# typing error. Both ends are inclusive.
FIRST_YEAR, LAST_YEAR = 1970, 2100

_WHOLE = re.compile(r"[0-9]{1,9}")
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,30})?")
_NEGATIVE = re.compile(r"-[0-9.]+")
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,60}")
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]+\.[^@\s.]+")
_LINK = re.compile(r"(https?|ftps?)://[^\s\x00-\x1f]+", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"
    r"(?P<offset>Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
)
# Line breaks, other control characters, byte-order marks, and the marks that turn the reading
# direction around and so make a page show something else than what is stored.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_FOUR_PLACES = Decimal("0.0001")
_Date = TypeVar("_Date", bound=date)


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to write values. `allowed` lists them all where they can be listed."""

    convert: Callable[[str], object]
    allowed: tuple[str, ...] = ()


def one_of(*allowed: str, noun: str = "value") -> Kind:
    """Exactly one of these words."""

    def convert(text: str) -> str:
        if text in allowed:
            return text
        raise ValueError(f"is an unknown {noun}; allowed: {', '.join(allowed)}")

    return Kind(convert, allowed)


def number(*, maximum: int = MAX_NUMBER) -> Kind:
    """A decimal number of 0 to `maximum`, kept to four places (half to even)."""

    def convert(text: str) -> Decimal:
        if not _DECIMAL.fullmatch(text):
            raise ValueError(_number_fault(text, "is not a number"))
        value = Decimal(text).quantize(_FOUR_PLACES)
        if value > maximum:
            raise ValueError(f"is larger than {maximum}")
        return value

    return Kind(convert)


def _whole(text: str) -> int:
    if _WHOLE.fullmatch(text):
        return int(text)
    raise ValueError(_number_fault(text, "is not a whole number"))


def _number_fault(text: str, otherwise: str) -> str:
    if _NEGATIVE.fullmatch(text):
        return "is negative"
    if re.fullmatch("[0-9]{10,}", text):
        return f"is larger than {MAX_NUMBER}"
    return otherwise


def day_of(text: str) -> date:
    """The day that is written here; ValueError says what is wrong with it."""
    if not _DAY.fullmatch(text):
        raise ValueError("is not a date, write it like 2026-03-31")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("is a date that does not exist") from None
    return _sane(day)


def _moment(text: str) -> datetime:
    written = _MOMENT.fullmatch(text)
    if written is None and not _DAY.fullmatch(text):
        raise ValueError("is not a timestamp, write it like 2026-03-31T09:00:00+02:00")
    if written is None or written["offset"] is None:
        raise ValueError(
            "has no offset from UTC, so its moment is unknown;"
            " write it like 2026-03-31T09:00:00+02:00"
        )
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is a moment that does not exist") from None
    return _sane(moment).astimezone(UTC)


def _sane(day: _Date) -> _Date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"is outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return day


def _text(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValueError(f"is longer than {MAX_TEXT} characters")
    if not text.isprintable() and CONTROL.search(text):
        raise ValueError("holds control characters")
    return text


def _note(text: str) -> str:
    """Text of several lines; whatever the spreadsheet ends them with."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(lines) > MAX_NOTE:
        raise ValueError(f"is longer than {MAX_NOTE} characters")
    if CONTROL.search(lines.replace("\n", "").replace("\t", "")):
        raise ValueError("holds control characters")
    return lines


def _level(text: str) -> int:
    if text in {"1", "2", "3", "4", "5"}:
        return int(text)
    raise ValueError("is no level, write 1 to 5")


def _slug(text: str) -> str:
    if not _SLUG.fullmatch(text):
        raise ValueError("is no key: 1 to 60 letters, digits, hyphens and underscores")
    return text


def _email(text: str) -> str:
    # Who answers there is for the mail to find out; what cannot be an address is told at once.
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise ValueError("is no e-mail address")
    return text


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise ValueError("is no language code, write it like en or pt-BR")
    return text


def _link(text: str) -> str:
    if len(text) > MAX_LINK:
        raise ValueError(f"is longer than {MAX_LINK} characters")
    if not _LINK.fullmatch(text):
        raise ValueError("is no link, write it like https://example.com/page")
    return text


def _flag(text: str) -> bool:
    # Spreadsheets write TRUE and FALSE when they save a file they opened.
    word = text.lower()
    if word in {"true", "false"}:
        return word == "true"
    raise ValueError("is neither true nor false")


TEXT = Kind(_text)
NOTE = Kind(_note)
LEVEL = Kind(_level)
SLUG = Kind(_slug)
EMAIL = Kind(_email)
LANGUAGE = Kind(_language)
LINK = Kind(_link)
KEY = Kind(_text)
COUNT = Kind(_whole)
AMOUNT = number()
DAY = Kind(day_of)
MOMENT = Kind(_moment)
FLAG = Kind(_flag, ("true", "false"))

FUNCTIONS = ("pm", "product_ops", "central", "other")
FUNCTION = one_of(*FUNCTIONS, noun="function")
