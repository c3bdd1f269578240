from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from maturity.insights.facts import Facts, HeadCount, OrgFacts
from maturity.insights.hysteresis import Band
from maturity.insights.pitfalls.too_early import measure, read_tests
from maturity.insights.working_time import next_month
from tests.maturity.insights.builders import T, history, judge, period, staff, survey

B, M, X, U = Band.BREACHED, Band.BETWEEN, Band.BEYOND_EXIT, Band.UNKNOWN

SIGNS = (
    {"business_units": 2},
    {"public_company": "yes"},
    {"markets": 2, "timezone_span_hours": 8},
    {"experiments_finished_90d": 20, "teams_running_experiments": 4},
)
NONE = {
    "products": 1,
    "business_units": 1,
    "markets": 1,
    "timezone_span_hours": 0,
    "public_company": "no",
    "experiments_finished_90d": 0,
    "teams_running_experiments": 0,
}


def org(signs, *, as_of=T - timedelta(days=110), **changes):
    columns = NONE | changes
    for present in SIGNS[:signs]:
        columns |= present
    return OrgFacts(as_of=as_of, **columns)


def felt(*, bad, waves=(5, 6)):
    """Return both items of one wave in each of some months."""
    return tuple(
        survey(
            item, 1 if bad else 9, wave=f"w{month}", closed=datetime(2026, month, 10, tzinfo=UTC)
        )
        for item in ("EAR1", "LEV2")
        for month in waves
    )


def facts(pms, ops, signs=0, **changes):
    """Return half a year of an organisation about which everything is known in the end."""
    base = Facts(
        headcounts=staff(pms, ops, count=6), org_facts=(org(signs),), survey_items=felt(bad=True)
    )
    return replace(base, **changes)


@pytest.mark.parametrize(
    ("pms", "ops", "signs", "breached", "severity"),
    [
        (9.9, 1, 0, ["E1", "E4"], "high"),
        (9, 1, 2, ["E1", "E4"], "high"),
        (9, 1, 3, ["E1", "E4"], "medium"),
        (10, 1, 1, ["E2", "E4"], "medium"),
        (10, 1, 2, ["E4"], "low"),
        (14.9, 1, 0, ["E2", "E4"], "medium"),
        (15, 1, 0, ["E4"], "low"),
        (30, 5, 4, ["E3", "E4"], "medium"),
        (24, 5, 4, ["E3", "E4"], "high"),
        (25, 5, 4, ["E3", "E4"], "medium"),
        (35, 5, 4, ["E4"], "low"),
    ],
)
def test_the_rules(pms, ops, signs, breached, severity):
    verdict = judge(facts(pms, ops, signs), "too_early")

    assert (verdict.state, verdict.severity) == ("raised", severity)
    assert verdict.evidence["breached"] == breached
    assert verdict.evidence["R"] == pytest.approx(pms / ops, abs=1e-6)


@pytest.mark.parametrize(
    ("pms", "ops", "signs", "test", "reading"),
    [
        (9.9, 1, 0, "E1", B),
        (10, 1, 0, "E1", M),
        (11.9, 1, 0, "E1", M),
        (12, 1, 0, "E1", X),
        (14.9, 1, 1, "E2", B),
        (15, 1, 1, "E2", M),
        (15.9, 1, 1, "E2", M),
        (16, 1, 1, "E2", X),
        (12, 1, 2, "E2", X),
        (9, 1, 1, "E2", M),
        (34, 5, 0, "E3", B),
        (35, 5, 0, "E3", M),
        (42, 5, 0, "E3", M),
        (42.5, 5, 0, "E3", X),
        (8, 0.9, 0, "E1", X),
        (12, 0.9, 0, "E2", X),
        (4, 0.9, 0, "E3", X),
        (8, 0.9, 0, "E4", X),
    ],
)
def test_enter_and_exit(pms, ops, signs, test, reading):
    now = period(facts(pms, ops, signs))

    assert read_tests(measure(now), now)[test] is reading


@pytest.mark.parametrize(("items", "reading"), [(True, B), (False, X), (None, U)])
def test_what_pms_feel(items, reading):
    answers = () if items is None else felt(bad=items)
    now = period(facts(40, 1, survey_items=answers))

    assert read_tests(measure(now), now)["E4"] is reading


