"""The perception gap: claimed against felt, and unknown where too few answered."""

from datetime import UTC, date, datetime

import pytest

from maturity.models import SurveyItemResult
from maturity.rubrics.perception import ItemAnswers, perception
from maturity.selectors.perception import area_answers


def item(favourable, n=20, eligible=30, rate=0.7):
    return ItemAnswers(n=n, favourable=favourable, eligible=eligible, response_rate=rate)


@pytest.mark.parametrize(
    ("level", "said", "verdict"),
    [
        (4, 6, "overclaimed"),
        (5, 6, "overclaimed"),
        (3, 6, "no_clear_gap"),  # level 3 claims nothing that PMs could deny
        (4, (3, 8), "no_clear_gap"),  # 38 %, but the upper bound is not under 60
        (4, 10, "no_clear_gap"),  # half is not under half
        (2, 17, "underclaimed"),
        (1, 17, "underclaimed"),
        (3, 17, "no_clear_gap"),
        (2, 14, "no_clear_gap"),  # 70 % is not over 70
        (2, (6, 8), "no_clear_gap"),  # 75 %, but the lower bound is not over 60
        (None, 17, "unknown"),
    ],
)
def test_a_gap_needs_the_share_and_its_bound(level, said, verdict):
    answers = item(*said) if isinstance(said, tuple) else item(said)

    assert perception(level, [answers]).verdict == verdict


@pytest.mark.parametrize(
    "answers",
    [[], [item(4, n=4)], [item(6, rate=0.49)], [item(6, rate=None)], [item(6, eligible=None)]],
)
def test_too_few_answers_say_nothing_and_show_nothing(answers):
    said = perception(4, answers)

    assert (said.verdict, said.share, said.n) == ("unknown", None, None)


def test_the_bounds_are_those_of_the_item_that_fewest_answered():
    alone = perception(4, [item(6)])
    thrice = perception(4, [item(6)] * 3)

    assert (thrice.low, thrice.high, thrice.n) == (alone.low, alone.high, 20)
    assert thrice.share == pytest.approx(0.3)
    assert alone.high == pytest.approx(0.412, abs=0.01)


def test_everybody_answered_so_the_share_is_the_bound():
    said = perception(4, [item(9, n=20, eligible=20, rate=1.0)])

    assert (said.verdict, said.low, said.high) == ("overclaimed", 0.45, 0.45)


class TestWhatIsCompared:
    @staticmethod
    def released(organization, wave, day, **items) -> None:
        for key, (favourable, n) in items.items():
            SurveyItemResult.objects.create(
                organization=organization, wave_key=wave, item_key=key, n=n,
                favourable=favourable, eligible=30, response_rate=0.8,
                closed_at=datetime(2026, *day, 12, tzinfo=UTC),
                recorded_at=datetime(2026, *day, 12, tzinfo=UTC),
            )  # fmt: skip

    def answers(self, organization, rubric, **known):
        areas = list(rubric.areas.all())
        found = area_answers(organization, areas, **{"as_of": date(2026, 12, 31), **known})
        return {area.key: found[area.pk] for area in areas if area.pk in found}

    def test_the_newest_wave_that_asked_anything_of_the_area(self, organization, rubric):
        self.released(organization, "w1", (1, 10), ANA1=(5, 10), ANA2=(6, 10), EXP1=(9, 10))
        self.released(organization, "w2", (4, 10), ANA1=(8, 12))

        found = self.answers(organization, rubric)

        assert found["analytics_infrastructure"].wave_key == "w2"
        assert [i.n for i in found["analytics_infrastructure"].items] == [12]
        assert found["experimentation_platform"].wave_key == "w1"
        assert set(found) == {"analytics_infrastructure", "experimentation_platform"}

    def test_as_it_was_then_and_as_it_was_known(self, organization, rubric):
        self.released(organization, "w1", (1, 10), ANA1=(5, 10))
        self.released(organization, "w2", (4, 10), ANA1=(8, 12))
        known = datetime(2026, 2, 1, tzinfo=UTC)

        then = self.answers(organization, rubric, as_of=date(2026, 4, 9))
        told = self.answers(organization, rubric, known_at=known)

        assert then["analytics_infrastructure"].wave_key == "w1"
        assert told["analytics_infrastructure"].wave_key == "w1"

    def test_one_query_at_any_size(self, organization, rubric, django_assert_num_queries):
        for number in range(1, 9):
            self.released(organization, f"w{number}", (number, 10), ANA1=(5, 10), EXP1=(5, 10))
        areas = list(rubric.areas.all())

        with django_assert_num_queries(1):
            area_answers(organization, areas, as_of=date(2026, 12, 31))
