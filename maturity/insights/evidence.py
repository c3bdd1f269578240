"""How figures are written down: plain JSON values, bands for few people, words for texts."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from maturity.insights.working_time import HOURS_PRINTED_PER_DAY

FEW_PEOPLE = 5
DECIMALS = 6


def plain(value: Any) -> Any:
    """Return figures as JSON values: dates in ISO form, numbers rounded, tuples as lists."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float | Decimal):
        return round(float(value), DECIMALS)
    return value


def people(count: float) -> int | str:
    """Return a number of people, or a band where so few could be recognised."""
    return int(count) if count >= FEW_PEOPLE else f"<{FEW_PEOPLE}"


def people_in_words(count: float) -> str:
    """Return a number of people for a sentence, e.g. "12" or "fewer than 5"."""
    return f"{int(count)}" if count >= FEW_PEOPLE else f"fewer than {FEW_PEOPLE}"


def some_in_words(count: int) -> str:
    """Return a count of people's acts for a sentence; nothing is hidden where there are none."""
    return people_in_words(count) if count else "0"


def plural(count: float, one: str, many: str) -> str:
    """Return a counted noun, e.g. "1 request" or "2 requests"."""
    return f"{count:g} {one if count == 1 else many}"


def percent(share: float) -> str:
    """Return a share as whole percent, without the sign; what is not whole never reads 0 or 100."""
    rounded = round(100 * share)
    if rounded == 0 and share > 0:
        return "<1"
    if rounded == 100 and share < 1:
        return ">99"
    return f"{rounded}"


def wait(working_days: float) -> str:
    """Return a wait in working days and working hours, e.g. "2.5 wd (20 working hours)"."""
    hours = round(working_days * HOURS_PRINTED_PER_DAY)
    return f"{working_days:.1f} wd ({plural(hours, 'working hour', 'working hours')})"


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Return names as a list in a sentence, e.g. "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
