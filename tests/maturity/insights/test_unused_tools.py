from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from maturity.insights.facts import Facts, ToolUsage
from maturity.insights.pitfalls.unused_tools.figures import measure
from maturity.insights.pitfalls.unused_tools.windows import Usage
from maturity.insights.working_time import next_month
from tests.maturity.insights.builders import T, history, judge, period, staff, survey, tool, weeks


def facts(tools, usage, **changes):
    return Facts(
        **{"tools": tuple(tools), "tool_usage": tuple(usage), "headcounts": staff(20, 2)} | changes
    )


def figures_of(one, usage, **changes):
    now = period(facts([one], usage, **changes))
    return measure(now.facts.tools[0], Usage(now))


def state_of(known, key="board"):
    return judge(known, "unused_tools").evidence["tools"][key]["state"]


def months_of(active, kind="month", step=1, eligible=20):
    """Return one row for each of the last complete months or quarters before T."""
    return tuple(
        ToolUsage(
            tool_key="board",
            period_start=next_month(T, -step * back),
            period=kind,
            active_users=users,
            eligible_users=eligible,
        )
        for back, users in zip(range(len(active), 0, -1), active, strict=True)
    )


def busy(count):
    """Return usage of somebody else's tool, so that no week looks like a holiday."""
    return weeks([500] * count, tool_key="mail", eligible=900)


# --- windows ----------------------------------------------------------------------------------


def test_a_is_the_median_of_the_last_8_weeks():
    figures = figures_of(tool(), [*busy(12), *weeks([20, 20, 20, 20, 2, 4, 6, 8, 10, 12, 14, 16])])

    assert (figures.share, figures.windows_used) == (0.45, 8)


def test_a_week_that_t_cuts_is_left_out():
    # T is a Wednesday: the week of Monday 2026-06-29 is not complete.
    current = ToolUsage(
        tool_key="board",
        period_start=date(2026, 6, 29),
        period="week",
        active_users=20,
        eligible_users=20,
    )

    figures = figures_of(tool(), [*busy(8), *weeks([4] * 8), current])

    assert (figures.share, figures.windows_used) == (0.2, 8)


def test_missing_telemetry_is_not_zero():
    figures = figures_of(tool(), [*busy(8), *weeks([10, None, 10, 10, None, 10, 10, 10])])

    assert (figures.share, figures.windows_used) == (0.5, 6)


def test_under_6_of_8_weeks_a_tool_is_unknown():
    figures = figures_of(tool(), [*busy(8), *weeks([10, None, 10, None, None, 10, 10, 10])])

    assert figures.share is None
    assert str(figures.because) == "5 of the last 8 windows usable, 6 needed"


def test_the_first_8_weeks_after_launch_are_dropped_and_not_replaced():
    # Launched in the ISO week of 2026-03-16: week 9 starts on 2026-05-11.
    launched = tool(launched_on=date(2026, 3, 18))
    usage = [*busy(20), *weeks([20] * 9 + [2] * 6)]

    figures = figures_of(launched, usage)

    assert (figures.share, figures.windows_used) == (0.1, 7)


def test_holiday_weeks_are_dropped_two_at_most():
    quiet = weeks([100] * 44 + [100, 100, 59, 100, 100, 50, 40, 100], tool_key="mail", eligible=900)
    own = weeks([10, 10, 0, 10, 10, 0, 0, 10])

    figures = figures_of(tool(), [*quiet, *own])

    # Three weeks lie under 60 % of the median week; the two least active ones are skipped.
    assert figures.windows_used == 6
    assert figures.share == 0.5


def test_a_week_at_60_percent_of_the_median_is_no_holiday():
    quiet = weeks([100] * 50 + [60, 100], tool_key="mail", eligible=900)

    figures = figures_of(tool(), [*quiet, *weeks([0] * 8)])

    assert figures.windows_used == 8


@pytest.mark.parametrize(
    ("active", "share", "used"),
    [([20, 2, 4, 6, 8], 0.25, 4), ([2, 4, 6], 0.2, 3), ([4, 6], None, 2)],
)
def test_monthly_tools_use_4_months(active, share, used):
    figures = figures_of(tool(cadence="monthly"), months_of(active))

    assert (figures.share, figures.windows_used) == (share, used)


