"""One organisation about which everything is known, and which format each fact comes from."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from maturity.insights.facts import (
    PM_AND_PRODUCT_OPS,
    DataQuestion,
    DecisionRight,
    Facts,
    Insight,
    Launch,
    OrgFacts,
    PmRamp,
    SurveyFigure,
)
from maturity.insights.working_time import next_month
from tests.maturity.insights.builders import (
    T,
    decisions,
    gate,
    grade,
    hires,
    months_before,
    requests,
    staff,
    survey,
    tool,
    weeks,
)

# Where the facts of each import format stand.
FIELDS = {
    "headcount": ("headcounts",),
    "org_facts": ("org_facts",),
    "gates": ("gates",),
    "gate_requests": ("gate_requests",),
    "decision_log": ("decisions",),
    "decision_rights": ("decision_rights",),
    "tools": ("tools",),
    "tool_usage": ("tool_usage",),
    "people_moves": ("people_moves",),
    "ladder": ("ladder",),
    "pm_ramp": ("pm_ramps",),
    "launches": ("launches",),
    "insights": ("insights",),
    "questions": ("questions",),
    "survey_responses": ("survey_items", "survey_figures"),
}
STARTED = date(2025, 11, 30)
BEFORE = {"wave": "w1", "closed": datetime(2025, 9, 10, tzinfo=UTC)}
AGAINST = ("GAT2", "EAR1", "AUT1", "AUT2", "TOO2", "TOO3")
INDEXES = ("LEV1", "LEV2", "GAT1", "ANA1", "ANA2", "ANA3", "ONB3", "RES2")


def without(facts, *formats):
    """Return the facts as if nobody had imported these formats."""
    return replace(facts, **{field: () for name in formats for field in FIELDS[name]})


def everything(end=T):
    """Return facts with which every pitfall is raised and every other check says something."""
    midnight = datetime(end.year, end.month, end.day, tzinfo=UTC)
    after = {"wave": f"w{end}", "closed": midnight - timedelta(days=21)}
    months = [*months_before(end, 3), end]
    return Facts(
        headcounts=_heads(end),
        org_facts=(_org_facts(end),),
        gates=(gate(compared_gate_key="free"), gate("free", owner_function="pm")),
        gate_requests=(
            *requests(30, wd=3, end=end),
            *requests(30, wd=1, end=end, gate_key="free", gate_owner_function="pm"),
        ),
        decisions=tuple(row for day in months for row in decisions(40, taken=12, end=day)),
        decision_rights=(DecisionRight(decision_type="scope", function="pm"),),
        tools=(tool(), tool("form", mandatory=True)),
        tool_usage=(*weeks([2] * 20, end=end), *weeks([18] * 20, tool_key="form", end=end)),
        people_moves=hires(end=end, count=6),
        ladder=(grade("o1"),),
        pm_ramps=(*_ramps(date(2025, 3, 1), 150), *_ramps(date(2026, 2, 1), 40)),
        launches=(*_launches(STARTED, 9), *_launches(end, 24)),
        insights=(*_insights(STARTED, 2), *_insights(end, 18), _news(end)),
        questions=(*_questions(STARTED, 4), *_questions(end, 1)),
        survey_items=(*_items(8, **BEFORE), *_items(2, **after)),
        survey_figures=(*_figures(3.0, **BEFORE), *_figures(9.0, **after)),
    )


def everything_until(end, *, stops):
    """Return facts that go on as before from T until `end`, apart from one format."""
    known = everything()
    later = [everything(next_month(T, count)) for count in range(1, months_from(T, end) + 1)]
    for name, columns in FIELDS.items():
        for column in columns if name != stops else ():
            rows = {row for facts in later for row in getattr(facts, column) if _day(row) >= T}
            merged = (*getattr(known, column), *sorted(rows, key=repr))
            known = replace(known, **{column: tuple(dict.fromkeys(merged))})
    return known


def months_from(start, end):
    return (end.year - start.year) * 12 + end.month - start.month


def _day(row):
    """Return the day on which a row came to be known; undated rows are there from the start."""
    dates = ("as_of", "requested_at", "decided_on", "period_start", "effective_on", "started_on")
    moments = ("launched_on", "published_on", "asked_at", "closed_at")
    found = next((getattr(row, name) for name in (*dates, *moments) if hasattr(row, name)), None)
    if found is None or hasattr(row, "cadence"):
        return date.min
    return found.date() if isinstance(found, datetime) else found


def _heads(end):
    """Return monthly head-counts from before product ops started until `end`."""
    return tuple(
        replace(row, headcount=0, fte=0.0)
        if row.function == "product_ops" and row.as_of < STARTED
        else row
        for row in staff(8, 1, end=end, count=20)
    )


def _org_facts(end):
    return OrgFacts(
        as_of=end - timedelta(days=90),
        products=3,
        business_units=1,
        markets=1,
        timezone_span_hours=2.5,
        public_company="no",
        experiments_finished_90d=2,
        teams_running_experiments=1,
        approved_pm_openings=0,
    )


def _items(favourable, **wave):
    return (
        *(survey(item, favourable, **wave) for item in INDEXES),
        *(survey(item, 2, **wave) for item in AGAINST),
        *(survey(item, 2, audience=PM_AND_PRODUCT_OPS, **wave) for item in ("CAR1", "CAR2")),
    )


def _figures(hours, *, wave, closed):
    shared = {"wave_key": wave, "closed_at": closed, "eligible": 30, "response_rate": 0.8}
    return (
        SurveyFigure(key="LEV3_median", value=hours, n=20, **shared),
        SurveyFigure(key="LEV3_mean", value=hours, n=20, deviation=2.0, **shared),
        SurveyFigure(key="CON_EXP2_tau", value=0.3, n=24, groups=4, **shared),
    )


def _ramps(start, days):
    return [
        PmRamp(
            person_key=f"{start}-{number}",
            milestone_key="first_owned_decision",
            started_on=start,
            reached_on=start + timedelta(days=days + number),
        )
        for number in range(10)
    ]


def _launches(end, passed):
    return [
        Launch(
            launch_id=f"{end}-{number}",
            launched_on=end - timedelta(days=1 + number),
            team_key=f"t{number % 5}",
            checklist_done=4 if number < passed else 3,
            checklist_total=4,
        )
        for number in range(30)
    ]


def _insights(end, used):
    return [
        Insight(
            insight_id=f"{end}-{number}",
            published_on=end - timedelta(days=150),
            team_key="growth",
            first_reused_on=end - timedelta(days=100) if number < used else None,
            reused_by_team_key="core" if number < used else None,
        )
        for number in range(20)
    ]


def _news(end):
    return Insight(
        insight_id=f"news-{end}", published_on=end - timedelta(days=5), team_key="growth"
    )


def _questions(end, days):
    asked = datetime(end.year, end.month, end.day, tzinfo=UTC) - timedelta(days=30)
    monday = asked - timedelta(days=asked.weekday())
    return [
        DataQuestion(
            question_id=f"{end}-{number}",
            asked_at=monday + timedelta(hours=number),
            answered_at=monday + timedelta(hours=number, days=days),
            self_served=False,
        )
        for number in range(20)
    ]
