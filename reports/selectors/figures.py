"""Figures in words, written as the active language writes numbers."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from maturity.insights.evidence import percent

_PLACES = {"days": 0, "hours": 1, "wd": 1}
# How a figure is called that stands at a place of the evidence; symbols are called as they are.
NAMES: dict[str, str | Promise] = {
    "approval.A": "A",
    "T5_p": "p",
    "T5_ratio": gettext_lazy("ratio"),
    "backlog.share": gettext_lazy("share"),
    "backlog.pending": gettext_lazy("pending"),
    "grades_without_equivalent": gettext_lazy("grades without an equivalent"),
    "S2.moves": gettext_lazy("moves between PM and product ops"),
    "person_years": gettext_lazy("person-years"),
    "products": gettext_lazy("products"),
    "business_units": gettext_lazy("business units"),
    "experiments_finished_90d": gettext_lazy("experiments in 90 days"),
    "teams_running_experiments": gettext_lazy("teams"),
    "markets": gettext_lazy("markets"),
    "timezone_span_hours": gettext_lazy("hours between time zones"),
    "now.value": gettext_lazy("now"),
    "before.value": gettext_lazy("before"),
    "change": gettext_lazy("change"),
}
_ANSWERS = re.compile(r"(?:survey|S4)\.(?P<item>\w+)\.favourable")
# A figure that its check printed, perhaps as a bound.
_PRINTED = re.compile(r"[<>]? ?\d+\.\d+")


def amount(unit: str, value: float, *, signed: bool = False) -> str:
    """A figure of a benefit in its unit; a change of one carries its sign."""
    if unit == "share" and signed:
        return _("%(number)s points") % {"number": number(100 * value, 0, signed=True)}
    if unit == "share":
        return _("%(number)s%%") % {"number": percent(value)}
    shown = {"number": number(value, _PLACES.get(unit, 2), signed=signed)}
    match unit:
        case "days":
            return _("%(number)s days") % shown
        case "hours":
            return _("%(number)s h") % shown
        case "wd":
            return _("%(number)s wd") % shown
    return shown["number"]


def number(value: float, places: int, *, signed: bool = False) -> str:
    """A number with so many decimals, grouped; a sign before every one that moved, if asked."""
    text = formats.number_format(f"{value:.{places}f}", places, force_grouping=True)
    return f"+{text}" if signed and not text.startswith("-") else text


def in_words(value: Any) -> str:
    """A figure of any shape as a person reads it; nothing where there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        text = f"{value:.4g}"
        return text if "e" in text else formats.number_format(text)
    if isinstance(value, Mapping) and value.keys() == {"low", "high"}:
        value = [value["low"], value["high"]]
    if isinstance(value, Mapping):
        figures = ((_name(path), v) for path, v in value.items() if v is not None)
        return "; ".join(f"{name} {in_words(figure)}" for name, figure in figures)
    if isinstance(value, list | tuple):
        return _row_in_words(value)
    point = formats.get_format("DECIMAL_SEPARATOR") if _PRINTED.fullmatch(str(value)) else "."
    return str(value).replace(".", str(point))


def _name(path: str) -> str:
    if answers := _ANSWERS.fullmatch(path):
        return _("%(item)s favourable") % answers.groupdict()
    # A figure's text stands in its evidence under the figure's own name.
    return str(NAMES.get(path, path.removesuffix(".text")))


def _row_in_words(values: Sequence[Any]) -> str:
    """Two numbers are an interval, which may be open; anything else is a list."""
    numbers = all(each is None or isinstance(each, int | float) for each in values)
    if len(values) == 2 and numbers:
        low, high = (in_words(each) or "…" for each in values)
        return _("%(low)s to %(high)s") % {"low": low, "high": high}
    return ", ".join(in_words(each) for each in values)
