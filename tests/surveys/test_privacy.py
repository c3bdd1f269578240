"""The gate: what may be shown of how many answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.privacy import (
    HIDDEN,
    Decision,
    Thresholds,
    decide,
    decide_comments,
    kept_labels,
    may_show_turnout,
)

FIVE = Thresholds(k=5, k_comment=10)


class TestItems:
    @pytest.mark.parametrize("n", range(5))
    def test_under_k_nothing_is_said_whatever_the_answers(self, n):
        assert {decide(n, favourable, FIVE) for favourable in range(n + 1)} == {HIDDEN}

    def test_hidden_is_one_and_the_same_answer(self):
        assert Decision("suppressed") == HIDDEN
        assert (HIDDEN.detail, HIDDEN.at_least, HIDDEN.at_most) == (False, None, None)

    @pytest.mark.parametrize("n", range(5, 10))
    def test_all_on_one_side_under_10_gives_a_bound_only(self, n):
        assert decide(n, n, FIVE) == Decision("one_sided", at_least=80)
        assert decide(n, 0, FIVE) == Decision("one_sided", at_most=20)

    @pytest.mark.parametrize("n", range(5, 10))
    def test_mixed_answers_under_10_are_shown_without_detail(self, n):
        assert {decide(n, favourable, FIVE) for favourable in range(1, n)} == {Decision("shown")}

    @pytest.mark.parametrize("favourable", [0, 4, 10])
    def test_from_10_on_all_is_shown_with_detail(self, favourable):
        assert decide(10, favourable, FIVE) == Decision("shown", detail=True)

    def test_answers_without_sides_have_no_one_sided_case(self):
        assert decide(5, None, FIVE) == Decision("shown")
        assert decide(4, None, FIVE) == HIDDEN

    def test_k_is_the_waves_own(self):
        assert decide(5, 3, Thresholds(k=8, k_comment=10)) == HIDDEN
        assert decide(8, 3, Thresholds(k=8, k_comment=10)) == Decision("shown")


def test_comments_need_k_comment_commenters():
    assert decide_comments(9, FIVE) == HIDDEN
    assert decide_comments(10, FIVE) == Decision("shown")


def test_the_turnout_needs_k_responses():
    assert [may_show_turnout(n, FIVE) for n in (0, 4, 5)] == [False, False, True]


class TestLabels:
    def test_a_label_of_fewer_than_k_people_is_dropped(self):
        assert kept_labels(["en"] * 7 + ["de"] * 5 + ["fr"] * 3 + ["es"] * 2, 5) == {"en", "de"}

    def test_the_rest_without_label_must_not_be_a_small_group(self):
        assert kept_labels(["en"] * 7 + ["de"] * 6 + ["fr"] * 2, 5) == {"en"}

    def test_one_label_for_everybody_stays(self):
        assert kept_labels(["pm"] * 5, 5) == {"pm"}
        assert kept_labels(["pm"] * 4, 5) == set()

    @given(st.lists(st.sampled_from("abcdef"), max_size=40), st.integers(3, 8))
    def test_no_group_that_labels_make_has_fewer_than_k_people(self, labels, k):
        kept = kept_labels(labels, k)

        sizes = [labels.count(label) for label in kept]
        rest = sum(label not in kept for label in labels)
        assert all(size >= k for size in sizes)
        assert rest == 0 or rest >= k or not kept
