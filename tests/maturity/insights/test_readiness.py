from datetime import date, timedelta

import pytest

from maturity.insights.facts import Facts, HeadCount, OrgFacts
from maturity.insights.working_time import months
from tests.maturity.insights.builders import T, history, judge, staff

ALL_KNOWN = {
    "products": 1,
    "business_units": 1,
    "markets": 1,
    "timezone_span_hours": 0,
    "public_company": "no",
    "experiments_finished_90d": 0,
    "teams_running_experiments": 0,
}
PRESENT = (
    {"business_units": 2},
    {"public_company": "yes"},
    {"markets": 2, "timezone_span_hours": 8},
    {"experiments_finished_90d": 20, "teams_running_experiments": 4},
)


def org(signs, **changes):
    columns = ALL_KNOWN | changes
    for present in PRESENT[:signs]:
        columns |= present
    return OrgFacts(as_of=T - timedelta(days=10), **columns)


def facts(pms, signs, ops=1):
    return Facts(headcounts=staff(pms, ops), org_facts=(org(signs),))


@pytest.mark.parametrize(
    ("pms", "signs", "ops", "state"),
    [
        (9.9, 4, 1, "not_yet"),
        (10, 1, 1, "not_yet"),
        (10, 2, 1, "consider"),
        (14.9, 4, 0, "consider"),
        (15, 0, 0, "consider"),
        (15, 1, 0, "ready"),
        (15, 3, 1, "ready"),
        (15, 2, 0, "ready"),
        (15, 3, 0, "overdue"),
    ],
)
def test_the_verdict(pms, signs, ops, state):
    verdict = judge(facts(pms, signs, ops), "readiness")

    assert (verdict.kind, verdict.state, verdict.missing) == ("readiness", state, ())
    assert verdict.evidence["D"] == signs


@pytest.mark.parametrize(
    ("ops", "end"),
    [(0, "A dedicated product-ops hire is worth it."), (2.5, "Dedicated product ops is worth it.")],
)
def test_who_has_product_ops_is_not_told_to_hire_for_it(ops, end):
    verdict = judge(facts(20, 1, ops), "readiness")

    assert verdict.state == "ready"
    assert verdict.message.endswith(end)


def test_not_yet_lists_the_signs_that_would_matter_later():
    one, all_four = (judge(facts(8, signs), "readiness").message for signs in (1, 4))

    assert one == (
        "8 PMs, 1 of 4 other signs present. PMs can run their own ops. "
        "Signs that would matter later: 15 PMs, a heavy experimentation culture, "
        "global operations and public-company discipline."
    )
    assert all_four.endswith("Signs that would matter later: 15 PMs.")


def test_without_head_count_readiness_is_unknown():
    verdict = judge(Facts(org_facts=(org(3),)), "readiness")

    assert (verdict.state, verdict.missing) == ("unknown", ("headcount",))


def test_under_10_pms_unknown_signs_do_not_matter():
    verdict = judge(Facts(headcounts=staff(6, 1)), "readiness")

    assert verdict.state == "not_yet"
    assert verdict.evidence["D"] == {"low": 0, "high": 4}


@pytest.mark.parametrize("pms", [12, 40])
def test_a_verdict_that_unknown_signs_could_change_says_what_it_needs(pms):
    verdict = judge(Facts(headcounts=staff(pms, 1)), "readiness")

    assert (verdict.state, verdict.missing) == ("unknown", ("org_facts",))
    assert verdict.message == "Cannot be judged: needs organisation facts."


def test_one_known_sign_settles_ready_where_product_ops_exists():
    known = OrgFacts(as_of=T - timedelta(days=10), public_company="yes")

    assert judge(Facts(headcounts=staff(40, 2), org_facts=(known,)), "readiness").state == "ready"
    assert judge(Facts(headcounts=staff(40, 0), org_facts=(known,)), "readiness").state == "unknown"


def test_overdue_needs_to_know_that_there_is_no_product_ops():
    pms_only = tuple(row for row in staff(40, 0) if row.function == "pm")

    verdict = judge(Facts(headcounts=pms_only, org_facts=(org(3),)), "readiness")

    assert (verdict.state, verdict.missing) == ("unknown", ("headcount",))
    assert judge(Facts(headcounts=pms_only, org_facts=(org(1),)), "readiness").state == "ready"


def shrinking(*counts, signs=1):
    """Return facts with one PM count a month, the first on 2025-01-01."""
    firsts = months(date(2025, 1, 1), date(2026, 12, 1))
    headcounts = tuple(
        HeadCount(as_of=day, function=function, headcount=int(fte), fte=fte)
        for day, pms in zip(firsts, counts, strict=False)
        for function, fte in (("pm", pms), ("product_ops", 1))
    )
    yearly = tuple(
        OrgFacts(as_of=date(year, 1, 1), **ALL_KNOWN | PRESENT[0]) for year in (2025, 2026)
    )
    quarterly = tuple(
        OrgFacts(as_of=day, experiments_finished_90d=0, teams_running_experiments=0)
        for day in months(date(2025, 1, 1), date(2026, 12, 1))
    )
    return Facts(headcounts=headcounts, org_facts=yearly + quarterly)


def states(facts, until):
    return [state for state, _ in history(facts, "readiness", until).values()]


def test_ready_survives_a_fall_below_15():
    facts = shrinking(*[20] * 6, *[14] * 12)

    assert states(facts, date(2026, 6, 1))[-1] == "ready"
    evidence = judge(facts, "readiness", date(2026, 6, 1)).evidence
    assert (evidence["P"], evidence["held_by_hysteresis"]) == (14, True)
    assert not judge(facts, "readiness", date(2025, 6, 1)).evidence["held_by_hysteresis"]


def test_ready_falls_after_two_quarters_below_13():
    # P is the median of three snapshots, so it is 12 from 2025-09-01 on.
    facts = shrinking(*[20] * 6, *[12] * 12)

    by_month = history(facts, "readiness", date(2026, 6, 1))

    assert by_month[date(2026, 1, 1)] == ("ready", None)
    assert by_month[date(2026, 2, 1)] == ("not_yet", None)


def test_a_month_at_13_starts_the_two_quarters_anew():
    facts = shrinking(*[20] * 6, *[12] * 5, *[13] * 3, *[12] * 3)

    assert states(facts, date(2026, 6, 1))[-1] == "ready"


def test_hysteresis_is_for_those_who_were_ready():
    facts = shrinking(*[14] * 12)

    assert states(facts, date(2026, 1, 1))[-1] == "not_yet"
