"""Spreadsheets: rows of people, units, levels and targets go through their nouns' services."""

from collections import Counter
from collections.abc import Callable

from django.db import transaction

from maturity.models import ImportRun
from maturity.services.record import record_lock
from maturity.services.sheets import assessments, roster, targets, units
from maturity.services.sheets.base import Load, Row, Tally
from maturity.services.stored import ACCEPTED, UNCHANGED, UPDATED, Stored
from maturity.sources import BadFileError, Fault, TableReader

# Every row is compared with the record in memory.
MAX_ROWS = 200_000

LOADS: dict[str, Load] = {
    "assessments": assessments.load,
    "roster": roster.load,
    "targets": targets.load,
    "units": units.load,
}


def store_sheet(
    run: ImportRun,
    reader: TableReader,
    *,
    dry_run: bool,
    set_aside: Callable[[Fault], None],
    on_rows: Callable[[int], None],
    each_row: bool = False,
) -> Stored:
    """Hand a file's rows to the services of their format. A dry run does the same and undoes it.

    Of rows with the same identity the last one counts, the earlier ones are unchanged.
    `each_row` also tells what became of every row: for small files only.
    """
    rows = _rows(reader)
    on_rows(len(rows))
    tally = Tally(run, reader, set_aside)
    with transaction.atomic():
        stamp = record_lock(run.organization)
        last = {row.key: row for row in rows}
        for row in rows:
            if last[row.key] is not row:
                tally.leave(row)
        LOADS[run.format](tally, list(last.values()))
        if dry_run:
            transaction.set_rollback(True)
    counts = Counter(tally.outcomes.values())
    return Stored(
        counts[ACCEPTED],
        counts[UPDATED],
        counts[UNCHANGED],
        None if dry_run else stamp,
        rows=tuple(tally.outcomes.items()) if each_row else (),
    )


def _rows(reader: TableReader) -> list[Row]:
    names, keys = reader.source.names, reader.source.keys
    rows: list[Row] = []
    for line, *values in reader:
        content = dict(zip(names, values, strict=True))
        rows.append(Row(int(str(line)), content, tuple(content[key] for key in keys)))
        if len(rows) > MAX_ROWS:
            raise BadFileError(f"the file has more than {MAX_ROWS} rows; split it")
    return rows
