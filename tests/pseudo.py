"""A language in which every text from a catalogue stands in brackets.

What a page says outside of them, and what is no data, was never marked for translation; what a
row holds inside of them was stored in a reader's language.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

# What is read aloud, or shown before anything is typed.
SPOKEN = {"aria-label", "title", "placeholder", "alt"}
# What nobody reads: an icon is a word to its font alone, and a key is called the same everywhere.
UNREAD = {"script", "style", "kbd", "pre"}
ICON = "material-symbols-outlined"
BUTTONS = {"submit", "button", "reset"}
VOID = {"br", "col", "hr", "img", "input", "link", "meta", "wbr"}
INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")
# Between two texts of a page, and where one in brackets stood.
BREAK, GAP = "\x1e", "\x1f"
WORD = re.compile(r"[^\W\d_]{2}")


def mark_translations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put brackets around what the catalogues give, in every language but English."""
    for name in ("gettext", "pgettext", "ngettext", "npgettext"):
        plain = getattr(translation._trans, name)
        monkeypatch.setattr(translation._trans, name, partial(_marked, plain))


def _marked(plain: Callable[..., str], *args: Any) -> str:
    text = plain(*args)
    return text if translation.get_language() == "en" else f"⟦{text}⟧"


class Page(HTMLParser):
    """What a page says, where its links lead, and whether a form of it posts back to it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.posts = False
        self._texts: list[str] = []
        self._spoken: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        unread = tag in UNREAD or ICON in given.get("class", "")
        if tag not in VOID:
            self._open.append((tag, unread))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "form" and given.get("method") == "post" and not given.get("action"):
            self.posts = True
        self._spoken += [given[name] for name in SPOKEN & given.keys()]
        if tag == "input" and given.get("type") in BUTTONS:
            self._spoken.append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if any(tag == each for each, _unread in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not any(unread for _tag, unread in self._open):
            self._texts.append(data)

    def unmarked(self, is_data: Callable[[str], bool]) -> Iterator[str]:
        """The words outside of brackets, as far as they are no data."""
        said = BREAK.join([*self._texts, BREAK, *self._spoken])
        while INNERMOST.search(said):
            said = INNERMOST.sub(GAP, said)
        for text in said.split(BREAK):
            if not is_data(plain(text.replace(GAP, " "))):
                pieces = [plain(piece) for piece in text.split(GAP)]
                yield from (piece for piece in pieces if not is_data(piece))


def plain(text: str) -> str:
    """A text without the white space and the punctuation around it."""
    return " ".join(text.split()).strip(" .,;:·–—→()“”…*|")


def stored_texts() -> set[str]:
    """Every text of every row, and every text and key within JSON."""
    found: set[str] = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')  # noqa: S608
            for (row,) in cursor.fetchall():
                found.update(_texts_in(json.loads(row)))
    return found


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from _texts_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts_in(each)
