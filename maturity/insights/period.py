"""One evaluation: what was known before T, and the figures that several checks share."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from maturity.insights.facts import (
    PM,
    PRODUCT_OPS,
    DataQuestion,
    Facts,
    GateRequest,
    Insight,
    PmRamp,
    ToolUsage,
)
from maturity.insights.staffing import Fte, fte
from maturity.insights.survey_leg import Felt, felt
from maturity.insights.thresholds import Thresholds
from maturity.insights.working_time import WorkingTime, next_month

_MONTHS = {"month": 1, "quarter": 3}
_DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True)
class Period:
    """The evaluation at T = 00:00 local on `end`. `facts` holds only what is dated before it."""

    end: date
    facts: Facts
    thresholds: Thresholds
    working_time: WorkingTime

    @cached_property
    def moment(self) -> datetime:
        """T as a moment."""
        return self.working_time.midnight(self.end)

    def days_before(self, days: int) -> datetime:
        """Return the local midnight that many days before T."""
        return self.working_time.midnight(self.end - timedelta(days=days))

    @cached_property
    def pms(self) -> Fte:
        """P."""
        return self._fte(PM)

    @cached_property
    def product_ops(self) -> Fte:
        """O."""
        return self._fte(PRODUCT_OPS)

    @property
    def has_no_product_ops(self) -> bool:
        """Whether the newest total says 0. Without any head-count product ops is assumed."""
        return self.product_ops.newest == 0

    def felt(self, item_key: str, *, audience: str = PM) -> Felt | None:
        """Return what an audience last answered to an item, where it may be used."""
        return felt(
            self.facts.survey_items,
            item_key,
            end=self.moment,
            rules=self.thresholds.survey,
            audience=audience,
        )

    def _fte(self, function: str) -> Fte:
        return fte(self.facts.headcounts, function, end=self.end, rules=self.thresholds.headcount)


def known_before(facts: Facts, end: date, working_time: WorkingTime) -> Facts:
    """Return the facts as they were known at T = 00:00 local on `end`.

    A request that was decided later is still pending, a tool confirmed later unconfirmed, a
    question answered later open. An undated decision is no fact of any month, but known. A
    request without `requested_at` counts by its other dates, or always where it has none.
    """
    moment = working_time.midnight(end)
    return replace(
        facts,
        headcounts=tuple(row for row in facts.headcounts if row.as_of < end),
        gate_requests=tuple(_requests_before(facts.gate_requests, moment)),
        tools=tuple(
            tool
            if tool.confirmed_on is None or tool.confirmed_on < end
            else replace(tool, confirmed_on=None)
            for tool in facts.tools
        ),
        tool_usage=tuple(row for row in facts.tool_usage if usage_end(row) <= end),
        org_facts=tuple(row for row in facts.org_facts if row.as_of < end),
        survey_items=tuple(row for row in facts.survey_items if row.closed_at < moment),
        survey_figures=tuple(row for row in facts.survey_figures if row.closed_at < moment),
        decisions=tuple(d for d in facts.decisions if d.decided_on is None or d.decided_on < end),
        decision_rights=tuple(
            right
            for right in facts.decision_rights
            if right.agreed_on is None or right.agreed_on < end
        ),
        people_moves=tuple(move for move in facts.people_moves if move.effective_on < end),
        pm_ramps=tuple(_ramp_before(row, end) for row in facts.pm_ramps if row.started_on < end),
        launches=tuple(launch for launch in facts.launches if launch.launched_on < end),
        insights=tuple(_insight_before(i, end) for i in facts.insights if i.published_on < end),
        questions=tuple(
            _question_before(question, moment)
            for question in facts.questions
            if question.asked_at < moment
        ),
    )


def usage_end(row: ToolUsage) -> date:
    """Return the day after a usage row's period."""
    if row.period in _DAYS:
        return row.period_start + timedelta(days=_DAYS[row.period])
    return next_month(row.period_start, _MONTHS[row.period])


def _requests_before(requests: Iterable[GateRequest], moment: datetime) -> Iterable[GateRequest]:
    for request in requests:
        seen = request.requested_at or request.first_response_at or request.decided_at
        if seen is not None and seen >= moment:
            continue
        if request.decided_at is not None and request.decided_at >= moment:
            yield replace(request, decided_at=None, decision=None)
        else:
            yield request


def _ramp_before(ramp: PmRamp, end: date) -> PmRamp:
    reached, left = _before(ramp.reached_on, end), _before(ramp.left_on, end)
    if (reached, left) == (ramp.reached_on, ramp.left_on):
        return ramp
    return replace(ramp, reached_on=reached, left_on=left)


def _insight_before(insight: Insight, end: date) -> Insight:
    if insight.first_reused_on is None or insight.first_reused_on < end:
        return insight
    return replace(insight, first_reused_on=None, reused_by_team_key=None)


def _question_before(question: DataQuestion, moment: datetime) -> DataQuestion:
    if question.answered_at is None or question.answered_at < moment:
        return question
    return replace(question, answered_at=None)


def _before(day: date | None, end: date) -> date | None:
    return day if day is not None and day < end else None
