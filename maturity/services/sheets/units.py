"""Rows of the format `units` become versions of the unit tree."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from maturity.errors import DomainError
from maturity.services.sheets.base import Row, Tally
from maturity.services.unit_tree import Span, Tree


def load(tally: Tally, rows: Sequence[Row]) -> None:
    """Place every unit, in whatever order the rows come: parents may stand below their children."""
    tree = Tree(tally.organization)
    starts = _starts(rows)
    waiting = sorted(rows, key=lambda row: (row["valid_from"], row.line))
    while waiting:
        refused = [
            (row, error)
            for row in waiting
            if (error := _place(tally, tree, row, starts[row["unit_key"]])) is not None
        ]
        if len(refused) == len(waiting):
            break
        waiting = [row for row, _error in refused]
    tree.write()
    for row, error in refused if waiting else []:
        tally.refuse(row, "parent_key", str(error))


def _starts(rows: Sequence[Row]) -> dict[str, list[date]]:
    starts: dict[str, list[date]] = defaultdict(list)
    for row in rows:
        starts[row["unit_key"]].append(row["valid_from"])
    return starts


def _place(tally: Tally, tree: Tree, row: Row, starts: Sequence[date]) -> DomainError | None:
    """Place one unit and count it; return why not, where another row may still help."""
    key, start = row["unit_key"], row["valid_from"]
    later = [day for day in (*starts, *tree.starts(key)) if day > start]
    # An open row ends at the unit's next row, or at its next change on the record.
    span = Span(start, row["valid_until"] or min(later, default=date.max))
    name, parent = row["name"], row["parent_key"]
    if tree.says(key, span, name=name, parent=parent):
        tally.leave(row)
        return None
    known = start in tree.starts(key)
    try:
        tree.place(key, span, name=name, parent=parent)
    except DomainError as error:
        return error
    if known:
        tally.update(row)
    else:
        tally.accept(row)
    return None
