"""The two time axes in a page's address: as_of, known_at, and whose tree."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import BadRequest
from django.utils import timezone

from maturity.sources.kinds import DAY, MOMENT
from reports.selectors.rollup import TreeOf


@dataclass(frozen=True)
class When:
    """What a page is asked to show; `is_past` where the address says what was known when."""

    as_of: date
    known_at: datetime
    tree: TreeOf
    is_past: bool


def read_when(query: Mapping[str, str], zone: ZoneInfo) -> When:
    """Read the address. Without parameters it is now; BadRequest names a wrong one."""
    now = timezone.now()
    known_at, is_past = now, bool(query.get("known_at"))
    if is_past:
        # A browser writes the plus of an offset as a blank.
        known_at = min(now, _read("known_at", query["known_at"].replace(" ", "+"), MOMENT.convert))
    as_of = known_at.astimezone(zone).date()
    if query.get("as_of"):
        as_of = _read("as_of", query["as_of"], DAY.convert)
    tree = query.get("tree") or "then"
    if tree not in {"then", "now"}:
        raise BadRequest("tree: is neither then nor now")
    return When(as_of, known_at, "now" if tree == "now" else "then", is_past)


def _read(name: str, text: str, convert: Any) -> Any:
    try:
        return convert(text)
    except ValueError as error:
        raise BadRequest(f"{name}: {error}") from error