@pytest.mark.parametrize(
    ("pms", "state"), [(9.9, "raised"), (10, "unknown"), (14.9, "unknown"), (15, "clear")]
)
def test_the_grey_zone_is_unknown_while_other_signs_could_decide_it(pms, state):
    assert judge(facts(pms, 1, org_facts=(), survey_items=()), "too_early").state == state


def test_what_is_felt_without_cause_is_a_conflict():
    assert judge(facts(40, 1), "too_early").confidence == 0.4
    assert judge(facts(40, 1, survey_items=felt(bad=False)), "too_early").confidence == 1.0


def test_confidence_is_full_when_all_is_known_and_agrees():
    verdict = judge(facts(8, 1), "too_early")

    assert (verdict.confidence, verdict.missing) == (1.0, ())


def test_confidence_falls_where_survey_and_figures_conflict():
    verdict = judge(facts(8, 1, survey_items=felt(bad=False)), "too_early")

    assert verdict.confidence == 0.4
    # Medium begins at .4: nothing is capped.
    assert verdict.severity == "high"


def test_without_org_facts_confidence_falls_and_the_input_is_missing():
    verdict = judge(facts(8, 1, org_facts=()), "too_early")

    assert verdict.missing == ("org_facts",)
    assert verdict.confidence == pytest.approx(2 / 3, abs=1e-6)
    assert verdict.evidence["D"] == {"low": 0, "high": 4}


def test_without_the_survey_confidence_falls_and_the_input_is_missing():
    verdict = judge(facts(8, 1, survey_items=()), "too_early")

    assert verdict.missing == ("survey_responses",)
    assert verdict.confidence == pytest.approx(2 / 3 * 0.7, abs=1e-6)


def test_low_confidence_caps_at_medium():
    verdict = judge(facts(8, 1, survey_items=(), org_facts=()), "too_early")

    assert verdict.confidence == pytest.approx(1 / 3 * 0.7, abs=1e-6)
    assert (verdict.state, verdict.severity) == ("raised", "medium")


def test_without_head_count_it_is_unknown():
    verdict = judge(facts(8, 1, headcounts=()), "too_early")

    assert (verdict.state, verdict.severity, verdict.confidence) == ("unknown", None, None)
    assert verdict.missing == ("headcount",)


def test_without_product_ops_rows_it_is_unknown_not_absent():
    pms_only = tuple(row for row in staff(8, 0) if row.function == "pm")

    verdict = judge(facts(8, 1, headcounts=pms_only), "too_early")

    assert verdict.state == "unknown"
    assert verdict.evidence["unknown_because"] == ["no headcount snapshot of product ops"]
    assert verdict.missing == ("headcount",)


def test_without_product_ops_it_does_not_apply():
    assert judge(facts(8, 0), "too_early").state == "not_applicable"


def test_it_does_not_apply_whatever_the_age_of_the_newest_total():
    old = staff(8, 0, end=date(2024, 1, 1))

    assert judge(Facts(headcounts=old), "too_early").state == "not_applicable"


def test_part_time_is_clear_with_a_note():
    verdict = judge(facts(8, 0.5), "too_early")

    assert verdict.state == "clear"
    assert verdict.message.endswith("Product ops is part-time, so no test applies.")


def test_two_felt_breaches_need_two_waves():
    one = judge(facts(40, 1, survey_items=felt(bad=True, waves=(4,))), "too_early")
    two = judge(facts(40, 1, survey_items=felt(bad=True, waves=(4, 6))), "too_early")

    assert (one.state, one.severity) == ("watch", None)
    assert (two.state, two.severity) == ("raised", "low")


def test_both_items_must_be_felt():
    items = (survey("EAR1", 1), survey("LEV2", 9))

    assert judge(facts(40, 1, survey_items=items), "too_early").state == "clear"
    assert judge(facts(40, 1, survey_items=items[:1]), "too_early").evidence["unknown_tests"] == [
        "E4"
    ]


@pytest.mark.parametrize(("openings", "severity"), [(7, "medium"), (6, "high")])
def test_approved_openings_that_reach_15_lower_the_severity(openings, severity):
    verdict = judge(facts(8, 1, org_facts=(org(0, approved_pm_openings=openings),)), "too_early")

    assert verdict.severity == severity
    assert ("in sight within 6 months" in verdict.message) is (severity == "medium")