@pytest.mark.parametrize(("active", "share"), [([20, 4, 8], 0.3), ([8], None)])
def test_quarterly_tools_use_2_quarters(active, share):
    assert figures_of(tool(cadence="quarterly"), months_of(active, "quarter", 3)).share == share


def test_a_fiscal_quarter_may_start_in_any_month():
    rows = tuple(
        ToolUsage(
            tool_key="board",
            period_start=start,
            period="quarter",
            active_users=6,
            eligible_users=20,
        )
        for start in (date(2025, 11, 1), date(2026, 2, 1))
    )

    assert figures_of(tool(cadence="quarterly"), rows).share == 0.3


@pytest.mark.parametrize(
    ("cadence", "usage"),
    [
        ("weekly", months_of([8] * 4)),
        ("monthly", weeks([8] * 8)),
        ("quarterly", months_of([8] * 4)),
        ("daily", months_of([8] * 4)),
    ],
)
def test_a_period_that_does_not_fit_the_cadence_is_unknown(cadence, usage):
    assert str(figures_of(tool(cadence=cadence), usage).because) == "period_mismatch"


def test_daily_tools_may_report_weeks():
    assert figures_of(tool(cadence="daily"), weeks([8] * 8)).share == 0.4


def test_daily_windows_are_the_last_8_working_days():
    days = [T - timedelta(days=back) for back in range(14, 0, -1)]
    rows = tuple(
        ToolUsage(
            tool_key="board",
            period_start=day,
            period="day",
            active_users=10 if day.weekday() < 5 else 0,
            eligible_users=20,
        )
        for day in days
    )

    figures = figures_of(tool(cadence="daily"), rows)

    assert (figures.share, figures.windows_used, figures.window) == (0.5, 8, "day")


# --- one tool ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("active", "state"), [(3, "red"), (4, "amber"), (7, "amber"), (8, "clear"), (20, "clear")]
)
def test_red_under_20_amber_under_40_percent(active, state):
    assert state_of(facts([tool()], weeks([active] * 8))) == state


def test_under_5_eligible_only_used_or_unused_is_told():
    known = facts([tool()], weeks([1] * 8, eligible=4))

    shown = judge(known, "unused_tools").evidence["tools"]["board"]

    assert (shown["state"], shown["A"], shown["used"], shown["eligible"]) == (
        "unknown",
        None,
        True,
        "<5",
    )


@pytest.mark.parametrize(
    ("launched_on", "months"),
    [(date(2025, 7, 1), 12), (date(2025, 7, 2), 11), (date(2026, 6, 30), 0), (None, None)],
)
def test_age_counts_full_months(launched_on, months):
    assert figures_of(tool(launched_on=launched_on), weeks([8] * 8)).age_months == months


def test_5_eligible_people_are_enough():
    assert state_of(facts([tool()], weeks([1] * 8, eligible=5))) == "amber"


def test_few_users_are_a_band_in_figures_and_text():
    verdict = judge(facts([tool()], weeks([2] * 8)), "unused_tools")

    assert verdict.evidence["tools"]["board"]["active"] == "<5"
    assert "board: fewer than 5 of 20 eligible people used it in a typical week (<25%, last 8" in (
        verdict.message
    )


def test_decay_compares_the_last_4_weeks_with_weeks_5_to_12():
    # Week 1 is 2026-01-05, the last complete week (2026-06-22) is week 25.
    launched = tool(launched_on=date(2026, 1, 7))
    active = [20] * 4 + [10] * 8 + [20] * 9 + [4] * 4

    figures = figures_of(launched, [*busy(30), *weeks(active)])

    assert figures.decay == 0.4
    assert figures.fading


def test_decay_is_told_from_week_16():
    active = [10] * 30

    week_15 = tool(launched_on=date(2026, 3, 18))
    week_16 = tool(launched_on=date(2026, 3, 11))

    assert figures_of(week_15, [*busy(30), *weeks(active)]).decay is None
    assert figures_of(week_16, [*busy(30), *weeks(active)]).decay == 1.0


