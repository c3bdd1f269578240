"""survey_responses, wide: one row per person, columns as the mapping says."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence

from maturity.sources import SIGNATURE, BadFileError, Fault, sheet_rows
from surveys.sources.answers import SOURCE, Answer, find_outside, number, split_groups
from surveys.sources.mapping import Item, Mapping, Meaning

# What does not count as a tick in a one-hot column.
UNTICKED = frozenset({"", "0", "false", "no", "n"})


def read_wide(
    data: bytes, mapping: Mapping, *, on_fault: Callable[[Fault], None]
) -> Iterator[Answer]:
    """The good answers of a wide file; `on_fault` hears of cells and rows that are not.

    A row whose person, round or groups cannot be read is set aside whole.
    """
    for place, (line, row) in enumerate(_rows(data, mapping), start=1):
        try:
            if len(row) < mapping.last_column:
                raise _BadCell("", f"has {len(row)} columns, the mapping needs more")
            yield from _answers(line, place, row, mapping, on_fault)
        except _BadCell as fault:
            on_fault(Fault(line, fault.column, fault.reason, ""))


class _BadCell(Exception):
    """One cell, or the row, cannot be read."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def _rows(data: bytes, mapping: Mapping) -> Iterator[tuple[int, list[str]]]:
    """The rows below the header that say anything, each with its line or row number."""
    heads, width = int(mapping.header_rows), 0
    records = _of_workbook(data, mapping) if data.startswith(SIGNATURE) else _of_text(data)
    for line, row in records:
        if heads:
            heads, width = heads - 1, len(row)
            continue
        if any(cell.strip() for cell in row) and line not in mapping.drop_rows:
            yield line, row
    if not width:
        raise BadFileError("the file is empty")


def _of_workbook(data: bytes, mapping: Mapping) -> Iterator[tuple[int, list[str]]]:
    for place, row in sheet_rows(io.BytesIO(data), sheet=SOURCE.name):
        # Empty cells at a row's end are not in the file at all.
        yield place, row + [""] * (mapping.last_column - len(row))


def _of_text(data: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise BadFileError(f"line {line} is not UTF-8") from exc
    reader, line = csv.reader(io.StringIO(text, newline=""), strict=True), 1
    try:
        for row in reader:
            first, line = line, reader.line_num + 1
            yield first, row
    except csv.Error as exc:
        raise BadFileError(f"line {reader.line_num}: {exc}") from exc


def _answers(
    line: int,
    place: int,
    row: Sequence[str],
    mapping: Mapping,
    on_fault: Callable[[Fault], None],
) -> Iterator[Answer]:
    round_key = mapping.round_key or _key(row, mapping.round_column, "round")
    # Without a column for it a person is a row: stable while the file stays as it is.
    column = mapping.respondent_column
    respondent = f"row {place}" if column is None else _key(row, column, "respondent")
    groups = _groups(row, mapping)
    for where, item, cell in _cells(row, mapping):
        try:
            meaning = _meaning(cell, item, mapping)
        except _BadCell as fault:
            on_fault(Fault(line, where, fault.reason, ""))
            continue
        if meaning is not None:
            yield Answer(
                line,
                round_key,
                respondent,
                item.item_key,
                None if meaning == "na" else float(meaning),
                groups,
                (item.scale_min, item.scale_max, item.reverse),
            )


def _key(row: Sequence[str], column: int | None, what: str) -> str:
    text = row[(column or 1) - 1].strip()
    if not text or len(text) > 200 or not text.isprintable():
        raise _BadCell(str(column), f"is no {what}")
    return text


def _groups(row: Sequence[str], mapping: Mapping) -> tuple[str, ...]:
    texts = [row[column - 1] for column in mapping.groups]
    texts += [key for column, key in mapping.one_hot_groups.items() if _ticked(row, column)]
    try:
        return split_groups("|".join(texts))
    except ValueError as exc:
        raise _BadCell("groups", str(exc)) from exc


def _cells(row: Sequence[str], mapping: Mapping) -> Iterator[tuple[str, Item, str | Meaning]]:
    for column, item in mapping.items.items():
        yield str(column), item, row[column - 1].strip()
    for merged in mapping.one_hot_items:
        ticked = [value for column, value in merged.columns.items() if _ticked(row, column)]
        place = ", ".join(map(str, merged.columns))
        yield place, merged, ticked[0] if len(ticked) == 1 else "ticked twice" if ticked else ""


def _ticked(row: Sequence[str], column: int) -> bool:
    return row[column - 1].strip().lower() not in UNTICKED


def _meaning(cell: str | Meaning, item: Item, mapping: Mapping) -> Meaning | None:
    """The number a cell stands for; None: left open."""
    if cell == "":
        return None
    meaning: str | Meaning = cell
    if isinstance(cell, str):
        meaning = item.labels.get(cell, mapping.labels.get(cell, cell))
    if meaning == "na":
        return "na"
    try:
        value = float(meaning) if isinstance(meaning, float) else number(str(meaning))
    except ValueError:
        raise _BadCell("", "is neither a number nor a label of the mapping") from None
    if reason := find_outside(item.scale_min, item.scale_max, value):
        raise _BadCell("", reason)
    return value
