from datetime import timedelta

import pytest

from maturity.insights.facts import Facts, OrgFacts
from maturity.insights.signs import other_signs
from tests.maturity.insights.builders import T, judge, period, staff


def facts(*, age=10, pms=None, **columns):
    return Facts(
        headcounts=() if pms is None else staff(pms, 1),
        org_facts=(OrgFacts(as_of=T - timedelta(days=age), **columns),),
    )


@pytest.mark.parametrize(("pms", "state"), [(14.9, "absent"), (15, "present")])
def test_pm_count(pms, state):
    verdict = judge(facts(pms=pms), "pm_count")

    assert (verdict.state, verdict.missing) == (state, ())
    assert verdict.evidence["P"] == pms


def test_pm_count_without_head_count_is_unknown():
    verdict = judge(facts(), "pm_count")

    assert (verdict.state, verdict.missing) == ("unknown", ("headcount",))


@pytest.mark.parametrize(
    ("key", "columns", "state"),
    [
        ("multi_product", {"products": 2, "business_units": 1}, "present"),
        ("multi_product", {"products": 1, "business_units": 2}, "present"),
        ("multi_product", {"products": 1, "business_units": 1}, "absent"),
        ("multi_product", {"products": 2}, "present"),
        ("multi_product", {"products": 1}, "unknown"),
        ("multi_product", {"products": 2, "business_units": 1, "pms": 3}, "absent"),
        ("multi_product", {"products": 2, "business_units": 1, "pms": 4}, "present"),
        (
            "experimentation",
            {"experiments_finished_90d": 12, "teams_running_experiments": 3},
            "present",
        ),
        (
            "experimentation",
            {"experiments_finished_90d": 11, "teams_running_experiments": 3},
            "absent",
        ),
        (
            "experimentation",
            {"experiments_finished_90d": 12, "teams_running_experiments": 2},
            "absent",
        ),
        ("experimentation", {"experiments_finished_90d": 12}, "unknown"),
        ("experimentation", {"experiments_finished_90d": 0}, "absent"),
        ("global", {"markets": 2, "timezone_span_hours": 5}, "present"),
        ("global", {"markets": 2, "timezone_span_hours": 4.5}, "absent"),
        ("global", {"markets": 1}, "absent"),
        ("global", {"timezone_span_hours": 8}, "unknown"),
        ("public_company", {"public_company": "yes"}, "present"),
        ("public_company", {"public_company": "within_12m"}, "present"),
        ("public_company", {"public_company": "no"}, "absent"),
        ("public_company", {}, "unknown"),
    ],
)
def test_signs_from_org_facts(key, columns, state):
    verdict = judge(facts(**columns), key)

    assert verdict.state == state
    assert verdict.missing == (("org_facts",) if state == "unknown" else ())


@pytest.mark.parametrize(
    ("key", "columns", "limit"),
    [
        ("multi_product", {"business_units": 3}, 400),
        ("global", {"markets": 3, "timezone_span_hours": 9}, 400),
        ("public_company", {"public_company": "yes"}, 400),
        (
            "experimentation",
            {"experiments_finished_90d": 40, "teams_running_experiments": 9},
            120,
        ),
    ],
)
def test_signs_go_stale(key, columns, limit):
    assert judge(facts(age=limit, **columns), key).state == "present"
    assert judge(facts(age=limit + 1, **columns), key).state == "unknown"


def test_each_figure_is_the_newest_that_anybody_gave():
    older = OrgFacts(as_of=T - timedelta(days=90), public_company="no", business_units=1)
    newer = OrgFacts(as_of=T - timedelta(days=5), business_units=4)

    verdict = judge(Facts(org_facts=(newer, older)), "public_company")

    assert verdict.state == "absent"


def test_facts_dated_at_t_are_not_known_yet():
    assert judge(facts(age=0, public_company="yes"), "public_company").state == "unknown"


def test_d_is_a_range_while_signs_are_unknown():
    signs = other_signs(period(facts(public_company="yes", markets=1)))

    assert (signs.low, signs.high, str(signs.count)) == (1, 3, "1 to 3")
    assert signs.at_least(1) is True
    assert signs.at_least(2) is None
    assert signs.at_least(3) is None
    assert signs.at_least(4) is False