@pytest.mark.parametrize(
    "early", [[None, None, None, 10, 10, 10, 10, 10], [0, 0, 0, 0, 0, 10, 10, 10]]
)
def test_decay_is_unknown_without_a_base_to_compare_with(early):
    launched = tool(launched_on=date(2026, 1, 7))

    figures = figures_of(launched, [*busy(30), *weeks([10] * 4 + early + [10] * 13)])

    assert figures.decay is None


def felt(too3, too2, **changes):
    return (survey("TOO3", too3, **changes), survey("TOO2", too2, **changes))


@pytest.mark.parametrize(
    ("too3", "too2", "state"), [(1, 1, "red"), (1, 9, "amber"), (9, 1, "amber"), (9, 9, "clear")]
)
def test_mandatory_tools_are_judged_by_what_pms_say(too3, too2, state):
    known = facts([tool(mandatory=True)], weeks([20] * 8), survey_items=felt(too3, too2))

    assert state_of(known) == state


@pytest.mark.parametrize(("key", "favourable"), [("TOO3", 1), ("TOO2", 1), ("TOO3", 9)])
def test_one_item_alone_does_not_judge_a_mandatory_tool(key, favourable):
    known = facts([tool(mandatory=True)], weeks([20] * 8), survey_items=(survey(key, favourable),))

    assert state_of(known) == "unknown"


def test_a_mandatory_tool_needs_no_usage():
    known = facts([tool(mandatory=True)], (), survey_items=felt(1, 1))

    verdict = judge(known, "unused_tools")

    assert (verdict.state, verdict.evidence["point_severity"]) == ("watch", "low")
    assert verdict.confidence == pytest.approx(2 / 3 * 0.7, abs=1e-6)
    assert verdict.message.endswith(
        "board is mandatory, so usage is compliance: "
        "TOO3 10 % favourable (n = 10), TOO2 10 % favourable (n = 10)."
    )


def test_a_mandatory_tool_without_a_survey_is_unknown():
    verdict = judge(facts([tool(mandatory=True)], weeks([20] * 8)), "unused_tools")

    assert (verdict.state, verdict.missing) == ("unknown", ("survey_responses",))


# --- the portfolio ----------------------------------------------------------------------------


def portfolio(reds, others, **columns):
    """Return so many red tools and so many healthy ones."""
    tools = [tool(f"red{i}", **columns) for i in range(reds)]
    tools += [tool(f"good{i}") for i in range(others)]
    usage = [
        row
        for each in tools
        for row in weeks(
            [2 if each.tool_key.startswith("red") else 15] * 30, tool_key=each.tool_key
        )
    ]
    return facts(tools, usage)


@pytest.mark.parametrize(
    ("reds", "others", "severity"),
    [
        (1, 0, "low"),
        (1, 1, "low"),
        (2, 5, "low"),
        (2, 4, "medium"),
        (2, 3, "medium"),
        (2, 2, "high"),
        (3, 0, "high"),
    ],
)
def test_severity_counts_red_tools(reds, others, severity):
    verdict = judge(portfolio(reds, others), "unused_tools")

    assert (verdict.state, verdict.severity) == ("raised", severity)
    assert (verdict.evidence["red"], verdict.evidence["known"]) == (reds, reds + others)


def test_healthy_tools_are_clear():
    assert judge(portfolio(0, 3), "unused_tools").state == "clear"


def test_young_tools_whose_cost_is_known_make_it_high():
    young = {"launched_on": date(2025, 8, 1), "cost_known": True}

    assert judge(portfolio(2, 4, **young), "unused_tools").severity == "high"
    assert judge(portfolio(2, 4, **young | {"cost_known": False}), "unused_tools").severity == (
        "medium"
    )
    assert judge(
        portfolio(2, 4, **young | {"launched_on": date(2025, 7, 1)}), "unused_tools"
    ).severity == ("medium")
    assert judge(portfolio(1, 4, **young), "unused_tools").severity == "low"


