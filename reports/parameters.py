"""What a page's address says: the time axes, a period, a unit, and which rows one wants."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import BadRequest
from django.utils import timezone

from maturity.sources.kinds import DAY, MOMENT, one_of
from reports.selectors.portfolio import Wanted
from reports.selectors.rollup import TreeOf
from reports.selectors.verdicts import READINESS

SEARCH_LENGTH = 200
# What every page understands, so that a link from one to the next keeps it.
EVERYWHERE = ("from", "to", "as_of", "known_at", "unit")


@dataclass(frozen=True)
class When:
    """What a page is asked to show; `is_past` where the address says what was known when.

    `today` is the day of `known_at` where the organisation is.
    `since` and `until` (inclusive) bound what moved; without them it is the page's to choose.
    `unit` is a unit's key, empty for the whole organisation.
    """

    as_of: date
    known_at: datetime
    today: date
    tree: TreeOf
    is_past: bool
    since: date | None
    until: date
    unit: str

    @property
    def is_now(self) -> bool:
        """Whether it shows today by what is known now; only then is there an open wave to tell."""
        return not self.is_past and self.stands_on is None

    @property
    def stands_on(self) -> date | None:
        """The day it shows, where that is another one than the day it is known at."""
        return None if self.as_of == self.today else self.as_of

    def said_known_at(self, recorded: datetime) -> datetime:
        """The moment a page says it is known at: the asked one, or the record's own last."""
        return self.known_at if self.is_past else recorded


def read_when(query: Mapping[str, str], zone: ZoneInfo) -> When:
    """Read the address. Without parameters it is now; BadRequest names a wrong one."""
    known_at = read_known_at(query)
    today = known_at.astimezone(zone).date()
    as_of = read_day(query, "as_of") or today
    since, until = read_period(query, default=as_of)
    return When(
        as_of=as_of,
        known_at=known_at,
        today=today,
        tree="now" if _one_of(query, "tree", "then", "now") == "now" else "then",
        is_past=bool(query.get("known_at")),
        since=since,
        until=until or as_of,
        unit=_text(query, "unit"),
    )


def read_period(
    query: Mapping[str, str], *, default: date | None = None
) -> tuple[date | None, date | None]:
    """The first and the last day in the address (`default`: the last, where it names none)."""
    since, until = read_day(query, "from"), read_day(query, "to") or default
    if since is not None and until is not None and since > until:
        raise BadRequest("from: lies after to")
    return since, until


def read_wanted(query: Mapping[str, str]) -> Wanted:
    """Which organisations of the portfolio, in which order; BadRequest names a wrong one."""
    sort: Any = _one_of(query, "sort", "name", "findings", "assessed", "response") or "name"
    return Wanted(
        search=_text(query, "q").strip(),
        assessed=_one_of(query, "assessed", "yes", "no"),
        findings=_one_of(query, "findings", "yes", "snoozed", "no"),
        readiness=_one_of(query, "readiness", *READINESS),
        sort=sort,
    )


def read_known_at(query: Mapping[str, str]) -> datetime:
    """The moment in the address, never one to come; without it now."""
    now = timezone.now()
    if not query.get("known_at"):
        return now
    # A browser writes the plus of an offset as a blank.
    text = query["known_at"].replace(" ", "+")
    asked: datetime = _read("known_at", text, MOMENT.convert)
    return min(now, asked)


def read_day(query: Mapping[str, str], name: str) -> date | None:
    """A day in the address, or None where it names none."""
    return _read(name, query[name], DAY.convert) if query.get(name) else None


def _one_of(query: Mapping[str, str], name: str, *allowed: str) -> str:
    text = query.get(name) or ""
    return _read(name, text, one_of(*allowed).convert) if text else ""


def _text(query: Mapping[str, str], name: str) -> str:
    text = query.get(name) or ""
    if "\x00" in text or len(text) > SEARCH_LENGTH:
        raise BadRequest(f"{name}: is no text of up to {SEARCH_LENGTH} characters")
    return text


def _read(name: str, text: str, convert: Any) -> Any:
    try:
        return convert(text)
    except ValueError as error:
        raise BadRequest(f"{name}: {error}") from error
