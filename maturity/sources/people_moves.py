"""One person's move: hired, gone, promoted, or into another role at the same level."""

from maturity.sources.base import Column, RowRule, Source
from maturity.sources.kinds import DAY, FUNCTION, KEY, one_of

MOVES = ("lateral", "promotion", "exit", "hire")


def _comes_from(kind: str, from_function: str | None) -> str | None:
    if kind == "hire" and from_function is not None:
        return "is given although the person was hired from outside"
    if kind != "hire" and from_function is None:
        return f"is empty although kind is {kind}"
    return None


def _goes_to(kind: str, to_function: str | None) -> str | None:
    if kind == "exit" and to_function is not None:
        return "is given although the person left"
    if kind != "exit" and to_function is None:
        return f"is empty although kind is {kind}"
    return None


SOURCE = Source(
    name="people_moves",
    columns=(
        Column("person_key", KEY, key=True),
        Column("effective_on", DAY, key=True),
        Column("kind", one_of(*MOVES, noun="kind"), key=True),
        Column("from_function", FUNCTION, optional=True),
        Column("to_function", FUNCTION, optional=True),
        Column("from_grade", KEY, optional=True),
        Column("to_grade", KEY, optional=True),
    ),
    rules=(
        RowRule(("kind", "from_function"), _comes_from),
        RowRule(("kind", "to_function"), _goes_to),
    ),
)
