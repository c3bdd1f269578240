"""When to ask whom for how much: recurrence, contact hours, skipping, burden. Pure."""

from surveys.planning.burden import Cost, minutes_of, quarter_of, seconds_of
from surveys.planning.calendar import (
    days_later,
    exists,
    local_instant,
    next_contact,
    working_days,
)
from surveys.planning.figures import FIGURES, REMINDER_OFFSETS, SMALLEST_BLOCK
from surveys.planning.recurrence import BadRule, Recurrence, RuleFault
from surveys.planning.skipping import Past, is_tired, reason_to_skip

__all__ = [
    "FIGURES",
    "REMINDER_OFFSETS",
    "SMALLEST_BLOCK",
    "BadRule",
    "Cost",
    "Past",
    "Recurrence",
    "RuleFault",
    "days_later",
    "exists",
    "is_tired",
    "local_instant",
    "minutes_of",
    "next_contact",
    "quarter_of",
    "reason_to_skip",
    "seconds_of",
    "working_days",
]
