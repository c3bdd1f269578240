"""Dates beside the trend: when product ops and initiatives began or ended, and new rubrics."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from reports.selectors.initiatives import InitiativeThen
from reports.selectors.trend import Trend

Kind = Literal["product_ops", "initiative_started", "initiative_ended", "rubric"]


@dataclass(frozen=True)
class Marker:
    """One date. It stands beside the line and says nothing about causes."""

    day: date
    kind: Kind
    title: str = ""


def markers_of(
    trend: Trend, initiatives: Iterable[InitiativeThen], *, product_ops_since: date | None
) -> tuple[Marker, ...]:
    """The dates within the trend's rounds, the oldest first; no query. Fewer than two: none."""
    if len(trend.rounds) < 2:
        return ()
    first, last = trend.rounds[0].valid_from, trend.rounds[-1].valid_from
    found = [
        Marker(item.valid_from, "rubric", item.rubric)
        for item in trend.rounds
        if item.gap == "rubric" or (item.step is not None and item.step.mapped_from)
    ]
    if product_ops_since is not None:
        found.append(Marker(product_ops_since, "product_ops"))
    for row in initiatives:
        if row.started_on is not None:
            found.append(Marker(row.started_on, "initiative_started", row.title))
        if row.ended_on is not None:
            found.append(Marker(row.ended_on, "initiative_ended", row.title))
    within = (marker for marker in found if first <= marker.day <= last)
    return tuple(sorted(within, key=lambda marker: (marker.day, marker.kind, marker.title)))
