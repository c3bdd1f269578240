"""The smallest facts that a rule needs; every test states what differs."""

from datetime import UTC, date, datetime, timedelta

from maturity.insights import replay, run_checks
from maturity.insights.facts import (
    Decision,
    Gate,
    GateRequest,
    HeadCount,
    LadderGrade,
    Launch,
    PeopleMove,
    SurveyItem,
    Tool,
    ToolUsage,
)
from maturity.insights.period import Period, known_before
from maturity.insights.thresholds import V1
from maturity.insights.working_time import WorkingTime, next_month

T = date(2026, 7, 1)


def months_before(end, count):
    """Return the firsts of the last `count` months before `end`, oldest first."""
    return [next_month(end, -back) for back in range(count, 0, -1)]


def staff(pms, ops, *, end=T, count=4):
    """Return monthly snapshots, one day before each of the last firsts of a month up to `end`."""
    return tuple(
        HeadCount(as_of=day - timedelta(days=1), function=function, headcount=int(fte), fte=fte)
        for day in [*months_before(end, count - 1), end]
        for function, fte in (("pm", pms), ("product_ops", ops))
    )


def gate(gate_key="review", **columns):
    return Gate(
        **{"gate_key": gate_key, "name": gate_key, "owner_function": "product_ops"} | columns
    )


def request(opened, waits=None, *, number=0, gate_key="review", **columns):
    """Return a request opened at a moment, decided after a timedelta or still pending."""
    decided = None if waits is None else opened + waits
    defaults = {
        "request_id": f"{gate_key}-{opened.isoformat()}-{number}",
        "gate_key": gate_key,
        "requested_at": opened,
        "gate_owner_function": "product_ops",
        "requester_key": f"u{number % 7}",
        "decided_at": decided,
        "decision": None if decided is None else "approved",
        "blocking": False,
        "regulatory": False,
    }
    return GateRequest(**defaults | columns)


def requests(count, *, wd, end=T, days_back=60, gate_key="review", **columns):
    """Return requests opened on Mondays at 00:00 UTC, decided after `wd` (under 5) working days."""
    start = datetime(end.year, end.month, end.day, tzinfo=UTC) - timedelta(days=days_back)
    first_monday = start + timedelta(days=-start.weekday() % 7)
    waits = None if wd is None else timedelta(days=wd)
    return tuple(
        request(
            first_monday + timedelta(weeks=number % 6),
            waits,
            number=number,
            gate_key=gate_key,
            **columns,
        )
        for number in range(count)
    )


def tool(tool_key="board", **columns):
    defaults = {
        "tool_key": tool_key,
        "name": tool_key,
        "owner_function": "product_ops",
        "cadence": "weekly",
        "mandatory": False,
        "cost_known": False,
        "launched_on": date(2024, 1, 1),
        "confirmed_on": T - timedelta(days=10),
    }
    return Tool(**defaults | columns)


def weeks(active, *, tool_key="board", eligible=20, end=T):
    """Return one row for each of the last complete weeks before `end`, oldest first."""
    last = end - timedelta(days=end.weekday() + 7)
    return tuple(
        ToolUsage(
            tool_key=tool_key,
            period_start=last - timedelta(weeks=len(active) - 1 - index),
            period="week",
            active_users=users,
            eligible_users=eligible,
        )
        for index, users in enumerate(active)
        if users is not None
    )


def survey(item_key, favourable, *, n=10, eligible=12, wave="w1", closed=None, **columns):
    return SurveyItem(
        **{"response_rate": 0.8} | columns,
        wave_key=wave,
        closed_at=closed or datetime(T.year, T.month, T.day, tzinfo=UTC) - timedelta(days=20),
        item_key=item_key,
        n=n,
        favourable=favourable,
        eligible=eligible,
    )


def decisions(count, *, taken=0, end=T, function="product_ops", teams=4, **columns):
    """Return PM decisions of the four weeks before `end`; the first `taken` were taken away."""
    return tuple(
        Decision(
            **{
                "decision_id": f"{end}-{number}",
                "decided_on": end - timedelta(days=1 + number % 28),
                "decision_type": "scope",
                "team_key": f"t{number % teams}",
                "decider_function": function if number < taken else "pm",
                "escalated": False,
                "reversed": False,
            }
            | columns
        )
        for number in range(count)
    )


def grade(name, equivalent=None, *, senior=False, function="product_ops"):
    return LadderGrade(
        function=function,
        grade=name,
        equivalent_pm_grade=equivalent,
        is_senior_product_role=senior,
    )


EQUAL_LADDER = (
    grade("p1", function="pm"),
    grade("p2", function="pm", senior=True),
    grade("o1", "p1"),
    grade("o2", "p2"),
)


def move(day, origin, goal, *, kind="lateral", number=0):
    return PeopleMove(
        person_key=f"x{number}",
        effective_on=day,
        kind=kind,
        from_function=origin,
        to_function=goal,
    )


def hires(*, end=T, count=24):
    """Return one hire a month, so that the log of moves has news."""
    return tuple(
        move(day, None, "other", kind="hire", number=number)
        for number, day in enumerate(months_before(end, count))
    )


def launches(count, *, bypassed=0, gate_key="review", end=T, **columns):
    return tuple(
        Launch(
            **{
                "launch_id": f"{end}-{number}",
                "launched_on": end - timedelta(days=1 + number % 60),
                "required_gate_key": gate_key,
                "gate_request_id": None if number < bypassed else f"r{number}",
            }
            | columns
        )
        for number in range(count)
    )


def period(facts, end=T):
    working_time = WorkingTime(facts.timezone, facts.holidays, first=date(2015, 1, 1), last=end)
    return Period(end, known_before(facts, end, working_time), V1, working_time)


def judge(facts, key, as_of=T):
    """Return one check's verdict at `as_of`, after all earlier months."""
    return next(v for v in run_checks(facts, as_of=as_of) if v.key == key)


def history(facts, key, until=T):
    """Return one check's (state, severity) for every month."""
    return {
        end: next((v.state, v.severity) for v in verdicts if v.key == key)
        for end, verdicts in replay(facts, until=until)
    }