@pytest.mark.parametrize(
    "columns",
    [
        {"owner_function": "pm"},
        {"retired_on": date(2026, 6, 30)},
        {"launched_on": date(2026, 7, 1)},
    ],
    ids=["of others", "retired", "future"],
)
def test_tools_of_others_retired_and_future_ones_do_not_count(columns):
    verdict = judge(facts([tool(**columns)], weeks([1] * 8)), "unused_tools")

    assert (verdict.state, verdict.evidence["tools"]) == ("unknown", {})


def test_a_tool_that_retires_at_t_still_counts():
    verdict = judge(facts([tool(retired_on=T)], weeks([1] * 8)), "unused_tools")

    assert verdict.evidence["red"] == 1


def test_the_text_shows_the_three_worst_tools():
    known = facts(
        [tool(key, confirmed_on=T) for key in "abcde"],
        [
            row
            for key, active in zip("abcde", (15, 3, 7, 1, 2), strict=True)
            for row in weeks([active] * 8, tool_key=key)
        ],
    )

    message = judge(known, "unused_tools").message

    assert message.startswith("3 of 5 known product-ops tools are red")
    assert [key for key in "abcde" if f" {key}: " in message] == ["b", "d", "e"]
    assert message.index(" d: ") < message.index(" e: ") < message.index(" b: ")


def test_unknown_tools_are_not_counted():
    known = portfolio(1, 1)
    silent = tool("silent")

    verdict = judge(replace(known, tools=(*known.tools, silent)), "unused_tools")

    assert verdict.severity == "low"
    assert verdict.evidence["known"] == 2
    assert verdict.missing == ("tool_usage",)


@pytest.mark.parametrize(("field", "missing"), [("tools", "tools"), ("tool_usage", "tool_usage")])
def test_without_a_required_input_it_is_unknown(field, missing):
    verdict = judge(replace(portfolio(3, 0), **{field: ()}), "unused_tools")

    assert (verdict.state, verdict.confidence) == ("unknown", None)
    assert missing in verdict.missing


def test_without_product_ops_it_does_not_apply():
    known = replace(portfolio(3, 0), headcounts=staff(20, 0))

    assert judge(known, "unused_tools").state == "not_applicable"


def test_confidence_counts_the_smallest_eligible():
    usage = (*weeks([2] * 30), *weeks([1] * 30, tool_key="small", eligible=6))
    known = facts([tool(), tool("small")], usage)

    assert judge(known, "unused_tools").confidence == pytest.approx(6 / 10 * 0.7)


def test_full_inputs_without_a_survey_are_one_leg():
    verdict = judge(portfolio(3, 0), "unused_tools")

    assert (verdict.confidence, verdict.missing) == (0.7, ())


def test_an_unconfirmed_tool_lowers_confidence_and_caps_severity():
    known = portfolio(3, 1)
    tools = (*known.tools[:-1], replace(known.tools[-1], confirmed_on=None))

    verdict = judge(replace(known, tools=tools), "unused_tools")

    assert (verdict.confidence, verdict.severity) == (0.35, "medium")
    assert verdict.missing == ("tools.confirmed_on",)


@pytest.mark.parametrize(
    ("confirmed_on", "known"),
    [
        (T - timedelta(days=180), True),
        (T - timedelta(days=181), False),
        (T - timedelta(days=1), True),
        (T, False),
    ],
)
def test_confirmations_count_for_180_days(confirmed_on, known):
    figures = figures_of(tool(confirmed_on=confirmed_on), weeks([8] * 8))

    assert figures.confirmed is known


def test_the_survey_is_declared_only_where_a_tool_is_mandatory():
    mandatory = tool("must", mandatory=True)
    known = facts(
        [tool(), mandatory],
        (*weeks([2] * 8), *weeks([20] * 8, tool_key="must")),
        survey_items=felt(1, 1),
    )

    assert judge(known, "unused_tools").confidence == 1.0
    assert judge(replace(known, survey_items=felt(9, 9)), "unused_tools").confidence == 0.4
    assert judge(replace(known, survey_items=()), "unused_tools").confidence == pytest.approx(
        2 / 3 * 0.7, abs=1e-6
    )


