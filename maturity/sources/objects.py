"""Rows that come as JSON objects, read like those of a file: same columns, same rules."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from maturity.sources.base import Fault, Source
from maturity.sources.table import TableReader

# Names that nobody knows are listed; a client that sends thousands of them is told of these.
MAX_IGNORED = 100


class ObjectReader(TableReader):
    """A list of objects, one per row. What a row does not name is empty; lines count rows from 1.

    Texts, numbers, booleans and null are values; an object or a list within a row is a fault.
    """

    def __init__(
        self, source: Source, rows: Sequence[object], *, on_fault: Callable[[Fault], None]
    ) -> None:
        super().__init__(source, on_fault=on_fault)
        self._rows = rows
        self._at = 0
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    @property
    def _line(self) -> int:
        return self._at

    def _raw(self) -> str:
        return json.dumps(self._rows[self._at - 1])

    def _records(self) -> Iterator[Sequence[str]]:
        yield self.source.names
        self.ignored_columns = self._unknown_names()
        for row in self._rows:
            self._at += 1
            self._digest.update(self._raw().encode())
            if not isinstance(row, Mapping):
                self._set_aside("", "is not an object")
                continue
            texts = self._texts(row)
            if texts is not None:
                yield texts

    def _unknown_names(self) -> tuple[str, ...]:
        named = {name: None for row in self._rows if isinstance(row, Mapping) for name in row}
        unknown = (ascii(name)[1:-1] for name in named if name not in self.source.names)
        return tuple(unknown)[:MAX_IGNORED]

    def _texts(self, row: Mapping[str, object]) -> list[str] | None:
        """Return the row's values as a file would write them, None where one is no value."""
        texts = []
        for name in self.source.names:
            text = _text(row.get(name))
            if text is None:
                self._set_aside(name, "is not a text, a number, true, false or null")
                return None
            texts.append(text)
        return texts


def _text(value: Any) -> str | None:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # Half of a surrogate pair is no character.
        return value if _is_unicode(value) else None
    return str(value) if isinstance(value, int | float) else None


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
