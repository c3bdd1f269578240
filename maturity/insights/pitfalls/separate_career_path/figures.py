"""What S1 to S4 compare: the ladder, moves and promotions per person-year, the survey."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from maturity import stats
from maturity.insights.base import Tri
from maturity.insights.facts import PM, PM_AND_PRODUCT_OPS, PRODUCT_OPS, LadderGrade, PeopleMove
from maturity.insights.period import Period
from maturity.insights.survey_leg import Felt
from maturity.insights.working_time import next_month

ITEMS = ("CAR1", "CAR2")
HIDDEN = "hidden: too few person-years"


@dataclass(frozen=True, slots=True)
class Flow:
    """Moves and promotions of the window; None: the log of moves cannot be judged by."""

    moves: int
    promotions: int
    pm_promotions: int


@dataclass(frozen=True, slots=True)
class Figures:
    """`equal` is S1, None where the ladder does not say. `years` are of product ops."""

    equal: Tri
    without_equivalent: tuple[str, ...]
    reaches_senior: bool
    flow: Flow | None
    years: float
    pm_years: float
    parity: stats.Estimate | None
    months_existing: int
    answers: tuple[Felt | None, ...]
    hidden: bool

    def as_evidence(self) -> dict[str, Any]:
        shown = {
            "S1": self.equal,
            "grades_without_equivalent": list(self.without_equivalent),
            "reaches_senior_role": self.reaches_senior,
            "person_years": self.years,
            "months_existing": self.months_existing,
        }
        if self.hidden:
            return {**shown, "S2": HIDDEN, "S3": HIDDEN, "S4": HIDDEN}
        return {
            **shown,
            "S2": None if self.flow is None else {"moves": self.flow.moves},
            "S3": self._parity_evidence(),
            "S4": {a.item_key: a.as_evidence() for a in self.answers if a is not None},
        }

    def _parity_evidence(self) -> dict[str, Any] | None:
        if self.flow is None:
            return None
        ratio, low, high = None, None, None
        if self.parity is not None:
            interval = self.parity.interval
            ratio, low, high = self.parity.value, interval.low, interval.high
        return {
            "promotions": self.flow.promotions,
            "pm_promotions": self.flow.pm_promotions,
            "pm_person_years": self.pm_years,
            "ratio": _finite(ratio),
            "ci95": None if ratio is None else [low, _finite(high)],
        }


def measure(period: Period) -> Figures:
    """Measure product ops' ladder at T and its moves over the window before."""
    rules, facts = period.thresholds.separate_career_path, period.facts
    since = next_month(period.end, -rules.window_months)
    years = period.product_ops.years(since, period.end)
    pm_years = period.pms.years(since, period.end)
    recent = [move for move in facts.people_moves if move.effective_on >= since]
    flow = _flow(recent) if _is_current(facts.people_moves, period) else None
    parity = None
    if flow is not None:
        parity = stats.rate_ratio((flow.promotions, years), (flow.pm_promotions, pm_years))
    grades = [grade for grade in facts.ladder if grade.function == PRODUCT_OPS]
    lacking, senior = _lacking(grades, facts.ladder), _reaches_senior(grades, facts.ladder)
    return Figures(
        equal=(not lacking and senior) if grades else None,
        without_equivalent=lacking,
        reaches_senior=senior,
        flow=flow,
        years=years,
        pm_years=pm_years,
        parity=parity,
        months_existing=_months_existing(period),
        answers=tuple(_felt(period, item) for item in ITEMS),
        hidden=years < rules.hidden_below_years,
    )


def _is_current(moves: Iterable[PeopleMove], period: Period) -> bool:
    """Whether the log has news: one that stopped says nothing about the time since."""
    newest = max((move.effective_on for move in moves), default=None)
    limit = period.thresholds.frame.event_log_days
    return newest is not None and (period.end - newest).days <= limit


def _flow(moves: Iterable[PeopleMove]) -> Flow:
    crossing = {(PM, PRODUCT_OPS), (PRODUCT_OPS, PM)}
    moves = list(moves)
    promoted = [move.from_function for move in moves if move.kind == "promotion"]
    return Flow(
        moves=sum((move.from_function, move.to_function) in crossing for move in moves),
        promotions=promoted.count(PRODUCT_OPS),
        pm_promotions=promoted.count(PM),
    )


def _lacking(grades: Iterable[LadderGrade], ladder: Iterable[LadderGrade]) -> tuple[str, ...]:
    """Return the product-ops grades without an equivalent PM grade.

    Where the PMs' own ladder is in the file, the equivalent has to be one of its grades.
    """
    known = {grade.grade for grade in ladder if grade.function == PM}
    return tuple(
        sorted(
            grade.grade
            for grade in grades
            if grade.equivalent_pm_grade is None
            or (known and grade.equivalent_pm_grade not in known)
        )
    )


def _reaches_senior(grades: Iterable[LadderGrade], ladder: Iterable[LadderGrade]) -> bool:
    """Whether a product-ops grade is a senior product role or as good as one.

    The file does not order the grades; where any of them is senior, the top one is.
    """
    senior = {row.grade for row in ladder if row.function == PM and row.is_senior_product_role}
    return any(g.is_senior_product_role or g.equivalent_pm_grade in senior for g in grades)


def _months_existing(period: Period) -> int:
    """Return the full months since product ops came to be, T being the first of a month."""
    since, end = period.product_ops.present_since, period.end
    if since is None:
        return 0
    return (end.year - since.year) * 12 + end.month - since.month - (since.day > end.day)


def _felt(period: Period, item: str) -> Felt | None:
    """Return what PMs and product ops said together, else the PMs where that was not released."""
    return period.felt(item, audience=PM_AND_PRODUCT_OPS) or period.felt(item)


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isinf(value) else value
