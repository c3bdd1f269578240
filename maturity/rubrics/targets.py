"""How far a capability is from its target, and how fast it would have to move. Pure."""

from dataclasses import dataclass
from datetime import date

from maturity.rubrics.conventions import conventions


@dataclass(frozen=True)
class Gap:
    """`levels` missing; `pace` in levels per quarter until the day, None where none is left."""

    levels: int
    pace: float | None
    overdue: bool


def gap(level: int | None, target: int, *, due_on: date | None, day: date) -> Gap | None:
    """The gap on a day; None where there is no level: a gap from nothing is not known."""
    if level is None:
        return None
    levels = max(0, target - level)
    if levels == 0:
        return Gap(0, 0.0, overdue=False)
    if due_on is None:
        return Gap(levels, None, overdue=False)
    days = (due_on - day).days
    if days <= 0:
        return Gap(levels, None, overdue=True)
    quarters = days / conventions().days_per_quarter
    return Gap(levels, round(levels / quarters, 2), overdue=False)
