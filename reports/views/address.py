"""A page's address: the link that shows this view again, and what goes along to the next page."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from reports.parameters import EVERYWHERE


def known(request: HttpRequest, known_at: datetime) -> dict[str, Any]:
    """What every page says of the moment it is known at, with the addresses of then and now.

    The link names the moment of the reading: what was committed by then is all that it shows.
    """
    then, now = request.GET.copy(), request.GET.copy()
    then["known_at"] = known_at.astimezone(UTC).isoformat()
    now.pop("known_at", None)
    return {
        "known_at": known_at,
        "known_at_text": then["known_at"],
        "is_past": bool(request.GET.get("known_at")),
        "this_view": with_query(request.path, then.urlencode()),
        "now_view": with_query(request.path, now.urlencode()),
        "asked": request.GET.dict(),
        "keep": kept(request),
        "keep_whole": kept(request, without=("unit",)),
    }


def kept(request: HttpRequest, *, without: Collection[str] = ()) -> str:
    """What goes along from one page to the next: both time axes, the period and the unit."""
    query = request.GET.copy()
    for name in set(query) - (set(EVERYWHERE) - set(without)):
        del query[name]
    return query.urlencode()


def with_query(address: str, query: str) -> str:
    return f"{address}?{query}" if query else address
