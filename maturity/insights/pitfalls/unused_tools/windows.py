"""Which complete windows before T speak for a tool, and which are left out."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from maturity import stats
from maturity.insights.facts import Tool, ToolUsage
from maturity.insights.period import Period
from maturity.insights.working_time import next_month

WEEK = timedelta(days=7)
FITTING = {
    "daily": ("day", "week"),
    "weekly": ("week",),
    "monthly": ("month",),
    "quarterly": ("quarter",),
}


@dataclass(frozen=True)
class Usage:
    """All usage rows known at T."""

    period: Period

    @cached_property
    def by_tool(self) -> dict[str, list[ToolUsage]]:
        """Every tool's rows, oldest first."""
        rows = defaultdict(list)
        for row in sorted(self.period.facts.tool_usage, key=lambda row: row.period_start):
            rows[row.tool_key].append(row)
        return dict(rows)

    def fitting(self, tool: Tool) -> list[ToolUsage]:
        """Return a tool's rows of one kind of period that fits how often it is meant to be used.

        Where daily tools have both days and weeks, the kind of the newest row counts.
        """
        rows = [
            row
            for row in self.by_tool.get(tool.tool_key, ())
            if row.period in FITTING[tool.cadence]
        ]
        return [row for row in rows if row.period == rows[-1].period]

    @cached_property
    def holiday_weeks(self) -> frozenset[date]:
        """The quietest of the last weeks, where activity over all tools fell far below usual."""
        rules = self.period.thresholds.unused_tools
        activity: Counter[date] = Counter()
        for row in self.period.facts.tool_usage:
            if row.period == "week":
                activity[row.period_start] += row.active_users
        year = [week for week in self.weeks(rules.holiday_median_weeks) if week in activity]
        usual = stats.median([activity[week] for week in year])
        if not usual:
            return frozenset()
        last = set(self.weeks(rules.windows_short))
        quiet = [w for w in year if w in last and activity[w] < rules.holiday_below * usual]
        quiet.sort(key=lambda week: (activity[week], week))
        return frozenset(quiet[: rules.holiday_weeks_max])

    def weeks(self, count: int) -> list[date]:
        """Return the Mondays of the last complete weeks before T, oldest first."""
        last = monday(self.period.end) - WEEK
        return [last - WEEK * back for back in reversed(range(count))]

    def slots(self, rows: Sequence[ToolUsage]) -> list[date]:
        """Return where the last complete windows start, whether or not they have a row."""
        rules, end, kind = self.period.thresholds.unused_tools, self.period.end, rows[-1].period
        if kind == "week":
            return self.weeks(rules.windows_short)
        if kind == "day":
            return self._working_days(rules.windows_short)
        if kind == "month":
            return [next_month(end, -back) for back in range(rules.windows_month, 0, -1)]
        # Which months start a quarter is the organisation's own; its newest row tells.
        offset = (end.month - rows[-1].period_start.month) % 3
        newest = next_month(end, -3 - offset)
        return [next_month(newest, -3 * back) for back in reversed(range(rules.windows_quarter))]

    def _working_days(self, count: int) -> list[date]:
        days: list[date] = []
        day = self.period.end
        while len(days) < count:
            day -= timedelta(days=1)
            if self.period.working_time.is_working(day):
                days.append(day)
        return days[::-1]


def remaining(tool: Tool, rows: Sequence[ToolUsage], usage: Usage) -> list[ToolUsage]:
    """Return the rows of the last windows that count: after launch, no holiday, with telemetry.

    What is left out is not replaced by older windows.
    """
    settled = None
    if tool.launched_on is not None:
        settled = (
            monday(tool.launched_on) + WEEK * usage.period.thresholds.unused_tools.launch_weeks
        )
    by_start = {row.period_start: row for row in rows}
    kept = []
    for slot in usage.slots(rows):
        row = by_start.get(slot)
        too_new = settled is not None and slot < settled
        holiday = row is not None and _in_holidays(row, usage)
        if row is not None and row.eligible_users and not too_new and not holiday:
            kept.append(row)
    return kept


def monday(day: date) -> date:
    """Return the first day of a day's ISO week."""
    return day - timedelta(days=day.weekday())


def week_number(day: date, launched_on: date) -> int:
    """Return the week since launch, 1 being the ISO week of the launch."""
    return (monday(day) - monday(launched_on)) // WEEK + 1


def _in_holidays(row: ToolUsage, usage: Usage) -> bool:
    return row.period in {"day", "week"} and monday(row.period_start) in usage.holiday_weeks