@pytest.mark.parametrize(("age", "severity"), [(182, "medium"), (183, "high")])
def test_openings_count_for_half_a_year(age, severity):
    stated = org(0, as_of=T - timedelta(days=age), approved_pm_openings=20)

    assert judge(facts(8, 1, org_facts=(stated,)), "too_early").evidence["point"] == severity


def growing(*counts):
    """Return one snapshot a month, the last one day before T."""
    firsts = [next_month(T, -back) for back in range(len(counts) - 1, -1, -1)]
    return tuple(
        HeadCount(as_of=day - timedelta(days=1), function=function, headcount=int(fte), fte=fte)
        for day, pms in zip(firsts, counts, strict=True)
        for function, fte in (("pm", pms), ("product_ops", 1))
    )


def quarterly(*counts):
    """Return one snapshot in the middle of each of the quarters before T."""
    return tuple(
        HeadCount(
            as_of=T - timedelta(days=46 + 91 * back),
            function=function,
            headcount=int(fte),
            fte=fte,
        )
        for back, pms in enumerate(reversed(counts))
        for function, fte in (("pm", pms), ("product_ops", 1))
    )


@pytest.mark.parametrize(
    ("counts", "trend", "point"),
    [
        ((1, 4, 6, 9), 15.4, "medium"),
        ((3, 5, 7, 9), 14.0, "high"),
        ((9, 9, 9), None, "high"),
    ],
)
def test_a_trend_over_four_quarters_that_reaches_15_lowers_the_severity(counts, trend, point):
    verdict = judge(facts(0, 0, headcounts=quarterly(*counts)), "too_early")

    assert verdict.evidence["growth"]["by_trend"] == trend
    assert verdict.evidence["point"] == point


def test_growth_is_no_excuse_for_many_product_ops_people():
    verdict = judge(facts(30, 5, 4, org_facts=(org(4, approved_pm_openings=50),)), "too_early")

    assert (verdict.severity, verdict.evidence["growth"]["exempts"]) == ("medium", False)


def test_the_first_breach_is_watched_and_the_second_raised():
    months = history(facts(8, 1, org_facts=(org(0, as_of=date(2025, 12, 1)),)), "too_early")

    # The first snapshot alone, on 2026-01-31, is not enough to judge.
    assert list(months.values())[-6:] == [
        ("unknown", None),
        ("watch", None),
        ("raised", "medium"),
        ("raised", "high"),
        ("raised", "high"),
        ("raised", "high"),
    ]


def test_between_enter_and_exit_the_state_holds():
    known = org(2, as_of=date(2025, 9, 1))
    hired = facts(0, 0, headcounts=growing(*[8] * 6, *[11] * 6), org_facts=(known,))

    verdict = judge(hired, "too_early")

    assert verdict.evidence["P"] == 11
    assert verdict.evidence["breached"] == ["E4"]
    assert "E1" in verdict.evidence["latched"]
    assert (verdict.state, verdict.severity) == ("raised", "high")


def test_it_clears_after_two_periods_beyond_exit():
    hired = facts(
        0, 0, headcounts=growing(*[8] * 6, *[20] * 4), survey_items=(), org_facts=(org(2),)
    )

    months = history(hired, "too_early")

    # The median of the last quarter passes 12 on 2026-05-01.
    assert [state for state, _ in months.values()][-4:] == ["raised", "raised", "clear", "clear"]


def test_losing_product_ops_restarts_the_series():
    rows = growing(*[8] * 12)
    gone = tuple(
        replace(row, fte=0.0)
        if row.function == "product_ops" and row.as_of == date(2026, 3, 31)
        else row
        for row in rows
    )

    months = history(facts(0, 0, headcounts=gone), "too_early")

    assert [months[date(2026, month, 1)][0] for month in (3, 4, 5, 6)] == [
        "raised",
        "not_applicable",
        "watch",
        "raised",
    ]


def test_the_text():
    message = judge(facts(8, 1, 1), "too_early").message

    assert message == (
        "1 product-ops FTE for 8 PMs (1:8.0) since 2026-01-31; 1 of 4 other scale signs present. "
        "Under 15 PMs, PMs usually run their own ops."
    )
