"""The trend index over assessments that can be compared."""

from datetime import date

import pytest

from tests.factories import AssessmentFactory, ScoreFactory
from tests.reports.scenes import FIRST_AREA, assess, at


def test_trend_compares_only_what_was_assessed_in_both_rounds(organization, rubric):
    first, second, third = FIRST_AREA
    assess(organization, rubric, date(2026, 5, 1), {first: 1, second: 3, third: "unknown"})
    assess(organization, rubric, date(2026, 8, 1), {first: 2, second: 3, third: 5})

    step = at(organization).trend.rounds[1].step

    assert (step.before, step.after, step.change) == (25.0, 37.5, 12.5)
    assert (step.matched, step.total) == (2, 18)


def test_capability_that_applies_in_neither_round_leaves_the_denominator(organization, rubric):
    for day, level in ((date(2026, 5, 1), 1), (date(2026, 8, 1), 5)):
        assess(organization, rubric, day, {FIRST_AREA[0]: "not_applicable"}, others=level)

    step = at(organization).trend.rounds[1].step

    assert (step.before, step.after, step.matched, step.total) == (0.0, 100.0, 17, 17)


@pytest.mark.parametrize(
    ("levels", "gap"), [({FIRST_AREA[1]: 3}, "no_match"), ({FIRST_AREA[0]: 3}, "")]
)
def test_rounds_without_a_common_capability_are_not_compared(organization, rubric, levels, gap):
    assess(organization, rubric, date(2026, 5, 1), {FIRST_AREA[0]: 2})
    assess(organization, rubric, date(2026, 8, 1), levels)

    rounds = at(organization).trend.rounds

    assert [item.gap for item in rounds] == ["first", gap]
    assert (rounds[1].step is None) == bool(gap)


def test_new_rubric_breaks_the_trend(organization, rubric):
    ScoreFactory(
        assessment=AssessmentFactory(organization=organization, valid_from=date(2026, 1, 1))
    )
    assess(organization, rubric, date(2026, 5, 1), dict.fromkeys(FIRST_AREA, 3))

    rounds = at(organization).trend.rounds

    assert [(item.gap, item.step) for item in rounds] == [("first", None), ("rubric", None)]


def test_correction_of_a_day_replaces_the_round_it_corrects(organization, rubric):
    day = date(2026, 5, 1)
    assess(organization, rubric, day, dict.fromkeys(FIRST_AREA, 1))
    corrected = assess(organization, rubric, day, dict.fromkeys(FIRST_AREA, 4))

    dashboard = at(organization)

    assert [item.marks[0].level for item in dashboard.trend.rounds] == [4]
    assert dashboard.profile.recorded_at == corrected.submitted_at
