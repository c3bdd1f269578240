"""From the text of a `$filter` to its syntax tree, within bounds."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from odata_query import ast
from odata_query.exceptions import (
    ArgumentCountException,
    ODataSyntaxError,
    UnknownFunctionException,
)
from odata_query.grammar import ODataLexer, ODataParser

from reports.feed.odata.refusals import NotUnderstood, unsupported

FILTER = "$filter"
MOST_TOKENS = 2_000

_LITERALS = frozenset({"NULL", "STRING", "DATETIME", "DATE", "DECIMAL", "INTEGER", "BOOLEAN"})
# Refused before the grammar sees them, with the words of whoever wrote them.
_REFUSED = {
    "ANY": "The operator any",
    "ALL": "The operator all",
    "/": "A path to another entity",
    ":": "A lambda expression",
    "=": "A named parameter",
    "GUID": "A literal of type Edm.Guid",
    "GEOGRAPHY": "A literal of type Edm.Geography",
    "DURATION": "A literal of type Edm.Duration",
    "TIME": "A literal of type Edm.TimeOfDay",
    "ADD": "The operator add",
    "SUB": "The operator sub",
    "MUL": "The operator mul",
    "DIV": "The operator div",
    "MOD": "The operator mod",
    "UMINUS": "The operator -",
}


def parse(text: str) -> ast._Node:
    """The syntax tree of a filter. Raises NotUnderstood."""
    if "\x00" in text:
        raise NotUnderstood(FILTER, _("Null characters are not allowed."))
    try:
        tokens = _bounded(ODataLexer().tokenize(text.strip()))
        tree = ODataParser().parse(_with_lists(tokens))
    except UnknownFunctionException as error:
        raise unsupported(FILTER, _("The function %s") % error.function_name) from error
    except ArgumentCountException as error:
        raise NotUnderstood(FILTER, str(error), "argument_count") from error
    except ODataSyntaxError as error:
        raise NotUnderstood(FILTER, _not_understood(error, text), "syntax") from error
    if not isinstance(tree, ast._Node):
        raise NotUnderstood(FILTER, _("This is no expression."), "syntax")
    return tree


def _bounded(tokens: Iterator[Any]) -> list[Any]:
    held = list(islice(tokens, MOST_TOKENS + 1))
    if len(held) > MOST_TOKENS:
        raise NotUnderstood(FILTER, _("This filter is too long."), "too_complex")
    for token in held:
        if token.type in _REFUSED:
            raise unsupported(FILTER, _REFUSED[token.type])
    return held


def _with_lists(tokens: list[Any]) -> Iterator[Any]:
    """`in ('a')` is a list with one item; the grammar takes it for one with a comma alone."""
    shape: list[str] = []
    for token in tokens:
        if token.type == "WS" and shape:
            yield token
            continue
        if token.type == ")" and shape == ["IN", "(", "literal"]:
            yield _comma(token)
        kind = "literal" if token.type in _LITERALS else token.type
        shape = [*shape, kind] if [*shape, kind] in _BEGINNINGS else []
        yield token


_BEGINNINGS: Iterable[list[str]] = (["IN"], ["IN", "("], ["IN", "(", "literal"])


def _comma(before: Any) -> Any:
    comma = type(before)()
    comma.type = comma.value = ","
    comma.lineno, comma.index = before.lineno, before.index
    return comma


def _not_understood(error: ODataSyntaxError, text: str) -> str:
    token = getattr(error, "token", None)
    if token is None:
        return _("This filter ends too early.")
    rest = text.strip()[token.index :][:40]
    return _("This is not understood: %s") % rest
