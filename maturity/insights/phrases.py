"""PURE: sentences that can be said in any language: a template and what it is filled with.

A judgement is written once, where it is made, as English templates (gettext's msgids) and values.
What is printed of a figure is decided there too: a phrase holds a number as text, rounded, never
more exact than the English sentence, and it is the language's to write its separators.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from typing import Any

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Number:
    """A figure as English prints it, e.g. "2.5", "<1%" or "+0.10"."""

    number: str


@dataclass(frozen=True, slots=True)
class Day:
    day: date


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts one after the other; what joins them is a mark, never a word."""

    parts: tuple["Value", ...]
    by: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence, or a part of one that no grammar changes; `str()` gives its English.

    `text` is the msgid, with %(name)s places; with `many` it is the singular and `count` chooses.
    """

    text: str
    values: Mapping[str, "Value"] = field(default_factory=dict, hash=False)
    many: str | None = None
    count: int | None = None

    def __str__(self) -> str:
        return render(self)


# A str is somebody's own word: a gate's name, a grade, a wave. It is the same in all languages.
Value = str | Number | Day | Joined | Phrase
Words = tuple[Phrase, ...]
_WORDS: TypeAdapter[Words] = TypeAdapter(Words)


@dataclass(frozen=True, slots=True)
class Language:
    """How a language says it; `number` gets a figure as English prints it."""

    gettext: Callable[[str], str]
    ngettext: Callable[[str, str, int], str]
    number: Callable[[str], str]
    day: Callable[[date], str]


ENGLISH = Language(
    gettext=lambda text: text,
    ngettext=lambda one, many, count: one if count == 1 else many,
    number=lambda text: text,
    day=date.isoformat,
)


def noop(text: str) -> str:
    """Mark a msgid that is put into a phrase elsewhere, for the catalogues."""
    return text


def phrase(text: str, /, **values: Value | int | date) -> Phrase:
    """Return a sentence. A whole number is printed as it is; format any other one."""
    return Phrase(text, {name: _value(value) for name, value in values.items()})


def nphrase(one: str, many: str, count: int, /, **values: Value | int | date) -> Phrase:
    """Return a sentence about so many; both forms may have the place %(count)s."""
    filled = phrase(one, count=count, **values).values
    return Phrase(one, filled, many, count)


def joined(parts: Iterable[Value], by: str) -> Joined:
    return Joined(tuple(parts), by)


def listed(names: Sequence[Value]) -> Value:
    """Return names as a list in a sentence, e.g. "a, b and c"."""
    if len(names) < 2:
        return names[0] if names else ""
    return phrase("%(first)s and %(last)s", first=joined(names[:-1], ", "), last=names[-1])


def in_turn(parts: Iterable[Value]) -> Value:
    """Return parts of a sentence one after the other, e.g. "a; b; c"."""
    first, *others = parts
    return reduce(_after, others, first)


def render(value: Value, language: Language = ENGLISH) -> str:
    """Say it. Raises KeyError or ValueError where a translation has other places."""
    match value:
        case str():
            return value
        case Number(number=number):
            return language.number(number)
        case Day(day=day):
            return language.day(day)
        case Joined(parts=parts, by=by):
            return by.join(render(part, language) for part in parts)
    filled = {name: render(inner, language) for name, inner in value.values.items()}
    if value.many is None or value.count is None:
        return language.gettext(value.text) % filled
    return language.ngettext(value.text, value.many, value.count) % filled


def said(words: Words, language: Language = ENGLISH) -> str:
    """Say several sentences, one after the other."""
    return render(joined(words, " "), language)


def to_json(words: Words) -> list[Any]:
    """Return words as JSON values, without anything that is not said."""
    dumped: list[Any] = _WORDS.dump_python(words, mode="json", exclude_defaults=True)
    return dumped


def from_json(stored: object) -> Words:
    """Return words from their JSON values. Raises ValueError for what is none."""
    return _WORDS.validate_python(stored)


def _after(before: Value, after: Value) -> Phrase:
    return phrase("%(before)s; %(after)s", before=before, after=after)


def _value(value: Value | int | date) -> Value:
    if isinstance(value, int):
        return Number(str(value))
    return Day(value) if isinstance(value, date) else value
