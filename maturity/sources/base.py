"""What a format is: its columns as data, the rules between columns, and what a fault looks like."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from maturity.sources.kinds import Kind


class BadFileError(Exception):
    """The file as a whole cannot be trusted, so none of it is taken. The message says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One row that was set aside. Lines count from 1, the header; "" is the row as a whole."""

    line: int
    column: str
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a format.

    An `optional` value may be empty and is then None, never a default. Every column must stand
    in the header, so that "nobody knows" and "was not exported" stay apart; `may_be_absent`
    marks the few that the format's definition lets go.
    """

    name: str
    kind: Kind
    key: bool = False
    optional: bool = False
    may_be_absent: bool = False

    def convert(self, text: str) -> object:
        """Return a trimmed text's value, None for an empty optional one, or raise ValueError."""
        if text:
            return self.kind.convert(text)
        if self.optional:
            return None
        raise ValueError("is empty")


@dataclass(frozen=True, slots=True)
class RowRule:
    """A rule between columns: `find` gets their values and returns what is wrong, or None.

    The fault is reported at the last of the columns.
    """

    columns: tuple[str, ...]
    find: Callable[..., str | None]


@dataclass(frozen=True, slots=True)
class Source:
    """One import format. `shows_values` is false where faults must not repeat what people said.

    `settled` is a column that a row's later versions must not change: another value is a row of
    another kind, which would take the place of the first one.
    """

    name: str
    columns: tuple[Column, ...]
    rules: tuple[RowRule, ...] = ()
    shows_values: bool = True
    settled: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that identify a row."""
        return tuple(column.name for column in self.columns if column.key)

    @property
    def values(self) -> tuple[str, ...]:
        """The columns that may change from one version of a row to the next."""
        return tuple(column.name for column in self.columns if not column.key)


def not_before(earlier: str, later: str) -> RowRule:
    """`later` must not lie before `earlier`; an empty one settles nothing."""

    def find(first: date | None, second: date | None) -> str | None:
        if first is not None and second is not None and second < first:
            return f"is before {earlier}"
        return None

    return RowRule((earlier, later), find)
