"""Sharing questions out: within the budget, to enough people, by blocks; or a reason why not."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.planning.allocation import Block, Infeasible, Share, allot, blocks_of, share_of
from surveys.services.allotments import REASONS

INTRO = 20
TWO = (Block("a", 20), Block("b", 20))


def test_what_fits_the_budget_is_asked_of_everybody():
    shares = [Share("X", 8, 10), Share("Y", 12, 20)]

    assert allot(TWO, shares, seconds=INTRO + 20) == {"a": ("X", "Y"), "b": ("X", "Y")}


def test_what_does_not_fit_goes_to_one_block_each():
    shares = [Share("X", 60, 20), Share("Y", 60, 20)]

    allotted = allot(TWO, shares, seconds=INTRO + 60)

    assert sorted(allotted.values()) == [("X",), ("Y",)]


def test_time_that_is_left_goes_to_the_question_asked_of_fewest():
    shares = [Share("X", 30, 40), Share("Y", 30, 20), Share("Z", 20, 20)]

    allotted = allot(TWO, shares, seconds=INTRO + 60)

    assert all("X" in keys for keys in allotted.values())
    assert {key for keys in allotted.values() for key in keys} == {"X", "Y", "Z"}


def test_the_questions_keep_their_order():
    shares = [Share("B", 8, 10), Share("A", 8, 10), Share("C", 60, 40)]

    assert allot(TWO, shares, seconds=INTRO + 76)["a"] == ("B", "A", "C")


@pytest.mark.parametrize(
    ("shares", "seconds", "reason"),
    [
        ([Share("X", 8, 41)], INTRO + 4, "X has to be put to 41 people, and there are 40."),
        ([Share("X", 8, 10)], INTRO + 4, "X alone takes longer than the budget."),
        (
            [Share("X", 60, 40), Share("Y", 60, 40)],
            INTRO + 100,
            "The questions need 2.4 minutes of each of 40 people to reach enough.",
        ),
        (
            [Share("X", 60, 21), Share("Y", 60, 10)],
            INTRO + 60,
            "Y finds no room: it has to be put to 10 people.",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(shares, seconds, reason):
    with pytest.raises(Infeasible) as refusal:
        allot(TWO, shares, seconds=seconds)

    assert REASONS[refusal.value.reason] % refusal.value.figures == reason


def test_a_block_of_seven_is_refused():
    with pytest.raises(Infeasible, match=r"small_block.*'b'.*8"):
        allot([Block("a", 8), Block("b", 7)], [Share("X", 8, 10)], seconds=100)


def test_a_question_needs_as_many_people_as_answer_at_half_the_response():
    assert share_of("LEV1", "agree5", k=5, k_comment=10).minimum == 10
    assert share_of("REC0", "recommend11", k=5, k_comment=10).minimum == 20
    assert share_of("OPN1", "text", k=5, k_comment=12).minimum == 24


@st.composite
def _cases(draw):
    blocks = [Block(f"b{n}", draw(st.integers(8, 30))) for n in range(draw(st.integers(1, 3)))]
    shares = [
        Share(f"Q{n}", draw(st.sampled_from([8, 12, 60])), draw(st.integers(1, 60)))
        for n in range(draw(st.integers(1, 4)))
    ]
    return blocks, shares, INTRO + draw(st.integers(8, 140))


@settings(max_examples=60, deadline=None)
@given(_cases())
def test_an_allotment_holds_what_it_promises_and_is_found_where_there_is_one(case):
    blocks, shares, seconds = case
    people = {block.key: block.eligible for block in blocks}

    try:
        allotted = allot(blocks, shares, seconds=seconds)
    except Infeasible:
        assert not _exists(blocks, shares, seconds)
        return

    for keys in allotted.values():
        assert INTRO + sum(s.seconds for s in shares if s.key in keys) <= seconds
    if sum(s.seconds for s in shares) + INTRO > seconds:
        for share in shares:
            asked = sum(people[block] for block, keys in allotted.items() if share.key in keys)
            assert asked >= share.minimum


def _exists(blocks, shares, seconds) -> bool:
    """Whether any way at all of sharing out would do, tried one by one."""
    if INTRO + sum(share.seconds for share in shares) <= seconds:
        return True
    choices = list(product([False, True], repeat=len(shares)))
    for rows in product(choices, repeat=len(blocks)):
        within = all(
            INTRO + sum(s.seconds for s, asked in zip(shares, row, strict=True) if asked) <= seconds
            for row in rows
        )
        enough = all(
            sum(b.eligible for b, row in zip(blocks, rows, strict=True) if row[n]) >= s.minimum
            for n, s in enumerate(shares)
        )
        if within and enough:
            return True
    return False


class TestBlocks:
    PARENTS = {"web": "shop", "app": "shop", "shop": "all", "ops": "all"}

    def test_a_large_group_is_its_own_block(self):
        blocks = blocks_of({"web": 9, "app": 8}, self.PARENTS)

        assert {key: (b.key, b.eligible) for key, b in blocks.items()} == {
            "web": ("web", 9),
            "app": ("app", 8),
        }

    def test_small_groups_go_up_into_their_parent(self):
        blocks = blocks_of({"web": 5, "app": 4, "ops": 8}, self.PARENTS)

        assert (blocks["web"], blocks["app"]) == (Block("shop", 9), Block("shop", 9))
        assert blocks["ops"] == Block("ops", 8)

    def test_what_is_left_at_the_root_joins_a_neighbour(self):
        blocks = blocks_of({"web": 9, "ops": 3}, self.PARENTS)

        assert blocks["web"] == blocks["ops"] == Block("all", 12)

    def test_too_few_for_any_block_are_refused(self):
        with pytest.raises(Infeasible, match="small_block"):
            blocks_of({"web": 4, "ops": 3}, self.PARENTS)
