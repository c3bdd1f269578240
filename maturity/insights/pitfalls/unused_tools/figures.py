"""One tool's figures at T, and what they say about it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from maturity import stats
from maturity.insights.base import Tri
from maturity.insights.evidence import people
from maturity.insights.facts import Tool, ToolUsage
from maturity.insights.hysteresis import Band, band
from maturity.insights.period import Period
from maturity.insights.phrases import Phrase, phrase
from maturity.insights.pitfalls.unused_tools.windows import (
    Usage,
    remaining,
    week_number,
)
from maturity.insights.signs import both, either
from maturity.insights.survey_leg import Felt
from maturity.insights.thresholds import UnusedToolsRules

ITEMS = ("TOO3", "TOO2")


@dataclass(frozen=True, slots=True)
class ToolFigures:
    """`share` is A, None where it cannot be told. `eligible` is the smallest of the windows."""

    tool: Tool
    window: str | None
    windows_used: int
    share: float | None
    active: float
    eligible: int | None
    decay: float | None
    fading: bool
    confirmed: bool
    age_months: int | None
    because: Phrase | None
    answers: tuple[Felt | None, ...]

    @property
    def known(self) -> bool:
        return self.because is None

    def as_evidence(self) -> dict[str, Any]:
        return {
            "name": self.tool.name,
            "A": self.share,
            "windows_used": self.windows_used,
            "window": self.window,
            "active": None if self.eligible is None else people(self.active),
            "eligible": None if self.eligible is None else people(self.eligible),
            "used": None if self.eligible is None else self.active > 0,
            "decay": self.decay,
            "fading": self.fading,
            "mandatory": self.tool.mandatory,
            "age_months": self.age_months,
            "confirmed": self.confirmed,
            "unknown_because": self.because,
        }


def measure(tool: Tool, usage: Usage) -> ToolFigures:
    """Measure one tool from its last complete windows."""
    period = usage.period
    rules = period.thresholds.unused_tools
    rows = usage.fitting(tool)
    kept = remaining(tool, rows, usage) if rows else []
    answers = tuple(period.felt(item) for item in ITEMS) if tool.mandatory else ()
    fault = _usage_fault(tool, rows, kept, usage)
    decay = _decay(tool, rows, kept, usage)
    age = None if tool.launched_on is None else _months(tool, period)
    return ToolFigures(
        tool=tool,
        window=rows[-1].period if rows else None,
        windows_used=len(kept),
        share=None if fault else _typical_share(kept),
        active=stats.median([row.active_users for row in kept]) or 0.0,
        eligible=min((row.eligible_users for row in kept), default=None),
        decay=decay,
        fading=decay is not None and decay < rules.fading_below,
        confirmed=tool.confirmed_on is not None
        and tool.confirmed_on >= period.end - timedelta(days=rules.confirmed_days),
        age_months=age,
        because=_survey_fault(answers) if tool.mandatory else fault,
        answers=answers,
    )


def readings(figures: ToolFigures, rules: UnusedToolsRules) -> dict[str, Band]:
    """Return the bands of red and amber: by usage, or by survey where using it is compulsory."""
    if not figures.known:
        return {"red": Band.UNKNOWN, "amber": Band.UNKNOWN}
    if figures.tool.mandatory:
        first, second = _against(figures.answers)
        red, amber = both(first, second), either(first, second)
        return {
            "red": band(breached=red, beyond_exit=red is False),
            "amber": band(breached=amber, beyond_exit=amber is False),
        }
    share = figures.share or 0.0
    return {
        "red": band(breached=share < rules.red_enter, beyond_exit=share >= rules.red_exit),
        "amber": band(breached=share < rules.amber_enter, beyond_exit=share >= rules.amber_exit),
    }


def _usage_fault(
    tool: Tool, rows: Sequence[ToolUsage], kept: Sequence[ToolUsage], usage: Usage
) -> Phrase | None:
    if not rows:
        measured = tool.tool_key in usage.by_tool
        return phrase("period_mismatch") if measured else phrase("no tool usage")
    rules, slots = usage.period.thresholds.unused_tools, len(usage.slots(rows))
    needed = math.ceil(rules.present_share * slots)
    if len(kept) < needed:
        return phrase(
            "%(usable)s of the last %(windows)s windows usable, %(needed)s needed",
            usable=len(kept),
            windows=slots,
            needed=needed,
        )
    if min(row.eligible_users for row in kept) < rules.eligible_min:
        return phrase("fewer than %(people)s eligible people", people=rules.eligible_min)
    return None


def _survey_fault(answers: tuple[Felt | None, ...]) -> Phrase | None:
    first, second = _against(answers)
    if both(first, second) is None or either(first, second) is None:
        return phrase("mandatory: needs the survey")
    return None


def _against(answers: tuple[Felt | None, ...]) -> tuple[Tri, Tri]:
    first, second = (None if answer is None else answer.unfavourable for answer in answers)
    return first, second


def _decay(
    tool: Tool, rows: Sequence[ToolUsage], kept: Sequence[ToolUsage], usage: Usage
) -> float | None:
    """Compare the last remaining weeks with those soon after launch; None: not to be told."""
    rules = usage.period.thresholds.unused_tools
    if not kept or kept[-1].period != "week" or tool.launched_on is None:
        return None
    if week_number(usage.weeks(1)[0], tool.launched_on) < rules.decay_from_week:
        return None
    early = [
        row
        for row in rows
        if row.eligible_users
        and rules.decay_first_week
        <= week_number(row.period_start, tool.launched_on)
        <= rules.decay_last_week
    ]
    late = kept[-rules.decay_windows :]
    before, now = _typical_share(early), _typical_share(late)
    enough = len(early) >= rules.decay_present_min and len(late) >= rules.decay_windows
    return now / before if enough and before and now is not None else None


def _typical_share(rows: Sequence[ToolUsage]) -> float | None:
    """Return the median share of active people, None without windows."""
    median = stats.median([row.active_users / row.eligible_users for row in rows])
    # The mean of two shares must not miss a threshold that it meets exactly.
    return None if median is None else round(median, 9)


def _months(tool: Tool, period: Period) -> int:
    """Return the full months since launch; T is the first of a month."""
    if tool.launched_on is None:
        raise ValueError(f"tool {tool.tool_key} has no launched_on")
    end, start = period.end, tool.launched_on
    return (end.year - start.year) * 12 + end.month - start.month - (start.day > end.day)
