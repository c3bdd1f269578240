"""When a series comes back: RFC 5545 rules over local days, never over hours.

A rule names days; the hour is each person's own. So no change of clocks can move an opening,
drop it or double it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import dropwhile, islice
from typing import Literal, Self

from dateutil.rrule import rrule, rrulestr

# Not daily: no survey comes back within the minimum gap.
FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY")
DAY_PARTS = ("BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS")
KNOWN = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", *DAY_PARTS)
PART = re.compile(r"([A-Z]+)=([A-Z0-9,+-]+)")
MOST = {"INTERVAL": 400, "COUNT": 1_000}
# A rule such as 30 February is never met; the search for a day must end.
LOOKED_THROUGH = timedelta(days=366 * 9)


RuleFault = Literal[
    "no_part", "no_such_part", "twice", "frequency", "number", "until", "several", "never", "unread"
]


class BadRule(ValueError):
    """The text is no rule that a series can follow.

    `fault` says what is wrong with it, `figures` where; the sentence is for who knows the reader's
    language.
    """

    def __init__(self, fault: RuleFault, **figures: str | int) -> None:
        super().__init__(fault, figures)
        self.fault = fault
        self.figures = figures


@dataclass(frozen=True)
class Recurrence:
    """A validated rule: `text` without its ends, which dateutil would search for too long."""

    text: str
    count: int | None = None
    until: date | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rule, with or without "RRULE:" before it. Raises BadRule."""
        parts = _parts(text)
        for name, most in MOST.items():
            value = parts.get(name, "1")
            if not value.isdecimal() or not 1 <= int(value) <= most:
                raise BadRule("number", name=name, most=most)
        count = parts.pop("COUNT", None)
        until = _until(parts.pop("UNTIL", None))
        rule = ";".join(f"{name}={value}" for name, value in parts.items())
        recurrence = cls(rule, int(count) if count else None, until)
        try:
            first = next(cls(rule).days(date(2024, 1, 1)), None)
        except (ValueError, OverflowError, TypeError, KeyError, IndexError) as error:
            raise BadRule("unread", error=str(error)) from error
        if first is None:
            raise BadRule("never")
        return recurrence

    def days(self, starts_on: date, *, after: date | None = None) -> Iterator[date]:
        """The days of the series from its first one on; `after`: only later ones than that."""
        last = max(starts_on, after or starts_on) + LOOKED_THROUGH
        if self.until is not None:
            last = min(last, self.until)
        rule = rrulestr(self.text, dtstart=datetime.combine(starts_on, time()))
        if not isinstance(rule, rrule):
            raise BadRule("several")
        moments = iter(rule.replace(until=datetime.combine(last, time())))
        days = (moment.date() for moment in islice(moments, self.count))
        return dropwhile(lambda day: after is not None and day <= after, days)

    def next_days(self, starts_on: date, *, after: date, count: int) -> list[date]:
        """At most `count` days later than `after`, for a preview."""
        return list(islice(self.days(starts_on, after=after), count))


def _parts(text: str) -> dict[str, str]:
    rule = text.strip().upper().removeprefix("RRULE:").rstrip(";")
    parts: dict[str, str] = {}
    for part in rule.split(";"):
        found = PART.fullmatch(part)
        if found is None:
            raise BadRule("no_part", part=part[:40])
        name, value = found.groups()
        if name not in KNOWN:
            raise BadRule("no_such_part", name=name[:20], known=", ".join(KNOWN))
        if name in parts:
            raise BadRule("twice", name=name)
        parts[name] = value
    if parts.get("FREQ") not in FREQUENCIES:
        raise BadRule("frequency", known=", ".join(FREQUENCIES))
    return parts


def _until(value: str | None) -> date | None:
    """A day is a day on the organisation's calendar, whatever hour stands behind it."""
    if value is None:
        return None
    try:
        return datetime.strptime(value[:8], "%Y%m%d").date()  # noqa: DTZ007  # a day, no moment
    except ValueError as error:
        raise BadRule("until") from error
