"""Streams a CSV file: memory stays flat whatever it holds.

Bytes come in blocks, a line and a row are bounded.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from maturity.sources.base import BadFileError, Column, Fault, Source
from maturity.sources.table import MAX_RAW, TableReader

__all__ = ["MAX_RAW", "CsvReader"]

# No valid row comes near these; they keep one stray quote or a file that is no CSV at all from
# being read into memory.
MAX_LINE_BYTES = 4 * 1024 * 1024
MAX_LINES_PER_ROW = 100

_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


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


class CsvReader(TableReader):
    """The rows of a CSV file. `on_read` hears how many bytes were read, every few kilobytes."""

    def __init__(
        self,
        source: Source,
        stream: BinaryIO,
        *,
        on_fault: Callable[[Fault], None],
        on_read: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(source, on_fault=on_fault)
        self._bytes = _CheckedBytes(stream, on_read)
        # The physical lines of the row being read, and the number of those before it.
        self._held: list[str] = []
        self._lines_before = 0
        self._ended = False
        # A row with too few fields: cut off if it is the last one, merely wrong if it is not.
        self._short: Fault | None = None

    @property
    def sha256(self) -> str:
        return self._bytes.digest.hexdigest()

    @property
    def _line(self) -> int:
        return self._lines_before + 1

    def _raw(self) -> str:
        return "".join(self._held).rstrip("\r\n")

    def _finish(self) -> None:
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

    def _header_hint(self, names: Sequence[str]) -> str:
        return "; separate columns by commas" if len(names) == 1 and ";" in names[0] else ""

    def _refuse_cut_off(self, column: Column, index: int, text: str) -> None:
        """Whether the file ends within this value: no line end, and only a word's beginning."""
        if index != self._width - 1 or self._held[-1].endswith(("\n", "\r")):
            return
        if not text or any(word.startswith(text) for word in column.kind.allowed):
            raise BadFileError(f"the last row, on line {self._line}, is cut off")

    def _release_short(self) -> None:
        if self._short is not None:
            self._on_fault(self._short)
            self._short = None
