"""What became of the rows of an import that were good."""

from dataclasses import dataclass
from datetime import datetime

ACCEPTED, UPDATED, UNCHANGED = "accepted", "updated", "unchanged"


@dataclass(frozen=True)
class Stored:
    """The three counts of good rows, and the moment of the record they were written at.

    `notes` are sentences for whoever brought the file. `rows` says what became of each one,
    (line, status), where that was asked for.
    """

    accepted: int
    updated: int
    unchanged: int
    stamp: datetime | None
    notes: tuple[str, ...] = ()
    rows: tuple[tuple[int, str], ...] = ()
