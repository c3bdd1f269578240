"""The file formats of an export: Arrow batches in, bytes out. PURE but for a temporary file."""

import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import xlsxwriter

from reports.feed.query import json_object
from reports.feed.tables import Table

PIECE = 1 << 16
# What one sheet of a workbook holds, its heading included.
SHEET_ROWS = 1_048_576
PARQUET_ROWS = 65_536

Write = Callable[[pa.Schema, Iterable[pa.RecordBatch]], Iterator[bytes]]


class TooManyRows(Exception):
    """More rows than the format can hold."""


@dataclass(frozen=True)
class Format:
    """`columns` are the SQL expressions of a batch's columns, in order, with their names."""

    suffix: str
    media_type: str
    meaning: str
    columns: Callable[[Table], list[str]]
    write: Write


def native(table: Table) -> list[str]:
    return [f'{column.as_native} AS "{column.name}"' for column in table.columns]


def text(table: Table) -> list[str]:
    """Numbers and booleans as they are, dates and moments as the text that JSON has, too."""
    return [
        f'({column.as_text})::text AS "{column.name}"'
        if column.kind in {"date", "moment"}
        else f'{column.as_native} AS "{column.name}"'
        for column in table.columns
    ]


def line(table: Table) -> list[str]:
    return [f"{json_object(table)} || E'\\n' AS line"]


def write_ndjson(_schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """The lines lie one behind the other in the column's own memory: it is the file."""
    for batch in batches:
        lines = batch.column(0)
        _validity, offsets, data = lines.buffers()
        if data is None:
            continue
        wide = pa.types.is_large_string(lines.type)
        bounds = memoryview(offsets).cast("q" if wide else "i")
        yield bytes(memoryview(data)[bounds[lines.offset] : bounds[lines.offset + len(lines)]])


def write_csv(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """RFC 4180 with a heading; null is nothing, an empty text is two quotes."""
    sink = _Sink()
    with pyarrow.csv.CSVWriter(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
            yield from sink.pieces()
    yield from sink.pieces()


def write_arrow(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    sink = _Sink()
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
            yield from sink.pieces()
    yield from sink.pieces()


def write_parquet(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    sink = _Sink()
    with pyarrow.parquet.ParquetWriter(sink, schema, compression="snappy") as writer:
        for group in _groups(schema, batches):
            writer.write_table(group)
            yield from sink.pieces()
    yield from sink.pieces()


def write_xlsx(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """A workbook is known only at its end: it is written to disk row by row, then sent."""
    with tempfile.TemporaryFile() as file:
        _write_workbook(file, schema, batches)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _write_workbook(file: BinaryIO, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet("Plumbline")
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, schema.names, book.add_format({"bold": True}))
        row = 0
        for batch in batches:
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                row += 1
                if row == SHEET_ROWS:
                    raise TooManyRows
                sheet.write_row(row, 0, values)


def _groups(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches gathered into row groups of a size that readers like."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(part.num_rows for part in held) >= PARQUET_ROWS:
            yield pa.Table.from_batches(held, schema)
            held = []
    if held:
        yield pa.Table.from_batches(held, schema)


class _Sink(io.RawIOBase):
    """A file to write to whose bytes are taken away as they come."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._held.append(piece)
        self._written += len(piece)
        return len(piece)

    def pieces(self) -> Iterator[bytes]:
        held, self._held = self._held, []
        if held:
            yield b"".join(held)


FORMATS = {
    file_format.suffix: file_format
    for file_format in (
        Format("csv", "text/csv; charset=utf-8", "Comma-separated text.", text, write_csv),
        Format("ndjson", "application/x-ndjson", "A JSON object a line.", line, write_ndjson),
        Format(
            "parquet", "application/vnd.apache.parquet", "Apache Parquet.", native, write_parquet
        ),
        Format(
            "arrow",
            "application/vnd.apache.arrow.stream",
            "Apache Arrow, the streaming format.",
            native,
            write_arrow,
        ),
        Format(
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "An Excel workbook.",
            text,
            write_xlsx,
        ),
    )
}
