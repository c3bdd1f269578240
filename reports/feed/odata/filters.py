"""A `$filter` as SQL: names become the feed's columns, everything else a parameter.

Nothing of the client's text reaches the SQL. Comparisons have two values, as OData wants: null is
less or greater than nothing and equals only null; functions of null are null.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from django.utils.translation import gettext as _
from odata_query import ast
from odata_query.visitor import NodeVisitor

from reports.feed.odata.functions import FUNCTIONS, Value, ValueKind
from reports.feed.odata.model import EDM
from reports.feed.odata.refusals import NotUnderstood, unsupported
from reports.feed.odata.syntax import FILTER, parse
from reports.feed.tables import Table
from reports.feed.tables.base import Kind

MOST_DEPTH = 40
MAX_INTEGER = 2**63 - 1

_EQUALITY = {ast.Eq: ("=", "IS NOT DISTINCT FROM"), ast.NotEq: ("<>", "IS DISTINCT FROM")}
_ORDER = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_NAMES = {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge"}
_CASTS: dict[Kind, str] = {
    "integer": "bigint",
    "number": "double precision",
    "string": "text",
    "boolean": "boolean",
    "date": "date",
    "moment": "timestamptz",
}
_NULL = Value("NULL", "null", nullable=True, literal=True)


def compile_filter(text: str, table: Table) -> Value:
    """The condition of a filter over the columns of `t`. Raises NotUnderstood."""
    value = Compiler(table).visit(parse(text))
    if value.kind != "boolean":
        raise _mismatch(_("A filter is a condition, not a value of type %s.") % _named(value.kind))
    return value


class Compiler(NodeVisitor):
    """Gives a Value for every node that is offered; the others are refused by name."""

    def __init__(self, table: Table) -> None:
        self.columns = {column.name: column for column in table.columns}
        self.depth = 0

    def visit(self, node: ast._Node) -> Value:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise NotUnderstood(FILTER, _("This filter is nested too deeply."), "too_complex")
        value: Value = super().visit(node)
        self.depth -= 1
        return value

    def generic_visit(self, node: ast._Node) -> Value:
        raise unsupported(FILTER, type(node).__name__)

    def visit_Identifier(self, node: ast.Identifier) -> Value:  # noqa: N802
        column = self.columns.get(_full(node))
        if column is None:
            raise NotUnderstood(
                FILTER, _("There is no property %s.") % _full(node), "unknown_property"
            )
        return Value(f't."{column.name}"', column.kind, nullable=column.nullable)

    def visit_Null(self, node: ast.Null) -> Value:  # noqa: N802
        return _NULL

    def visit_Integer(self, node: ast.Integer) -> Value:  # noqa: N802
        return _literal("integer", _whole(node.val))

    def visit_Float(self, node: ast.Float) -> Value:  # noqa: N802
        return _literal("number", float(node.val))

    def visit_Boolean(self, node: ast.Boolean) -> Value:  # noqa: N802
        return _literal("boolean", node.py_val)

    def visit_String(self, node: ast.String) -> Value:  # noqa: N802
        return _literal("string", node.val)

    def visit_Date(self, node: ast.Date) -> Value:  # noqa: N802
        return _literal("date", _read(date.fromisoformat, node.val))

    def visit_DateTime(self, node: ast.DateTime) -> Value:  # noqa: N802
        return _literal("moment", _read(_moment, node.val.upper()))

    def visit_BoolOp(self, node: ast.BoolOp) -> Value:  # noqa: N802
        word = "AND" if isinstance(node.op, ast.And) else "OR"
        parts = [self._condition(part, word.lower()) for part in _chain(node)]
        return _joined(f" {word} ", parts)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Value:  # noqa: N802
        operand = self._condition(node.operand, "not")
        return Value(f"(NOT {operand.sql})", "boolean", operand.parameters, operand.nullable)

    def visit_Compare(self, node: ast.Compare) -> Value:  # noqa: N802
        if isinstance(node.comparator, ast.In):
            return self._among(node)
        left, right = self.visit(node.left), self.visit(node.right)
        _fit(left.kind, right.kind)
        kind = type(node.comparator)
        if kind in _EQUALITY:
            return _equal(left, right, *_EQUALITY[kind])
        if "boolean" in {left.kind, right.kind}:
            raise unsupported(FILTER, _("%s between Edm.Boolean") % _NAMES[kind])
        return _two_valued(left, right, f"({left.sql} {_ORDER[kind]} {right.sql})")

    def visit_Call(self, node: ast.Call) -> Value:  # noqa: N802
        name = _full(node.func)
        arguments = [self.visit(argument) for argument in node.args]
        if name == "substring":
            return _substring(arguments)
        if name not in FUNCTIONS:
            raise unsupported(FILTER, _("The function %s") % name)
        for function in FUNCTIONS[name]:
            if function.accepts(arguments):
                return function(arguments)
        given = ", ".join(_named(argument.kind) for argument in arguments)
        raise _mismatch(
            _("The function %(name)s does not take (%(given)s).") % {"name": name, "given": given}
        )

    def _condition(self, node: ast._Node, operator: str) -> Value:
        value = self.visit(node)
        if value.kind == "null":
            return Value("NULL::boolean", "boolean", nullable=True)
        if value.kind != "boolean":
            raise _mismatch(
                _("%(operator)s joins conditions, not a value of type %(kind)s.")
                % {"operator": operator, "kind": _named(value.kind)}
            )
        return value

    def _among(self, node: ast.Compare) -> Value:
        """`x in (1, 2, null)`: equal to one of them."""
        left = self.visit(node.left)
        listed = node.right.val if isinstance(node.right, ast.List) else []
        items = [self.visit(item) for item in listed]
        for item in items:
            if not item.literal:
                raise unsupported(FILTER, _("A list of anything but literals"))
            _fit(left.kind, item.kind)
        parts = [_equal(left, item, *_EQUALITY[ast.Eq]) for item in items]
        return _joined(" OR ", parts)


def _full(node: ast.Identifier) -> str:
    return ".".join((*node.namespace, node.name))


def _chain(node: ast.BoolOp) -> list[ast._Node]:
    """The operands of `a and b and c …`, however many, without going down for each."""
    parts: list[ast._Node] = []
    waiting: list[ast._Node] = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.BoolOp) and part.op == node.op:
            waiting += [part.right, part.left]
        else:
            parts.append(part)
    return parts


def _joined(word: str, parts: list[Value]) -> Value:
    return Value(
        f"({word.join(part.sql for part in parts)})",
        "boolean",
        tuple(value for part in parts for value in part.parameters),
        nullable=any(part.nullable for part in parts),
    )


def _equal(left: Value, right: Value, plain: str, with_nulls: str) -> Value:
    operator = with_nulls if left.nullable or right.nullable else plain
    sql = f"({left.sql} {operator} {right.sql})"
    return Value(sql, "boolean", left.parameters + right.parameters)


def _two_valued(left: Value, right: Value, sql: str) -> Value:
    if left.nullable or right.nullable:
        sql = f"coalesce({sql}, FALSE)"
    return Value(sql, "boolean", left.parameters + right.parameters)


def _substring(arguments: list[Value]) -> Value:
    text, *bounds = arguments
    if text.kind != "string" or any(
        not bound.literal or bound.kind != "integer" or not 0 <= bound.parameters[0] < 2**31 - 1
        for bound in bounds
    ):
        raise _mismatch(_("The function substring takes a text and one or two whole numbers."))
    start, *length = (bound.parameters[0] for bound in bounds)
    sql = f"substr({text.sql}, %s::int{', %s::int' if length else ''})"
    return Value(sql, "string", (*text.parameters, start + 1, *length), text.nullable)


def _literal(kind: Kind, value: Any) -> Value:
    return Value(f"%s::{_CASTS[kind]}", kind, (value,), literal=True)


def _whole(text: str) -> int:
    # Longer than any number in range; int() itself refuses thousands of digits.
    if len(text) > len(str(MAX_INTEGER)) + 1 or abs(int(text)) > MAX_INTEGER:
        raise NotUnderstood(FILTER, _("A whole number is less than 2^63."), "bad_literal")
    return int(text)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


def _read(reader: Callable[[str], Any], text: str) -> Any:
    try:
        return reader(text)
    except (ValueError, OverflowError) as error:
        message = _("%s is no date, and no moment with its offset.") % text
        raise NotUnderstood(FILTER, message, "bad_literal") from error


def _fit(left: ValueKind, right: ValueKind) -> None:
    numbers = {"integer", "number"}
    if left == right or "null" in {left, right} or {left, right} <= numbers:
        return
    raise _mismatch(
        _("%(left)s and %(right)s cannot be compared.")
        % {"left": _named(left), "right": _named(right)}
    )


def _named(kind: ValueKind) -> str:
    return "null" if kind == "null" else EDM[kind]


def _mismatch(message: str) -> NotUnderstood:
    return NotUnderstood(FILTER, message, "type_mismatch")
