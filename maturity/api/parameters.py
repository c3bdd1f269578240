"""Read query parameters strictly: whatever is not understood is 400 naming the parameter."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError

MAX_INTEGER = 2**63 - 1
# What lies further away is a slip, and some calendars end there.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# A blank before the offset is a `+` that was not escaped.
_MOMENT = re.compile(
    r"(?P<moment>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)(?P<offset>Z|[ +-]\d{2}:?\d{2})",
    re.ASCII | re.IGNORECASE,
)


def refuse_unknown(query: QueryDict, known: Iterable[str]) -> None:
    """A misspelt filter must not read as no filter, nor a second value hide the first."""
    allowed = frozenset(known)
    for name, values in query.lists():
        if name not in allowed:
            raise invalid(name, _("There is no such parameter."), code="unknown_parameter")
        if len(values) > 1:
            raise invalid(name, _("Give this parameter once."), code="repeated_parameter")
        if "\x00" in values[0]:
            raise invalid(name, _("Null characters are not allowed."))


def integer(query: QueryDict, name: str, *, least: int = 0) -> int | None:
    """A whole number from `least` to 2^63 - 1, or None where the parameter is absent."""
    text = query.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"-?[0-9]+", text, re.ASCII):
        raise invalid(name, _("Give a whole number."))
    # Longer than any number in range; int() itself refuses thousands of digits.
    value = int(text) if len(text) <= len(str(MAX_INTEGER)) else MAX_INTEGER + 1
    if text.startswith("-") or value < least:
        raise invalid(name, _("Give at least %(least)s.") % {"least": least}, code="min_value")
    if value > MAX_INTEGER:
        raise invalid(name, _("Give less than 2^63."), code="max_value")
    return value


def page_size(query: QueryDict, name: str, *, default: int, maximum: int) -> int:
    """The wanted page size, at most `maximum`: a client that asks for more gets what there is."""
    text = query.get(name, "")
    if re.fullmatch(r"0*[1-9][0-9]*", text, re.ASCII) and len(text.lstrip("0")) > len(str(maximum)):
        return maximum
    value = integer(query, name, least=1)
    return default if value is None else min(value, maximum)


def moment(query: QueryDict, name: str) -> datetime | None:
    """A timestamp with its offset, in UTC, or None where the parameter is absent."""
    text = query.get(name)
    if text is None:
        return None
    form = _MOMENT.fullmatch(text)
    if form is None:
        raise invalid(
            name, _("Give a timestamp with its offset, like 2026-01-31T08:00:00.000000Z.")
        )
    offset = form["offset"].upper().replace(" ", "+")
    try:
        return datetime.fromisoformat(form["moment"].upper() + offset).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise invalid(name, _("There is no such moment.")) from error


def day(query: QueryDict, name: str) -> date | None:
    """A day between 1900 and 2199, or None where the parameter is absent."""
    text = query.get(name)
    if text is None:
        return None
    try:
        found = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None or not FIRST_DAY <= found <= LAST_DAY:
        raise invalid(name, _("Give a day between 1900 and 2199, like 2026-01-31."))
    return found


def invalid(name: str, message: str, *, code: str = "invalid") -> ValidationError:
    return ValidationError({name: [ErrorDetail(message, code=code)]})
