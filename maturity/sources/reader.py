"""Streams a CSV file into typed rows: a bad row is set aside, a bad file is refused whole.

Memory stays flat whatever the file holds: bytes come in blocks, a line and a row are bounded.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, BinaryIO

from maturity.sources.base import BadFileError, Column, Fault, Source

# No valid row comes near these; they keep one stray quote or a file that is no CSV at all from
# being read into memory.
MAX_LINE_BYTES = 4 * 1024 * 1024
MAX_LINES_PER_ROW = 100
MAX_RAW = 2_000
MAX_SHOWN = 60

# Repeated values (functions, periods, dates, keys) are converted once per column.
_REMEMBERED = 8_192
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")

_Converter = Callable[[str], object]


class _CheckedBytes(io.RawIOBase):
    """Hands on the stream's bytes, hashing and counting them, and refuses what is not text."""

    # Every file has one, says the type of TextIOWrapper's argument; nobody asks for it.
    name = "import"

    def __init__(self, stream: BinaryIO, on_read: Callable[[int], None] | None) -> None:
        self.size = 0
        self.digest = hashlib.sha256()
        self._stream = stream
        self._on_read = on_read
        self._line_bytes = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        if self.size == 0 and block.startswith(_UTF_16_MARKS):
            raise BadFileError("the file is UTF-16; save it as UTF-8")
        if (nul := block.find(b"\0")) >= 0:
            raise BadFileError(f"byte {self.size + nul + 1} is NUL; the file is not UTF-8 text")
        self._bound_line(block)
        self.size += len(block)
        self.digest.update(block)
        if self._on_read is not None:
            self._on_read(self.size)
        return block

    def _bound_line(self, block: bytes) -> None:
        ends_at = max(block.rfind(b"\n"), block.rfind(b"\r"))
        if ends_at >= 0:
            self._line_bytes = len(block) - ends_at - 1
        else:
            self._line_bytes += len(block)
        if self._line_bytes > MAX_LINE_BYTES:
            raise BadFileError(f"a line is longer than {MAX_LINE_BYTES} bytes; the file is not CSV")


class CsvReader:
    """The rows of one file in one format: iterate once, get `(line, value, …)` per good row.

    Values come in the order of the format's columns. Rows that break a rule go to `on_fault`
    instead, in the order of their lines; blank lines are skipped. `on_read` hears how many bytes
    were read so far, every few kilobytes. BadFileError may come at any point, so nothing
    may be kept before the iteration has ended.
    """

    def __init__(
        self,
        source: Source,
        stream: BinaryIO,
        *,
        on_fault: Callable[[Fault], None],
        on_read: Callable[[int], None] | None = None,
    ) -> None:
        self.source = source
        self.ignored_columns: tuple[str, ...] = ()
        self._on_fault = on_fault
        self._bytes = _CheckedBytes(stream, on_read)
        # The physical lines of the row being read, and the number of those before it.
        self._held: list[str] = []
        self._lines_before = 0
        self._ended = False
        # A row with too few fields: cut off if it is the last one, merely wrong if it is not.
        self._short: Fault | None = None
        self._plan: list[tuple[Column, int, _Converter]] = []
        self._width = 0

    @property
    def sha256(self) -> str:
        """Of the bytes read so far, in hexadecimal: of the file, once the iteration has ended."""
        return self._bytes.digest.hexdigest()

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
                yield (self._lines_before + 1, *values)
        if self._short is not None:
            raise BadFileError(f"the last row, on line {self._short.line}, is cut off")

    def _lines(self) -> Iterator[str]:
        text = io.TextIOWrapper(self._bytes, encoding="utf-8-sig", newline="")
        held = self._held
        try:
            for line in text:
                held.append(line)
                if len(held) > MAX_LINES_PER_ROW:
                    raise BadFileError(self._open_quote())
                yield line
        except UnicodeDecodeError as exc:
            # What failed is the text that follows the last complete line.
            at = self._lines_before + len(held) + 1 + exc.object.count(b"\n", 0, exc.start)
            raise BadFileError(f"line {at} is not UTF-8") from exc
        self._ended = True

    def _records(self) -> Iterator[list[str]]:
        """Yield the fields of each row that is not blank, header first."""
        held = self._held
        records = csv.reader(self._lines(), strict=True)
        while True:
            try:
                record = next(records)
            except StopIteration:
                return
            except csv.Error as exc:
                self._set_aside_record(exc)
            else:
                if len(record) > 1 or (record and not record[0].isspace() and record[0]):
                    self._release_short()
                    yield record
            self._lines_before += len(held)
            held.clear()

    def _read_header(self, header: Sequence[str]) -> None:
        names = [name.strip() for name in header]
        if not names:
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
            hint = "; separate columns by commas" if len(names) == 1 and ";" in names[0] else ""
            raise BadFileError(f"columns are missing: {', '.join(missing)}{hint}")
        self.ignored_columns = tuple(name for name in names if name and name not in known)
        self._width = len(names)
        self._plan = [
            (column, names.index(column.name), lru_cache(_REMEMBERED)(column.convert))
            if column.name in names
            else (column, 0, _absent)
            for column in self.source.columns
        ]

    def _compiled_rules(self) -> list[tuple[Callable[..., Any], Callable[..., str | None], str]]:
        names = self.source.names
        return [
            (itemgetter(*map(names.index, rule.columns)), rule.find, rule.columns[-1])
            for rule in self.source.rules
        ]

    def _set_aside_record(self, error: csv.Error) -> None:
        """A row whose quoting is broken: where it ends may be unknown, and then so is the rest."""
        self._release_short()
        if self._ended or len(self._held) > 1:
            raise BadFileError(self._open_quote())
        if "field limit" not in str(error):
            self._set_aside("", "has a quote that is neither doubled nor at the end of its value")
        elif self._held[0].count('"') % 2:
            raise BadFileError(self._open_quote())
        else:
            self._set_aside("", f"has a value of more than {csv.field_size_limit()} characters")

    def _open_quote(self) -> str:
        return f"a quote that opens on line {self._lines_before + 1} is not closed properly"

    def _set_aside_width(self, width: int) -> None:
        reason = f"has {width} fields where the header has {self._width}"
        if (last := self._lines_before + len(self._held)) > self._lines_before + 1:
            reason += f" (the row reaches to line {last})"
        if width < self._width:
            self._short = self._fault("", reason)
        else:
            self._set_aside("", reason)

    def _set_aside_value(self, record: Sequence[str]) -> None:
        column, index, reason = self._first_bad_value(record)
        text = record[index].strip()
        if index == self._width - 1 and self._is_cut_off(column, text):
            raise BadFileError(f"the last row, on line {self._lines_before + 1}, is cut off")
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

    def _is_cut_off(self, column: Column, text: str) -> bool:
        """Whether the file ends within this value: no line end, and only a word's beginning."""
        if self._held[-1].endswith(("\n", "\r")):
            return False
        return not text or any(word.startswith(text) for word in column.kind.allowed)

    def _set_aside(self, column: str, reason: str) -> None:
        self._on_fault(self._fault(column, reason))

    def _release_short(self) -> None:
        if self._short is not None:
            self._on_fault(self._short)
            self._short = None

    def _fault(self, column: str, reason: str) -> Fault:
        raw = "".join(self._held).rstrip("\r\n")[:MAX_RAW] if self.source.shows_values else ""
        return Fault(self._lines_before + 1, column, reason, raw)


def _absent(raw: str) -> None:
    """Stand in for a column that the header may leave out."""
