"""The system query options of a request, read strictly."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from reports.feed.odata.filters import compile_filter
from reports.feed.odata.functions import Value
from reports.feed.odata.model import KEY
from reports.feed.odata.refusals import NotUnderstood, unsupported
from reports.feed.tables import Column, Table

OF_SETS = ("$filter", "$select", "$orderby", "$top", "$skip", "$count", "$skiptoken", "$format")
OF_ENTITIES = ("$select", "$format")
OF_COUNTS = ("$filter",)
MAX_INTEGER = 2**63 - 1
_DIRECTIONS = {"": False, "asc": False, "desc": True}


@dataclass(frozen=True)
class Order:
    column: Column
    descending: bool


@dataclass(frozen=True)
class Options:
    """What was asked for. `selected` is None where every column is; `order` ends with the key."""

    filter: Value | None
    selected: tuple[Column, ...] | None
    order: tuple[Order, ...]
    top: int | None
    skip: int
    count: bool


def read_options(sent: Mapping[str, str], table: Table) -> Options:
    """Raises NotUnderstood naming the option."""
    text = sent.get("$filter")
    return Options(
        filter=None if text is None else compile_filter(text, table),
        selected=read_select(sent, table),
        order=_order(sent.get("$orderby"), table),
        top=_whole(sent, "$top"),
        skip=_whole(sent, "$skip") or 0,
        count=_boolean(sent, "$count"),
    )


def read_select(sent: Mapping[str, str], table: Table) -> tuple[Column, ...] | None:
    text = sent.get("$select")
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if "*" in names:
        return None
    return tuple(dict.fromkeys(_column(table, name, "$select") for name in names))


def refuse_unknown(names: Iterable[str], known: Iterable[str], also: Iterable[str]) -> None:
    """A misspelt option must not read as no option. `also` are parameters of our own."""
    for name in names:
        if name in known or name in also:
            continue
        if name.startswith("$"):
            raise unsupported(name, _("The query option %s here") % name)
        raise NotUnderstood(name, _("There is no such query option."), "unknown_option")


def read_key(text: str) -> int | None:
    """The id in `Scores(1)` or `Scores(id=1)`; None where it can be no row's."""
    form = re.fullmatch(rf"(?:{KEY}=)?([0-9]{{1,19}})", text.strip(), re.ASCII)
    if form is None or int(form[1]) > MAX_INTEGER:
        return None
    return int(form[1])


def _order(text: str | None, table: Table) -> tuple[Order, ...]:
    """Always by the key in the end: pages need one order, and no row twice."""
    orders: list[Order] = []
    for term in [] if text is None else text.split(","):
        name, _blank, direction = term.strip().partition(" ")
        if direction.strip().lower() not in _DIRECTIONS:
            raise unsupported("$orderby", _("Anything but a property with asc or desc"))
        descending = _DIRECTIONS[direction.strip().lower()]
        column = _column(table, name, "$orderby")
        if column not in [order.column for order in orders]:
            orders.append(Order(column, descending))
    key = _column(table, KEY, "$orderby")
    if key not in [order.column for order in orders]:
        orders.append(Order(key, descending=False))
    return tuple(orders)


def _column(table: Table, name: str, option: str) -> Column:
    for column in table.columns:
        if column.name == name:
            return column
    if re.search(r"[^\w]", name):
        raise unsupported(option, _("Anything but the names of properties"))
    raise NotUnderstood(option, _("There is no property %s.") % name, "unknown_property")


def _whole(sent: Mapping[str, str], name: str) -> int | None:
    text = sent.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        raise NotUnderstood(name, _("Give a whole number from 0 to 10^18."))
    return int(text)


def _boolean(sent: Mapping[str, str], name: str) -> bool:
    text = sent.get(name, "false")
    if text not in {"true", "false"}:
        raise NotUnderstood(name, _("Give true or false."))
    return text == "true"
