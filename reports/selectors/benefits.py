"""The benefits to expect: what is measured now beside what was before. Nothing names a cause."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from maturity.insights.benefits.metric import NEVER_CALLED
from maturity.models import VerdictRecord
from maturity.selectors.words import Said, conclusion
from reports.selectors.figures import amount

Text = str | Promise

BENEFITS: dict[str, Text] = {
    "pm_leverage": _("PM leverage"),
    "quality_consistency": _("Quality and consistency"),
    "faster_ramp": _("Faster ramp"),
    "better_analytics": _("Better analytics"),
    "cross_product_learning": _("Learning across products"),
}
BENEFIT_STATES: dict[str, Text] = {
    "better": _("Better"),
    "worse": _("Worse"),
    "no_clear_change": _("No clear change"),
    "unknown": _("Unknown"),
}
METRICS: dict[str, Text] = {
    "chore_hours": _("Hours of chores a week (median)"),
    "leverage_index": _("Favourable on leverage"),
    "between_team_spread": _("Spread between teams (standard deviation)"),
    "checklist_pass_rate": _("Launches with the whole checklist done"),
    "checklist_spread": _("Spread of the pass rate between teams (standard deviation)"),
    "first_owned_decision": _("Days to the first owned decision (median)"),
    "self_serve": _("Favourable on self-serve"),
    "question_to_answer": _("Question to answer (median)"),
    "event_plan_conformance": _("Conformance to the event plan"),
    "reuse": _("Insights used by another team within 90 days"),
    "reach": _("Favourable on learning across teams"),
}
BASELINES: dict[str, Text] = {
    "before_product_ops": _("before product ops"),
    "first_measured": _("at the first measurement"),
}


@dataclass(frozen=True)
class MetricRow:
    """One figure, as it is read: `interval` is the 90 % one of the change."""

    key: str
    name: Text
    state: Text
    rises: bool
    now: str
    before: str
    baseline: Text
    change: str
    interval: tuple[str, str] | None


@dataclass(frozen=True)
class BenefitRow:
    """One benefit's newest verdict with the figures that there are.

    `lacking` are those without which no good news is told, each with what it lacks.
    """

    key: str
    state: str
    message: Said
    metrics: tuple[MetricRow, ...]
    lacking: tuple[tuple[Text, Text], ...]

    @property
    def why_unknown(self) -> str:
        """Why it is unknown though something was measured; empty where nothing needs a reason."""
        if self.state != "unknown" or not self.metrics or not self.lacking:
            return ""
        figures = ", ".join(f"{name} ({lack})" for name, lack in self.lacking)
        return gettext(
            "Unknown until every figure can be compared, since another one may say otherwise. "
            "Still open: %(figures)s."
        ) % {"figures": figures}

    @property
    def title(self) -> Text:
        return BENEFITS.get(self.key, self.key)

    @property
    def state_label(self) -> Text:
        return BENEFIT_STATES.get(self.state, self.state)


@dataclass(frozen=True)
class Benefits:
    """All of them, and since when there is product ops: a date beside the figures, no more."""

    rows: tuple[BenefitRow, ...]
    product_ops_since: date | None


def benefits_in(verdicts: Iterable[VerdictRecord]) -> Benefits | None:
    """Read them from one evaluation's verdicts; None where none was judged."""
    records = [row for row in verdicts if row.kind == "benefit"]
    if not records:
        return None
    places = {key: place for place, key in enumerate(BENEFITS)}
    records.sort(key=lambda row: places.get(row.key, len(places)))
    starts = (row.evidence.get("product_ops_started_on") for row in records)
    start = next(filter(None, starts), None)
    return Benefits(
        rows=tuple(_row(record) for record in records),
        product_ops_since=None if start is None else date.fromisoformat(start),
    )


def _row(record: VerdictRecord) -> BenefitRow:
    found: Mapping[str, Any] = record.shown_evidence.get("metrics") or {}
    return BenefitRow(
        key=record.key,
        state=record.state,
        message=conclusion(record),
        metrics=tuple(_metric(key, figures) for key, figures in found.items() if figures["now"]),
        lacking=tuple(
            (METRICS.get(key, key), _lack(figures))
            for key, figures in found.items()
            if figures["state"] == "unknown" and key not in NEVER_CALLED
        ),
    )


def _lack(figures: Mapping[str, Any]) -> Text:
    if not figures["now"]:
        return _("not measured")
    if not figures["before"]:
        return _("nothing to compare it with yet")
    return _("its change has no interval")


def _metric(key: str, figures: Mapping[str, Any]) -> MetricRow:
    unit, change, interval = figures["unit"], figures["change"], figures["ci90"]
    return MetricRow(
        key=key,
        name=METRICS.get(key, key),
        state=BENEFIT_STATES.get(figures["state"], figures["state"]),
        rises=figures["direction"] == "up",
        now=_level(unit, figures["now"]),
        before=_level(unit, figures["before"]),
        baseline=BASELINES.get(figures["baseline"] or "", ""),
        change="" if change is None else amount(unit, change, signed=True),
        interval=None
        if interval is None
        else (amount(unit, interval[0], signed=True), amount(unit, interval[1], signed=True)),
    )


def _level(unit: str, level: Mapping[str, Any] | None) -> str:
    return "" if level is None else amount(unit, level["value"])
