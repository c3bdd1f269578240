"""A trend over a change of rubric: a break, unless a crosswalk says what lives on as what."""

from datetime import date

import pytest

from maturity.rubrics import parse_pack
from maturity.services.rubrics import publish_pack
from tests.packs import guild_pack, guild_text
from tests.reports.scenes import assess, at

WALK = "crosswalk:\n  from: 1.0.0\n  map: {specs: specs, reviews: critiques}\n"


def _second(crosswalk: str = ""):
    text = guild_text(version="2.0.0").replace("key: reviews", "key: critiques")
    return publish_pack(parse_pack((text + crosswalk).encode(), name="two.yaml"))


@pytest.fixture
def first(organization):
    organization.rubric_key = "guild"
    organization.save()
    rubric = publish_pack(guild_pack())
    assess(organization, rubric, date(2026, 1, 10), {"specs": 1, "reviews": 3, "hiring": 5})
    return rubric


def _assess_again(organization, rubric):
    assess(organization, rubric, date(2026, 4, 10), {"specs": 3, "critiques": 3, "hiring": 5})
    return at(organization, date(2026, 5, 1)).trend.rounds[-1]


def test_without_a_crosswalk_the_trend_breaks(organization, first):
    last = _assess_again(organization, _second())

    assert (last.step, last.gap) == (None, "rubric")


def test_mapped_capabilities_alone_are_compared_and_the_step_says_so(organization, first):
    last = _assess_again(organization, _second(WALK))

    assert last.gap == ""
    # specs 1 → 3 and reviews 3 → critiques 3; hiring has the same key but is not mapped.
    assert (last.step.before, last.step.after, last.step.matched) == (25.0, 50.0, 2)
    assert last.step.mapped_from == "1.0.0"


def test_stored_scores_never_change(organization, first):
    before = list(first.assessments.get().scores.values_list("capability__key", "level"))

    _assess_again(organization, _second(WALK))

    assert list(first.assessments.get().scores.values_list("capability__key", "level")) == before


def test_what_an_older_rubric_left_behind_is_no_part_of_a_later_step(organization, first):
    rubric = _second()
    _assess_again(organization, rubric)
    assess(organization, rubric, date(2026, 5, 10), {"specs": 4, "critiques": 3, "hiring": 5})

    step = at(organization, date(2026, 6, 1)).trend.rounds[-1].step

    assert (step.matched, step.total, step.mapped_from) == (3, 5, "")


def test_another_pack_is_another_series(organization, first, rubric):
    assess(organization, rubric, date(2026, 4, 10), {}, others=2)

    trend = at(organization, date(2026, 5, 1)).trend

    assert trend.rounds[-1].gap == "rubric"
    assert {mark.state for mark in trend.rounds[0].marks} == {"absent"}
    assert (trend.rounds[0].areas, trend.rounds[-1].areas) == (2, 6)
