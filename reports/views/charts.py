"""What charts.js draws; every figure is also in a table of the page."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from maturity.selectors.rubric_texts import rubric_text
from reports.selectors import Dashboard, Round, Step, Trend
from reports.selectors.markers import Marker
from reports.selectors.profile import AreaRow
from reports.selectors.trend import AreaMark


def charts_of(dashboard: Dashboard) -> dict[str, Any]:
    """The charts of a dashboard by their kind; those without figures are left out."""
    charts: dict[str, Any] = {}
    if dashboard.profile is not None and dashboard.profile.assessed:
        charts["radar"] = radar(dashboard.profile_rows)
    if dashboard.shown_trend.steps:
        charts["trend"] = line(dashboard.shown_trend, dashboard.markers)
    return charts


def radar(rows: Iterable[tuple[AreaRow, AreaMark | None]]) -> dict[str, Any]:
    """The profile: a level, the one before and a target for each area."""
    words = {"incomplete": _("incomplete"), "not_applicable": _("not applicable"), "level": ""}
    return {
        "labels": {"level": _("Level"), "before": _("Last period")},
        "areas": [
            {
                "name": rubric_text(area.name),
                "level": area.level,
                "before": None if before is None else before.level,
                "target": area.target,
                "word": words[area.state],
            }
            for area, before in rows
        ],
    }


def line(trend: Trend, markers: Sequence[Marker]) -> dict[str, Any]:
    """Line segments; two of them join where both compare the same capabilities."""
    segments = [
        [
            _point(before, step.before, step),
            _point(after, step.after, step),
        ]
        for before, after in zip(trend.rounds, trend.rounds[1:], strict=False)
        if (step := after.step) is not None
    ]
    return {
        "labels": {"index": _("Index")},
        "segments": segments,
        # Numbered as in the list below the chart.
        "markers": [
            {"date": marker.day, "number": number, "rubric": marker.kind == "rubric"}
            for number, marker in enumerate(markers, start=1)
        ],
    }


def _point(item: Round, index: float, step: Step) -> dict[str, Any]:
    return {
        "date": item.valid_from,
        "index": round(index, 1),
        "matched": step.matched,
        "total": step.total,
    }