def test_two_felt_breaches_need_two_waves():
    may, june = (datetime(2026, month, 10, tzinfo=UTC) for month in (4, 6))
    once = felt(1, 1, closed=may)
    twice = once + felt(1, 1, closed=june, wave="w2")
    known = facts([tool(mandatory=True)], weeks([20] * 30))

    assert judge(replace(known, survey_items=once), "unused_tools").state == "watch"
    assert judge(replace(known, survey_items=twice), "unused_tools").state == "raised"


# --- over time --------------------------------------------------------------------------------


def swinging(*active):
    """Return a tool that so many of 100 people use in the weeks before each T, month by month."""
    usage = []
    for back, users in zip(range(len(active) - 1, -1, -1), active, strict=True):
        end = next_month(T, -back)
        usage += weeks([users] * 4, eligible=100, end=end)
    first_by_week = {row.period_start: row for row in reversed(usage)}
    return facts([tool()], (*busy(80), *first_by_week.values()))


def test_19_to_21_percent_changes_the_state_at_most_once():
    known = swinging(*[19, 19, 21, 21] * 4)

    seen = [state for state, _ in history(known, "unused_tools").values() if state != "unknown"]

    assert sum(a != b for a, b in pairwise(seen)) <= 1
    assert "clear" not in seen[1:]


def test_a_red_tool_stays_red_until_it_passes_30_percent():
    known = facts([tool()], (*busy(80), *weeks([3] * 20 + [5] * 20)))

    verdict = judge(known, "unused_tools")

    assert verdict.evidence["tools"]["board"]["A"] == 0.25
    assert verdict.evidence["tools"]["board"]["state"] == "red"
    assert (verdict.state, verdict.severity) == ("raised", "low")
    assert verdict.evidence["point_severity"] is None


def test_it_clears_after_two_months_beyond_exit():
    known = facts([tool()], (*busy(80), *weeks([3] * 20 + [8] * 20)))

    seen = history(known, "unused_tools")

    # More than half of the last 8 weeks are better from 2026-04-01 on.
    assert [seen[date(2026, month, 1)][0] for month in (3, 4, 5, 6)] == [
        "raised",
        "raised",
        "clear",
        "clear",
    ]


def test_telemetry_that_stops_never_clears():
    known = facts([tool()], (*busy(80), *weeks([3] * 30, end=date(2026, 3, 1))))

    seen = history(known, "unused_tools")

    assert [seen[date(2026, month, 1)][0] for month in (3, 4, 5, 6, 7)] == [
        "raised",
        "raised",
        "raised",
        "unknown",
        "unknown",
    ]


def test_a_red_tool_that_goes_silent_still_holds_the_portfolio():
    usage = (*weeks([3] * 30, end=date(2026, 1, 1)), *weeks([15] * 60, tool_key="good"))
    known = facts([tool(), tool("good")], (*busy(80), *usage))

    verdict = judge(known, "unused_tools")

    assert verdict.evidence["tools"]["board"]["state"] == "unknown"
    assert (verdict.state, verdict.severity) == ("raised", "low")


def test_a_retired_tool_lets_go():
    known = facts(
        [tool(retired_on=date(2026, 5, 15)), tool("good")],
        (*busy(80), *weeks([3] * 60), *weeks([15] * 60, tool_key="good")),
    )

    seen = history(known, "unused_tools")

    assert [seen[date(2026, month, 1)][0] for month in (5, 6, 7)] == ["raised", "clear", "clear"]


def test_the_text():
    message = judge(portfolio(1, 0), "unused_tools").message

    assert message == (
        "1 of 1 known product-ops tool is red (red is under 20% of eligible people). "
        "red0: fewer than 5 of 20 eligible people used it in a typical week "
        "(<25%, last 8 windows); launched 30 months ago."
    )
    assert "good0: 15 of 20 eligible people used it in a typical week (75%, last 8 windows)" in (
        judge(portfolio(0, 1), "unused_tools").message
    )
