"""The five benefits: figures, what they are compared with, and when a change is called one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maturity import stats
from maturity.insights.benefits import BENEFITS
from maturity.insights.benefits.metric import NEVER_CALLED, Level, Metric
from maturity.insights.facts import (
    DataQuestion,
    Facts,
    HeadCount,
    Insight,
    Launch,
    PmRamp,
    SurveyFigure,
)
from tests.maturity.insights.builders import T, judge, period, staff, survey

THEN = datetime(2025, 9, 10, tzinfo=UTC)
NOW = datetime(2026, 6, 10, tzinfo=UTC)
START = date(2025, 11, 30)


def product_ops_from(start, *, end=T):
    """Return monthly head-counts, with product ops from `start` on and none before."""
    return tuple(
        replace(row, fte=0.0, headcount=0)
        if row.function == "product_ops" and row.as_of < start
        else row
        for row in staff(20, 2, end=end, count=20)
    )


HEADS = product_ops_from(START)


def metric(facts, benefit, name):
    return judge(facts, benefit).evidence["metrics"][name]


def index(favourable, *, closed, wave, items=("ANA1", "ANA2", "ANA3"), n=30):
    return tuple(
        survey(item, favourable, n=n, eligible=40, wave=wave, closed=closed) for item in items
    )


def figure(key, value, *, closed, wave, n=20, **columns):
    return SurveyFigure(
        wave_key=wave,
        closed_at=closed,
        key=key,
        value=value,
        n=n,
        **{"eligible": 25, "response_rate": 0.8} | columns,
    )


# --- when a change is called one -------------------------------------------------------------


def test_no_wave_names_the_day_up_to_which_waves_count():
    assert "no released wave of the 120 days before 2026-07-01 with" in (
        judge(Facts(headcounts=HEADS), "pm_leverage").message
    )


@pytest.mark.parametrize(
    ("change", "low", "high", "direction", "state"),
    [
        (0.10, 0.01, 0.19, "up", "better"),
        (0.10, 0.01, 0.19, "down", "worse"),
        (-0.10, -0.19, -0.01, "up", "worse"),
        (-0.10, -0.19, -0.01, "down", "better"),
        (0.099, 0.01, 0.19, "up", "no_clear_change"),
        (0.20, 0.0, 0.40, "up", "no_clear_change"),
        (0.20, -0.01, 0.41, "up", "no_clear_change"),
    ],
)
def test_a_change_needs_ten_points_and_an_interval_without_zero(
    change, low, high, direction, state
):
    level = Level(0.5, 20, "w")

    made = Metric(
        key="x",
        source="y",
        unit="share",
        direction=direction,
        n_min=5,
        least=0.1,
        now=level,
        before=level,
        change=stats.Estimate(change, stats.Interval(low, high)),
    )

    assert made.state == state


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 30), st.integers(0, 30))
def test_better_and_worse_never_contradict_the_interval(then, now):
    items = (*index(then, closed=THEN, wave="w1"), *index(now, closed=NOW, wave="w2"))

    found = metric(Facts(headcounts=HEADS, survey_items=items), "better_analytics", "self_serve")

    low, high = found["ci90"]
    assert (found["state"] == "better") == (found["change"] >= 0.1 and low > 0)
    assert (found["state"] == "worse") == (found["change"] <= -0.1 and high < 0)


def test_figures_that_no_verdict_waits_for_are_named():
    nothing = period(Facts())

    measured = [measure(nothing) for measures in BENEFITS.values() for measure in measures]

    assert {metric.key for metric in measured if not metric.is_called} == NEVER_CALLED


# --- before and after ------------------------------------------------------------------------


def test_the_last_wave_before_product_ops_is_the_baseline():
    earlier = datetime(2025, 6, 10, tzinfo=UTC)
    items = (
        *index(5, closed=earlier, wave="w0"),
        *index(10, closed=THEN, wave="w1"),
        *index(24, closed=NOW, wave="w2"),
    )
    facts = Facts(headcounts=HEADS, survey_items=items)

    found = metric(facts, "better_analytics", "self_serve")

    assert (found["before"]["of"], found["baseline"]) == ("w1", "before_product_ops")
    assert (found["before"]["value"], found["now"]["value"]) == (
        pytest.approx(1 / 3, abs=1e-6),
        0.8,
    )
    want = stats.newcombe_difference((10, 30), (24, 30))
    assert found["ci90"] == pytest.approx([want.interval.low, want.interval.high], abs=1e-6)
    # Nobody logged questions, so good news has to wait for them.
    assert judge(facts, "better_analytics").state == "unknown"
    assert judge(facts, "better_analytics").evidence["product_ops_started_on"] == "2025-11-30"


def test_without_a_wave_before_the_first_one_is_the_baseline():
    items = (
        *index(10, closed=datetime(2026, 1, 10, tzinfo=UTC), wave="w1"),
        *index(24, closed=NOW, wave="w2"),
    )

    found = metric(Facts(headcounts=HEADS, survey_items=items), "better_analytics", "self_serve")

    assert (found["before"]["of"], found["baseline"]) == ("w1", "first_measured")


def test_a_single_wave_is_measured_but_not_compared():
    verdict = judge(Facts(survey_items=index(24, closed=NOW, wave="w2")), "better_analytics")

    assert verdict.state == "unknown"
    assert verdict.evidence["metrics"]["self_serve"]["now"]["value"] == 0.8
    assert "nothing to compare it with yet" in verdict.message


def test_product_ops_that_was_always_there_has_no_date():
    facts = Facts(headcounts=staff(20, 2, count=20), survey_items=index(9, closed=NOW, wave="w"))

    assert judge(facts, "better_analytics").evidence["product_ops_started_on"] is None


def test_no_message_names_a_cause():
    items = (*index(10, closed=THEN, wave="w1"), *index(24, closed=NOW, wave="w2"))
    message = judge(Facts(headcounts=HEADS, survey_items=items), "better_analytics").message

    assert "Product ops started on 2025-11-30." in message
    assert not {"because", "due to", "thanks", "caused", "effect", "led to"} & set(message.split())


# --- waves -----------------------------------------------------------------------------------


def test_a_wave_that_did_not_release_every_item_is_left_out():
    pulse = index(2, closed=datetime(2026, 6, 20, tzinfo=UTC), wave="pulse", items=("ANA1",))
    items = (*index(24, closed=NOW, wave="full"), *pulse)

    found = metric(Facts(survey_items=items), "better_analytics", "self_serve")

    assert found["now"]["of"] == "full"


@pytest.mark.parametrize("columns", [{"n": 4}, {"eligible": None}, {"response_rate": 0.49}])
def test_too_few_answers_or_an_unknown_audience_are_not_used(columns):
    items = tuple(replace(row, favourable=2, **columns) for row in index(24, closed=NOW, wave="w"))

    assert metric(Facts(survey_items=items), "better_analytics", "self_serve")["now"] is None


def test_a_wave_of_more_than_120_days_ago_says_nothing_about_now():
    closed = datetime(2026, 3, 2, tzinfo=UTC)

    verdict = judge(Facts(survey_items=index(24, closed=closed, wave="w")), "better_analytics")

    assert verdict.evidence["metrics"]["self_serve"]["now"] is None
    assert "survey_responses" in verdict.missing


def test_chore_hours_show_the_median_and_compare_the_means():
    figures = (
        figure("LEV3_median", 9.0, closed=THEN, wave="w1"),
        figure("LEV3_mean", 10.0, closed=THEN, wave="w1", deviation=3.0),
        figure("LEV3_median", 5.0, closed=NOW, wave="w2"),
        figure("LEV3_mean", 6.0, closed=NOW, wave="w2", deviation=3.0),
    )
    facts = Facts(headcounts=HEADS, survey_figures=figures)

    found = metric(facts, "pm_leverage", "chore_hours")

    assert (found["now"]["value"], found["share_of_week"]) == (5.0, 0.125)
    assert found["change"] == -4.0
    # Welch by hand: t(0.95, 38) = 1.68595, se = sqrt(9/20 + 9/20).
    assert found["ci90"] == pytest.approx([-5.599443, -2.400557], abs=1e-5)
    assert found["state"] == "better"


def test_a_median_without_means_is_not_compared():
    figures = (
        figure("LEV3_median", 9.0, closed=THEN, wave="w1"),
        figure("LEV3_median", 5.0, closed=NOW, wave="w2"),
    )

    assert metric(Facts(survey_figures=figures), "pm_leverage", "chore_hours")["state"] == "unknown"


@pytest.mark.parametrize(("teams", "known"), [(3, False), (4, True)])
def test_a_spread_needs_four_teams(teams, known):
    tau = figure("CON_EXP2_tau", 0.24, closed=NOW, wave="w", n=24, groups=teams)

    found = metric(Facts(survey_figures=(tau,)), "quality_consistency", "between_team_spread")

    assert (found["now"] is not None) is known


# --- logs ------------------------------------------------------------------------------------


def launches_before(end, count, passed, *, team=None, days=100):
    return tuple(
        Launch(
            launch_id=f"{end}-{team}-{number}",
            launched_on=end - timedelta(days=1 + number * days // count),
            team_key=team,
            checklist_done=4 if number < passed else 3,
            checklist_total=4,
        )
        for number in range(count)
    )


def test_the_pass_rate_before_product_ops_and_now():
    rows = (*launches_before(START, 30, 9), *launches_before(T, 30, 24))

    found = metric(
        Facts(headcounts=HEADS, launches=rows), "quality_consistency", "checklist_pass_rate"
    )

    assert (found["before"]["value"], found["now"]["value"]) == (0.3, 0.8)
    assert (found["state"], found["baseline"]) == ("better", "before_product_ops")


def test_launches_without_a_checklist_do_not_count():
    rows = tuple(
        replace(row, checklist_done=None, checklist_total=None) for row in launches_before(T, 30, 9)
    )

    verdict = judge(Facts(launches=rows), "quality_consistency")

    assert verdict.evidence["metrics"]["checklist_pass_rate"]["now"] is None


def test_nine_launches_are_too_few():
    facts = Facts(launches=launches_before(T, 9, 5))

    found = metric(facts, "quality_consistency", "checklist_pass_rate")

    assert (found["now"], found["unknown_because"]) == (None, "fewer than 10 in the window")


def test_a_log_that_stopped_says_nothing_about_now():
    facts = Facts(launches=launches_before(T - timedelta(days=46), 30, 9))

    found = metric(facts, "quality_consistency", "checklist_pass_rate")

    assert found["unknown_because"] == "newest fact 47 days old, at most 45"


def test_the_range_and_the_spread_are_of_teams_with_five_launches():
    rows = tuple(
        row
        for team, passed in enumerate((0, 2, 4, 6))
        for row in launches_before(T, 6, passed, team=f"t{team}")
    ) + launches_before(T, 4, 0, team="small")
    facts = Facts(launches=rows)

    rate = metric(facts, "quality_consistency", "checklist_pass_rate")
    spread = metric(facts, "quality_consistency", "checklist_spread")

    assert rate["range_of_teams"] == [0.0, 1.0]
    want = stats.tau_between([[1.0] * k + [0.0] * (6 - k) for k in (0, 2, 4, 6)])
    assert spread["now"]["value"] == pytest.approx(want, abs=1e-6)


def ramp(number, started, days, *, left=None, milestone="first_owned_decision"):
    return PmRamp(
        person_key=f"p{started}{number}",
        milestone_key=milestone,
        started_on=started,
        reached_on=None if days is None else started + timedelta(days=days),
        left_on=None if left is None else started + timedelta(days=left),
    )


def test_who_left_and_who_is_still_on_the_way_are_censored():
    started = date(2026, 1, 10)
    rows = (
        *(ramp(n, started, days) for n, days in enumerate((40, 60, 80))),
        ramp(7, started, None, left=30),
        ramp(8, started, None),
        ramp(9, started, None),
    )

    found = metric(Facts(pm_ramps=rows), "faster_ramp", "first_owned_decision")

    # Of six one leaves at 30; then 4/5, 3/5 and 2/5 remain: the median is 80, not 60.
    assert (found["now"]["value"], found["now"]["n"], found["now"]["of"]) == (80.0, 6, "2026H1")


def test_cohorts_are_half_years_of_the_start():
    slow = [ramp(n, date(2025, 3, 1), 150 + n) for n in range(12)]
    fast = [ramp(n, date(2026, 2, 1), 40 + n) for n in range(12)]
    facts = Facts(headcounts=HEADS, pm_ramps=(*slow, *fast))

    verdict = judge(facts, "faster_ramp")

    found = verdict.evidence["metrics"]["first_owned_decision"]
    assert (found["before"]["of"], found["now"]["of"]) == ("2025H1", "2026H1")
    assert found["baseline"] == "before_product_ops"
    assert verdict.state == "better"


def test_four_starters_are_too_few_to_show():
    facts = Facts(pm_ramps=tuple(ramp(n, date(2026, 2, 1), 40) for n in range(4)))

    verdict = judge(facts, "faster_ramp")

    assert (verdict.state, verdict.missing) == ("unknown", ("pm_ramp",))


def test_several_milestones_without_the_known_one_are_not_guessed_at():
    rows = tuple(ramp(n, date(2026, 2, 1), 40, milestone=f"m{n % 2}") for n in range(12))

    assert judge(Facts(pm_ramps=rows), "faster_ramp").state == "unknown"


def questions(count, *, wd, open_=0):
    monday = datetime(2026, 6, 1, tzinfo=UTC)
    return tuple(
        DataQuestion(
            question_id=f"q{number}",
            asked_at=monday,
            answered_at=None if number < open_ else monday + timedelta(days=wd),
            self_served=number % 2 == 0,
        )
        for number in range(count)
    )


def test_open_questions_lengthen_the_median():
    quick = metric(Facts(questions=questions(20, wd=2)), "better_analytics", "question_to_answer")
    stuck = metric(
        Facts(questions=questions(20, wd=2, open_=11)), "better_analytics", "question_to_answer"
    )

    assert (quick["now"]["value"], quick["self_served"]) == (2.0, 0.5)
    assert stuck["now"]["of"].endswith("not reached")
    # From Monday 2026-06-01 to Wednesday 2026-07-01: 22 working days.
    assert stuck["now"]["value"] == 22.0


def test_nineteen_questions_are_too_few():
    facts = Facts(questions=questions(19, wd=2))

    assert metric(facts, "better_analytics", "question_to_answer")["now"] is None


def insight(number, published, *, used=None, by="core", team="growth"):
    return Insight(
        insight_id=f"i{published}{number}",
        published_on=published,
        team_key=team,
        first_reused_on=None if used is None else published + timedelta(days=used),
        reused_by_team_key=None if used is None else by,
    )


@pytest.mark.parametrize(
    ("used", "by", "share"),
    [(90, "core", 0.5), (91, "core", 0.0), (30, "growth", 0.0), (30, None, 0.0)],
)
def test_reuse_counts_other_teams_within_ninety_days(used, by, share):
    published = T - timedelta(days=120)
    rows = (
        *(insight(n, published, used=used, by=by) for n in range(5)),
        *(insight(n, published) for n in range(5, 10)),
        insight(99, T - timedelta(days=5)),
    )

    found = metric(Facts(insights=rows), "cross_product_learning", "reuse")

    assert (found["now"]["value"], found["now"]["n"]) == (share, 10)


def test_an_insight_of_less_than_ninety_days_ago_is_not_judged_yet():
    rows = tuple(insight(n, T - timedelta(days=89)) for n in range(10))
    rows += (insight(99, T - timedelta(days=5)),)

    assert metric(Facts(insights=rows), "cross_product_learning", "reuse")["now"] is None


def test_figures_that_point_both_ways_give_no_clear_change():
    closed = [{"closed": THEN, "wave": "w1"}, {"closed": NOW, "wave": "w2"}]
    items = ("LEV1", "LEV2", "GAT1")
    facts = Facts(
        headcounts=HEADS,
        survey_items=(*index(9, items=items, **closed[0]), *index(27, items=items, **closed[1])),
        survey_figures=tuple(
            figure(key, value, deviation=2.0, **wave)
            for wave, value in zip(closed, (4.0, 12.0), strict=True)
            for key in ("LEV3_median", "LEV3_mean")
        ),
    )

    verdict = judge(facts, "pm_leverage")

    states = {key: found["state"] for key, found in verdict.evidence["metrics"].items()}
    assert states == {"chore_hours": "worse", "leverage_index": "better"}
    assert verdict.state == "no_clear_change"


def test_a_head_count_of_zero_before_gives_the_date():
    assert HeadCount in {type(row) for row in HEADS}
    assert judge(Facts(headcounts=HEADS), "pm_leverage").evidence["product_ops_started_on"] == (
        START.isoformat()
    )
