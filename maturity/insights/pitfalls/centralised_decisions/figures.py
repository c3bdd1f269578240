"""What the tests on centralised decisions compare."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from maturity import stats
from maturity.insights.decision_rights import SEEDED, holders
from maturity.insights.facts import CENTRAL, PM, PRODUCT_OPS, Decision
from maturity.insights.period import Period
from maturity.insights.survey_leg import Felt

ITEMS = ("AUT1", "AUT2")
LARGEST_TYPES = 3


@dataclass(frozen=True)
class Figures:
    """Decisions of one window. `belong` are those whose rightful function is the PMs'."""

    belong: Sequence[Decision]
    logged: int
    undated: int
    newest: date | None
    unknown_types: tuple[str, ...]
    agreed: bool
    per_pm_month: float | None
    answers: tuple[Felt | None, ...]

    @cached_property
    def known(self) -> list[Decision]:
        """Decisions whose decider's function is known."""
        return [decision for decision in self.belong if decision.decider_function is not None]

    @cached_property
    def taken(self) -> list[Decision]:
        """Decisions that product ops or a central function took unasked."""
        return [
            decision
            for decision in self.known
            if decision.decider_function in {PRODUCT_OPS, CENTRAL} and not decision.escalated
        ]

    @property
    def share(self) -> float | None:
        """C."""
        return len(self.taken) / len(self.known) if self.known else None

    @cached_property
    def interval(self) -> stats.Interval | None:
        """The plain 95 % Wilson interval of C."""
        return stats.wilson_interval(len(self.taken), len(self.known))

    @property
    def decider_known(self) -> float:
        return len(self.known) / len(self.belong) if self.belong else 0.0

    @cached_property
    def teams(self) -> set[str]:
        return {decision.team_key for decision in self.belong if decision.team_key}

    @cached_property
    def teams_hit(self) -> set[str]:
        return {decision.team_key for decision in self.taken if decision.team_key}

    @property
    def breadth(self) -> float | None:
        """B, the share of teams with at least one such decision."""
        return len(self.teams_hit) / len(self.teams) if self.teams else None

    @property
    def largest_types(self) -> list[str]:
        """The types that were taken most often."""
        counted = Counter(decision.decision_type for decision in self.taken)
        return sorted(counted, key=lambda kind: (-counted[kind], kind))[:LARGEST_TYPES]

    def as_evidence(self) -> dict[str, Any]:
        interval = self.interval
        return {
            "C": self.share,
            "ci95": [interval.low, interval.high] if interval else None,
            "n": len(self.known),
            "taken": len(self.taken),
            "decisions": len(self.belong),
            "decider_known": self.decider_known,
            "B": self.breadth,
            "teams": len(self.teams),
            "teams_hit": len(self.teams_hit),
            "largest_types": self.largest_types,
            "logged": self.logged,
            "logged_per_pm_month": self.per_pm_month,
            "undated": self.undated,
            "unknown_rights": list(self.unknown_types),
            "rights_seed": SEEDED.version,
            "rights_agreed": self.agreed,
            "survey": {a.item_key: a.as_evidence() for a in self.answers if a is not None},
        }


def measure(period: Period) -> Figures:
    """Measure the window before T. An undated decision lies in no window."""
    rules, facts = period.thresholds.centralised_decisions, period.facts
    since = period.end - timedelta(days=rules.window_days)
    dated = [d for d in facts.decisions if d.decided_on is not None]
    window = [d for d in dated if d.decided_on is not None and d.decided_on >= since]
    matrix = holders(facts.decision_rights)
    pms = period.pms.known
    return Figures(
        belong=[d for d in window if matrix.get(d.decision_type) == PM],
        logged=len(window),
        undated=len(facts.decisions) - len(dated),
        newest=max((d.decided_on for d in dated if d.decided_on is not None), default=None),
        unknown_types=tuple(sorted({d.decision_type for d in window} - matrix.keys())),
        agreed=bool(facts.decision_rights),
        per_pm_month=len(window) / pms / (rules.window_days / rules.month_days) if pms else None,
        answers=tuple(period.felt(item) for item in ITEMS),
    )
