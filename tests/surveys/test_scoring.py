"""Scoring: reversed once, missing never replaced, who counts."""

import csv
import statistics
from pathlib import Path

import pytest

from surveys.scoring import (
    ItemScale,
    ScoredItem,
    Sheet,
    area_index,
    counts_for_response_rate,
    is_straight_line,
    score_item,
)

AGREE = ItemScale("rating", 1, 5)
REVERSED = ItemScale("rating", 1, 5, reverse=True)
RECOMMEND = ItemScale("recommend", 0, 10)
HOURS = ItemScale("hours", 0, 60)
TEN = tuple(f"R{n}" for n in range(10))


def _alpha(columns: list[list[int]]) -> float:
    """Cronbach's alpha, written down again from its definition."""
    items = len(columns)
    totals = [sum(row) for row in zip(*columns, strict=True)]
    within = sum(statistics.variance(column) for column in columns)
    return items / (items - 1) * (1 - within / statistics.variance(totals))


class TestReversal:
    def test_a_reverse_item_is_turned_round_once(self):
        item = ScoredItem(REVERSED, (1, 2, 5))

        assert item.scores == (5, 4, 1)
        assert item.favourable == 2
        assert item.mean == pytest.approx(10 / 3)

    def test_the_distribution_keeps_the_answers_as_given(self):
        assert ScoredItem(REVERSED, (1, 1, 5)).distribution == (2, 0, 0, 0, 1)

    def test_alpha_of_extraversion_shows_that_reversal_is_right(self, shared: Path):
        with (shared / "data/source/psych_bfi.csv").open() as file:
            rows = [
                [int(float(row[f"E{n}"])) for n in range(1, 6)]
                for row in csv.DictReader(file)
                if all(row[f"E{n}"] not in {"", "NA"} for n in range(1, 6))
            ]
        keyed = [ItemScale("rating", 1, 6, reverse=n in {0, 1}) for n in range(5)]
        sheets = [Sheet({f"E{n}": value for n, value in enumerate(row)}) for row in rows]

        scored = [score_item(sheets, f"E{n}", scale) for n, scale in enumerate(keyed)]

        assert _alpha([list(item.scores) for item in scored]) == pytest.approx(0.761, abs=0.001)
        assert _alpha([list(item.answers) for item in scored]) == pytest.approx(-0.624, abs=0.001)


class TestFavourable:
    @pytest.mark.parametrize(
        ("scale", "answers", "favourable"),
        [
            (AGREE, (1, 2, 3, 4, 5), 2),
            (REVERSED, (1, 2, 3, 4, 5), 2),
            (RECOMMEND, tuple(range(11)), 2),
            (ItemScale("rating", 1, 10), tuple(range(1, 11)), 3),
            (ItemScale("rating", 1, 7), tuple(range(1, 8)), 2),
        ],
    )
    def test_three_quarters_up_the_scale_and_promoters_alone(self, scale, answers, favourable):
        assert ScoredItem(scale, answers).favourable == favourable

    def test_hours_have_no_favourable_side(self):
        assert ScoredItem(HOURS, (1, 60)).favourable is None

    def test_hours_above_40_count_as_40_in_a_mean(self):
        item = ScoredItem(HOURS, (10, 60))

        assert item.scores == (10, 40)
        assert item.mean == 25


class TestMissing:
    def test_unanswered_is_no_answer_and_does_not_apply_is_counted_apart(self):
        sheets = [
            Sheet({"R0": 4}),
            Sheet({}),
            Sheet({}, frozenset({"R0"})),
            Sheet({"R0": 2}),
        ]

        item = score_item(sheets, "R0", AGREE)

        assert (item.n, item.answers, item.not_applicable) == (2, (4, 2), 1)

    def test_nothing_answered_has_no_mean(self):
        assert ScoredItem(AGREE, ()).mean is None


class TestWhoCounts:
    @pytest.mark.parametrize(
        ("answered", "skipped", "counts"),
        [(5, 0, True), (4, 0, False), (4, 1, True), (0, 5, True), (0, 0, False), (10, 0, True)],
    )
    def test_a_response_counts_from_half_of_the_rating_items_on(self, answered, skipped, counts):
        sheet = Sheet(
            dict.fromkeys(TEN[:answered], 3), frozenset(TEN[answered : answered + skipped])
        )

        assert counts_for_response_rate(sheet, TEN) is counts

    def test_answers_to_other_items_do_not_help(self):
        assert not counts_for_response_rate(Sheet({"REC0": 9, "R0": 1}), TEN)

    def test_without_rating_items_anything_counts(self):
        assert counts_for_response_rate(Sheet({"REC0": 9}), ())


class TestStraightLines:
    def test_one_rating_throughout_is_flagged(self):
        assert is_straight_line(Sheet(dict.fromkeys(TEN, 4)), TEN, reverse_keys=["R3"])

    def test_not_without_a_reverse_item(self):
        assert not is_straight_line(Sheet(dict.fromkeys(TEN, 4)), TEN, reverse_keys=[])

    def test_not_when_one_rating_differs(self):
        sheet = Sheet(dict.fromkeys(TEN, 4) | {"R9": 5})

        assert not is_straight_line(sheet, TEN, reverse_keys=["R3"])

    def test_a_single_rating_is_no_line(self):
        assert not is_straight_line(Sheet({"R0": 4}), TEN, reverse_keys=["R3"])

    def test_other_scales_are_not_looked_at(self):
        sheet = Sheet(dict.fromkeys(TEN, 4) | {"REC0": 9})

        assert is_straight_line(sheet, TEN, reverse_keys=["R3"])


class TestIndex:
    def test_an_index_is_the_mean_of_means_and_needs_two(self):
        assert area_index([3.0, 4.0]) == 3.5
        assert area_index([3.0]) is None
        assert area_index([]) is None
