"""The functions of `$filter` that are offered, each as SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reports.feed.tables.base import Kind

ValueKind = Kind | Literal["null"]


@dataclass(frozen=True)
class Value:
    """An expression as SQL. `nullable`: it may be null; `literal`: it stood in the request."""

    sql: str
    kind: ValueKind
    parameters: tuple[Any, ...] = ()
    nullable: bool = False
    literal: bool = False


@dataclass(frozen=True)
class Function:
    """`takes` has the kinds that each argument may be of, `sql` a field for each."""

    takes: tuple[frozenset[ValueKind], ...]
    gives: Kind
    sql: str

    def accepts(self, arguments: Sequence[Value]) -> bool:
        return len(arguments) == len(self.takes) and all(
            argument.kind in kinds for argument, kinds in zip(arguments, self.takes, strict=True)
        )

    def __call__(self, arguments: Sequence[Value]) -> Value:
        return Value(
            self.sql.format(*(argument.sql for argument in arguments)),
            self.gives,
            tuple(value for argument in arguments for value in argument.parameters),
            nullable=any(argument.nullable for argument in arguments),
        )


_TEXT = frozenset[ValueKind]({"string"})
_NUMBER = frozenset[ValueKind]({"integer", "number"})
_WHOLE = frozenset[ValueKind]({"integer"})
_DAY = frozenset[ValueKind]({"date"})
_MOMENT = frozenset[ValueKind]({"moment"})
_IN_UTC = "({0} AT TIME ZONE 'UTC')"


def _part(name: str) -> str:
    return f"extract({name} FROM {_IN_UTC})"


# One name may have several forms; the first that takes the arguments is used. No template has an
# argument twice, or its parameters would be too few.
FUNCTIONS: dict[str, tuple[Function, ...]] = {
    "contains": (Function((_TEXT, _TEXT), "boolean", "(strpos({0}, {1}) > 0)"),),
    "startswith": (Function((_TEXT, _TEXT), "boolean", "starts_with({0}, {1})"),),
    "endswith": (Function((_TEXT, _TEXT), "boolean", "starts_with(reverse({0}), reverse({1}))"),),
    "tolower": (Function((_TEXT,), "string", "lower({0})"),),
    "toupper": (Function((_TEXT,), "string", "upper({0})"),),
    "trim": (Function((_TEXT,), "string", "btrim({0})"),),
    "length": (Function((_TEXT,), "integer", "char_length({0})::bigint"),),
    "indexof": (Function((_TEXT, _TEXT), "integer", "(strpos({0}, {1}) - 1)::bigint"),),
    "concat": (Function((_TEXT, _TEXT), "string", "({0} || {1})"),),
    "year": (
        Function((_DAY,), "integer", "extract(year FROM {0})::bigint"),
        Function((_MOMENT,), "integer", f"{_part('year')}::bigint"),
    ),
    "month": (
        Function((_DAY,), "integer", "extract(month FROM {0})::bigint"),
        Function((_MOMENT,), "integer", f"{_part('month')}::bigint"),
    ),
    "day": (
        Function((_DAY,), "integer", "extract(day FROM {0})::bigint"),
        Function((_MOMENT,), "integer", f"{_part('day')}::bigint"),
    ),
    "hour": (Function((_MOMENT,), "integer", f"{_part('hour')}::bigint"),),
    "minute": (Function((_MOMENT,), "integer", f"{_part('minute')}::bigint"),),
    "second": (Function((_MOMENT,), "integer", f"floor({_part('second')})::bigint"),),
    "fractionalseconds": (
        Function((_MOMENT,), "number", f"mod({_part('second')}, 1)::double precision"),
    ),
    "date": (Function((_MOMENT,), "date", f"{_IN_UTC}::date"),),
    "now": (Function((), "moment", "now()"),),
    "mindatetime": (Function((), "moment", "'0001-01-01T00:00:00Z'::timestamptz"),),
    "maxdatetime": (Function((), "moment", "'9999-12-31T23:59:59.999999Z'::timestamptz"),),
    "round": (Function((_NUMBER,), "number", "round(({0})::numeric)::double precision"),),
    "floor": (Function((_NUMBER,), "number", "floor(({0})::double precision)"),),
    "ceiling": (Function((_NUMBER,), "number", "ceil(({0})::double precision)"),),
}
