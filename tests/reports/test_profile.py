"""The six-area profile: levels, coverage, and what is not known."""

from datetime import UTC, date, datetime

import pytest

from tests.factories import AssessmentFactory, ScoreFactory
from tests.reports.scenes import FIRST_AREA, assess, at


@pytest.mark.parametrize(
    ("levels", "state", "level"),
    [
        ((1, 4, 5), "level", 2),
        ((2, 3, 3), "level", 3),
        ((3, "unknown", 3), "level", 3),
        ((3, "unknown", "not_assessed"), "incomplete", None),
        ((3, "not_applicable", "not_applicable"), "level", 3),
        (("not_applicable",) * 3, "not_applicable", None),
    ],
)
def test_area_follows_the_rule_of_the_definitions(organization, rubric, levels, state, level):
    assess(organization, rubric, date(2026, 5, 1), dict(zip(FIRST_AREA, levels, strict=True)))

    area = at(organization).profile.areas[0]

    assert (area.key, area.state, area.level) == ("analytics_infrastructure", state, level)


def test_profile_counts_areas_at_target_and_those_without_a_level(organization, rubric):
    assess(organization, rubric, date(2026, 5, 1), dict.fromkeys(FIRST_AREA, 3))

    profile = at(organization).profile

    assert (profile.at_target, profile.without_level, len(profile.areas)) == (1, 5, 6)


def test_scores_of_an_older_rubric_never_fill_the_gaps_of_the_newer_one(organization, rubric):
    older = ScoreFactory(
        assessment=AssessmentFactory(organization=organization, valid_from=date(2026, 1, 1)),
        level=5,
        effective_level=2,
    )
    assess(organization, rubric, date(2026, 5, 1), {})

    profile = at(organization).profile

    assert profile.rubric == "product-ops-core 1.0.0"
    assert (profile.assessed, profile.unsubstantiated) == (0, 0)
    assert older.capability.area.key not in [area.key for area in profile.areas]


def test_page_shows_what_was_known_then(organization, rubric):
    assess(organization, rubric, date(2026, 5, 1), dict.fromkeys(FIRST_AREA, 2))
    assess(organization, rubric, date(2026, 8, 1), dict.fromkeys(FIRST_AREA, 4))

    then = at(organization, known_at=datetime(2026, 6, 1, tzinfo=UTC))

    assert then.profile.areas[0].level == 2
    assert [item.valid_from for item in then.trend.rounds] == [date(2026, 5, 1)]
