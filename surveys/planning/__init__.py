"""When to ask whom for how much: recurrence, contact hours, skipping, burden. Pure."""

from surveys.planning.burden import Cost, minutes_of
from surveys.planning.calendar import (
    days_later,
    exists,
    local_instant,
    next_contact,
    working_days,
)
from surveys.planning.figures import FIGURES, REMINDER_OFFSETS
from surveys.planning.recurrence import BadRule, Recurrence
from surveys.planning.skipping import Past, is_tired, reason_to_skip

__all__ = [
    "FIGURES",
    "REMINDER_OFFSETS",
    "BadRule",
    "Cost",
    "Past",
    "Recurrence",
    "days_later",
    "exists",
    "is_tired",
    "local_instant",
    "minutes_of",
    "next_contact",
    "reason_to_skip",
    "working_days",
]
