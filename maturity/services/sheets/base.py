"""What every spreadsheet's import shares: rows, and the count of what became of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from maturity.errors import DomainError
from maturity.models import ImportRun, Organization, User
from maturity.services.stored import ACCEPTED, UNCHANGED, UPDATED
from maturity.sources import Fault, TableReader


@dataclass(frozen=True)
class Row:
    """One good row of a file: its values by column, and those that identify it."""

    line: int
    values: dict[str, Any]
    key: tuple[Any, ...]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]


class Tally:
    """Writes down what became of the rows, and knows what a loader needs besides them."""

    def __init__(
        self, run: ImportRun, reader: TableReader, set_aside: Callable[[Fault], None]
    ) -> None:
        self.organization: Organization = run.organization
        self.by: User | None = run.by
        self.file_name = run.file_name
        self.has_column = reader.has_column
        self.outcomes: dict[int, str] = {}
        self._shows_values = reader.source.shows_values
        self._set_aside = set_aside

    def accept(self, row: Row) -> None:
        """Count a row as new."""
        self.count(row, ACCEPTED)

    def update(self, row: Row) -> None:
        """Count a row whose values changed something."""
        self.count(row, UPDATED)

    def leave(self, row: Row) -> None:
        """Count a row that stands already, or that a later one takes back."""
        self.count(row, UNCHANGED)

    def count(self, row: Row, outcome: str) -> None:
        """Write down what became of a row: ACCEPTED, UPDATED or UNCHANGED."""
        self.outcomes[row.line] = outcome

    def refuse(self, row: Row, column: str, reason: str) -> None:
        raw = ",".join("" if v is None else str(v) for v in row.values.values())
        self._set_aside(Fault(row.line, column, reason, raw if self._shows_values else ""))

    @contextmanager
    def refusals(self, row: Row, columns: dict[str, str] | None = None) -> Iterator[None]:
        """Undo what the block wrote, and set the row aside, where a service refuses it.

        `columns` says which column of the file holds a field that the service names.
        """
        named = columns or {}
        try:
            with transaction.atomic():
                yield
        except DomainError as error:
            self.refuse(row, "", str(error))
        except ValidationError as error:
            self.refuse_for(row, error, named)

    def refuse_for(self, row: Row, error: ValidationError, columns: dict[str, str]) -> None:
        """Set a row aside for what a service told; see refusals()."""
        self.refuse(row, *_told(error, row, columns))


Load = Callable[[Tally, Sequence[Row]], None]


def _told(error: ValidationError, row: Row, columns: dict[str, str]) -> tuple[str, str]:
    if not hasattr(error, "error_dict"):
        return "", " ".join(error.messages)
    field, messages = next(iter(error.message_dict.items()))
    column = columns.get(field, field)
    return (column if column in row.values else ""), " ".join(messages)
