"""Turns records of text into typed rows, whatever file they come from.

A bad row is set aside, a bad file is refused whole.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from maturity.sources.base import BadFileError, Column, Fault, Source

MAX_RAW = 2_000
MAX_SHOWN = 60

# Repeated values (functions, periods, dates, keys) are converted once per column.
_REMEMBERED = 8_192

_Converter = Callable[[str], object]


class TableReader(ABC):
    """The rows of one file in one format: iterate once, get `(line, value, …)` per good row.

    Values come in the order of the format's columns. Rows that break a rule go to `on_fault`
    instead, in the order of their lines; blank lines are skipped. BadFileError may come at any
    point, so nothing may be kept before the iteration has ended. A subclass yields the records
    of its kind of file, the header first, and says where the current one stands.
    """

    def __init__(self, source: Source, *, on_fault: Callable[[Fault], None]) -> None:
        self.source = source
        self.ignored_columns: tuple[str, ...] = ()
        self._on_fault = on_fault
        self._plan: list[tuple[Column, int, _Converter]] = []
        self._width = 0

    @property
    @abstractmethod
    def sha256(self) -> str:
        """Of the bytes read so far, in hexadecimal: of the file, once the iteration has ended."""

    def has_column(self, name: str) -> bool:
        """Whether the file has this column; known once the header was read."""
        return any(
            column.name == name and convert is not _absent for column, _, convert in self._plan
        )

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        records = self._records()
        self._read_header(next(records, []))
        width = self._width
        plan = [(index, convert) for _, index, convert in self._plan]
        rules = self._compiled_rules()
        for record in records:
            if len(record) != width:
                self._set_aside_width(len(record))
                continue
            try:
                values = [convert(record[index].strip()) for index, convert in plan]
            except ValueError:
                self._set_aside_value(record)
                continue
            for pick, find, column in rules:
                if reason := find(*pick(values)):
                    self._set_aside(column, reason)
                    break
            else:
                yield (self._line, *values)
        self._finish()

    @abstractmethod
    def _records(self) -> Iterator[Sequence[str]]:
        """Yield the texts of each row that is not blank, header first."""

    @property
    @abstractmethod
    def _line(self) -> int:
        """Where the record that was yielded last begins; the header is line 1."""

    @abstractmethod
    def _raw(self) -> str:
        """The record that was yielded last, as it stands in the file."""

    def _finish(self) -> None:  # noqa: B027  # most files cannot end too early
        """Refuse a file that ends before it should."""

    def _refuse_cut_off(self, column: Column, index: int, text: str) -> None:  # noqa: B027
        """Refuse a file whose last value was cut off."""

    def _read_header(self, header: Sequence[str]) -> None:
        names = [name.strip() for name in header]
        if not any(names):
            raise BadFileError("the file is empty")
        known = self.source.names
        if doubled := [name for name in known if names.count(name) > 1]:
            raise BadFileError(f"columns stand twice in the header: {', '.join(doubled)}")
        missing = [
            column.name
            for column in self.source.columns
            if column.name not in names and not column.may_be_absent
        ]
        if missing:
            hint = self._header_hint(names)
            raise BadFileError(f"columns are missing: {', '.join(missing)}{hint}")
        self.ignored_columns = tuple(name for name in names if name and name not in known)
        self._width = len(names)
        self._plan = [
            (column, names.index(column.name), lru_cache(_REMEMBERED)(column.convert))
            if column.name in names
            else (column, 0, _absent)
            for column in self.source.columns
        ]

    def _header_hint(self, names: Sequence[str]) -> str:
        return ""

    def _compiled_rules(self) -> list[tuple[Callable[..., Any], Callable[..., str | None], str]]:
        names = self.source.names
        return [
            (itemgetter(*map(names.index, rule.columns)), rule.find, rule.columns[-1])
            for rule in self.source.rules
        ]

    def _set_aside_width(self, width: int) -> None:
        self._set_aside("", f"has {width} fields where the header has {self._width}")

    def _set_aside_value(self, record: Sequence[str]) -> None:
        column, index, reason = self._first_bad_value(record)
        text = record[index].strip()
        self._refuse_cut_off(column, index, text)
        if text and self.source.shows_values:
            shown = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
            reason = f"{reason} (found {shown!r})"
        self._set_aside(column.name, reason)

    def _first_bad_value(self, record: Sequence[str]) -> tuple[Column, int, str]:
        for column, index, convert in self._plan:
            try:
                convert(record[index].strip())
            except ValueError as exc:
                return column, index, str(exc)
        raise AssertionError("called for a row without a bad value")

    def _set_aside(self, column: str, reason: str) -> None:
        self._on_fault(self._fault(column, reason))

    def _fault(self, column: str, reason: str) -> Fault:
        raw = self._raw()[:MAX_RAW] if self.source.shows_values else ""
        return Fault(self._line, column, reason, raw)


def _absent(raw: str) -> None:
    """Stand in for a column that the header may leave out."""
