"""How figures are written down: plain JSON values, bands for few people, figures for texts."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from maturity.insights.phrases import Number, Phrase, Value, nphrase, phrase, render
from maturity.insights.working_time import HOURS_PRINTED_PER_DAY

FEW_PEOPLE = 5
DECIMALS = 6


def plain(value: Any) -> Any:
    """Return figures as JSON values: dates in ISO form, numbers rounded, phrases in English."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Phrase):
        return render(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float | Decimal):
        return round(float(value), DECIMALS)
    return value


def people(count: float) -> int | str:
    """Return a number of people, or a band where so few could be recognised."""
    return int(count) if count >= FEW_PEOPLE else f"<{FEW_PEOPLE}"


def people_in_words(count: float) -> Value:
    """Return a number of people for a sentence, e.g. "12" or "fewer than 5"."""
    if count >= FEW_PEOPLE:
        return Number(f"{int(count)}")
    return phrase("fewer than %(number)s", number=FEW_PEOPLE)


def some_in_words(count: int) -> Value:
    """Return a count of people's acts for a sentence; nothing is hidden where there are none."""
    return people_in_words(count) if count else Number("0")


def percent(share: float) -> str:
    """Return a share as whole percent, without the sign; what is not whole never reads 0 or 100."""
    rounded = round(100 * share)
    if rounded == 0 and share > 0:
        return "<1"
    if rounded == 100 and share < 1:
        return ">99"
    return f"{rounded}"


def in_percent(share: float) -> Number:
    """Return a share as whole percent for a sentence, e.g. "<1%"."""
    return Number(f"{percent(share)}%")


def fixed(value: float, places: int) -> Number:
    """Return a figure with so many decimals for a sentence."""
    return Number(f"{value:.{places}f}")


def short(value: float) -> Number:
    """Return a figure without needless decimals for a sentence, e.g. "8" or "7.5"."""
    return Number(f"{value:g}")


def wait(working_days: float) -> Phrase:
    """Return a wait in working days and working hours, e.g. "2.5 wd (20 working hours)"."""
    return nphrase(
        "%(days)s wd (%(count)s working hour)",
        "%(days)s wd (%(count)s working hours)",
        round(working_days * HOURS_PRINTED_PER_DAY),
        days=fixed(working_days, 1),
    )
