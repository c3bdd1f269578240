"""The gate over groups: what nobody may find out by subtracting one group from another."""

import csv
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.privacy import (
    HIDDEN,
    Answers,
    Decision,
    Groups,
    Labels,
    Ledger,
    Rule,
    Thresholds,
    count,
    judge_item,
    may_publish,
    merged_labels,
    release,
    union,
)
from surveys.privacy.span import exposes_few
from tests.maturity.test_stats import reference, with_reference

FIVE = Thresholds(k=5, k_comment=10)


def crowd(*sizes):
    """Disjoint sets of people of these sizes."""
    sets, start = [], 0
    for size in sizes:
        sets.append(((1 << size) - 1) << start)
        start += size
    return sets


class TestTree:
    def test_a_small_remainder_hides_the_smallest_shown_child(self):
        a, b, rest = crowd(8, 7, 3)
        people = {"all": a | b | rest, "a": a, "b": b}

        shown = release({"all": None, "a": "all", "b": "all"}, people, Rule(5))

        assert shown == {"all", "a"}

    def test_a_remainder_of_nobody_or_of_k_people_is_fine(self):
        a, b, rest = crowd(8, 7, 5)
        parents = {"all": None, "a": "all", "b": "all"}

        assert release(parents, {"all": a | b, "a": a, "b": b}, Rule(5)) == {"all", "a", "b"}
        assert release(parents, {"all": a | b | rest, "a": a, "b": b}, Rule(5)) == set(parents)

    def test_the_nearest_shown_ancestor_counts_where_the_parent_is_hidden(self):
        team, others = crowd(6, 3)
        people = {"all": team | others, "unit": 0b111, "team": team}

        assert release({"all": None, "unit": "all", "team": "unit"}, people, Rule(5)) == {"all"}

    def test_ties_hide_the_first_key(self):
        a, b, rest = crowd(6, 6, 2)
        people = {"all": a | b | rest, "b": b, "a": a}

        assert release({"all": None, "b": "all", "a": "all"}, people, Rule(5)) == {"all", "b"}

    def test_a_one_sided_remainder_under_10_hides_a_sibling_too(self):
        a, rest = crowd(12, 6)
        everybody = {"all": a | rest, "a": a}
        parents = {"all": None, "a": "all"}
        mixed = Rule(5, favourable=a & 0b111 | 1 << 12)
        sided = Rule(5, favourable=a & 0b111)

        assert release(parents, everybody, mixed) == {"all", "a"}
        assert release(parents, everybody, sided) == {"all"}

    def test_a_masked_group_counts_as_not_shown(self):
        a, masked = crowd(12, 6)
        people = {"all": a | masked, "a": a, "masked": masked}
        parents = {"all": None, "a": "all", "masked": "all"}
        rule = Rule(5, favourable=a & 0b1111)
        # All of the 6 are unfavourable, so that "all" less "a" would tell it exactly.
        assert release(parents, people, rule) == {"all", "masked"}

    @given(st.data())
    def test_no_remainder_is_ever_exposed(self, data):
        parents, people = data.draw(trees())
        favourable = data.draw(st.integers(0, people["g0"]))
        rule = data.draw(st.sampled_from([Rule(5), Rule(3), Rule(5, favourable)]))

        shown = release(parents, people, rule)

        assert all(count(people[group]) >= rule.k for group in shown)
        for told in (shown, {g for g in shown if not rule.is_one_sided(people[g])}):
            assert not any(rule.is_exposed(rest) for rest in remainders(parents, people, told))

    @given(st.data())
    def test_on_a_tree_the_remainder_rule_and_the_span_rule_agree(self, data):
        parents, people = data.draw(trees())

        shown = release(parents, people, Rule(5))

        assert not exposes_few([people[group] for group in shown], Rule(5))


class TestOverlap:
    def test_both_differences_with_each_published_set_count(self):
        common, few, many = crowd(10, 3, 6)

        assert not may_publish(common | few, [common], Rule(5))
        assert not may_publish(common, [common | few], Rule(5))
        assert may_publish(common | many, [common], Rule(5))
        assert may_publish(common, [common], Rule(5))
        assert not may_publish(few, [], Rule(5))

    def test_a_one_sided_difference_under_10_is_refused(self):
        common, six = crowd(10, 6)

        assert may_publish(common | six, [common], Rule(5, favourable=common & 7 | six & -six))
        assert not may_publish(common | six, [common], Rule(5, favourable=common & 7))

    @with_reference
    @given(st.lists(st.integers(0, 2**12 - 1), min_size=1, max_size=5))
    def test_never_more_generous_than_the_reference(self, sets):
        candidate, *published = sets

        def named(people):
            return {i for i in range(12) if people >> i & 1}

        if may_publish(candidate, published, Rule(3)):
            assert reference().may_publish(named(candidate), list(map(named, published)), k=3)


class TestSpan:
    def test_three_harmless_sets_that_reveal_one_person_together(self):
        u1, u2, one, rest = crowd(5, 5, 1, 9)
        everybody, together = u1 | u2 | one | rest, u1 | u2 | one

        # Each difference is nobody or at least 5 people; the sum of the two is not.
        assert not may_publish(together, [everybody, u1, u2], Rule(5))
        assert may_publish(u1 | u2, [everybody, u1, u2], Rule(5))

    def test_a_difference_of_three_steps_is_found(self):
        a, b, c, d, one = crowd(6, 6, 6, 6, 1)

        assert exposes_few([a | b, b | c | one, c | d, a | d], Rule(5)) is True
        assert exposes_few([a | b, b | c, c | d], Rule(5)) is False

    def test_one_sided_sets_in_the_span_are_found_too(self):
        u1, u2, six, rest = crowd(5, 5, 6, 14)
        published = [u1 | u2 | six | rest, u1, u2, u1 | u2 | six]
        half = u1 & 1 | u2 & -u2 | rest

        assert exposes_few(published, Rule(5, favourable=half)) is True
        assert exposes_few(published, Rule(5, favourable=half | six & -six)) is False

    def test_too_many_choices_are_not_called_safe(self):
        pairs = [0b11 << 2 * i for i in range(60)]
        # 60 pairs, each published: every one is exposed, and found at the first.
        assert exposes_few(pairs, Rule(5)) is True

    @given(st.lists(st.integers(1, 2**9 - 1), min_size=1, max_size=5))
    def test_it_finds_exactly_the_small_sets_of_the_span(self, sets):
        assert exposes_few(sets, Rule(3)) is brute_force(sets, k=3)


def brute_force(sets, k):
    """Try every set of 1 to k-1 of 9 people by rank, with numpy's exact-enough floats."""
    matrix = np.array([[people >> i & 1 for i in range(9)] for people in sets])
    rank = np.linalg.matrix_rank(matrix)
    few = [v for v in product((0, 1), repeat=9) if 0 < sum(v) < k]
    return any(np.linalg.matrix_rank(np.vstack([matrix, v])) == rank for v in few)


class TestItems:
    def test_details_need_10_people_in_every_remainder(self):
        a, b = crowd(13, 7)
        groups = Groups({"all": None, "a": "all", "b": "all"}, {"all": a | b, "a": a, "b": b})
        ledger = Ledger()
        answers = Answers(a | b, favourable=0b1010101 | 1 << 14)

        decided = judge_item(groups, answers, FIVE, ledger)

        # With both distributions the one of the 7 would follow.
        assert [decided[g].state for g in ("all", "a", "b")] == ["shown"] * 3
        assert [decided[g].detail for g in ("all", "a", "b")] == [True, False, False]
        assert ledger.details == [a | b]

    def test_who_it_does_not_concern_is_no_small_group_either(self):
        a, b = crowd(12, 3)
        groups = Groups({"all": None, "a": "all"}, {"all": a | b, "a": a})

        decided = judge_item(groups, Answers(a, 0b111, not_applicable=b), FIVE, Ledger())

        # All less a: three people, all of whom said that it does not apply.
        assert decided["a"] == Decision("shown", detail=True, not_applicable=False)
        assert decided["all"] == Decision("shown", detail=True, not_applicable=True)

    def test_every_hidden_group_is_the_same(self):
        small, masked_away, rest = crowd(3, 6, 20)
        everybody = small | masked_away | rest
        groups = Groups(
            {"all": None, "small": "all", "sibling": "all"},
            {"all": everybody, "small": small, "sibling": rest | masked_away, "empty": 0},
        )

        decided = judge_item(groups, Answers(everybody, rest & 0xFFF000), FIVE, Ledger())

        assert {decided[g] for g in ("small", "sibling", "empty")} == {HIDDEN}

    def test_second_cuts_go_by_size_then_key(self):
        a, b, few = crowd(10, 10, 2)
        members = {"all": a | b | few, "x": a | few, "y": a | few, "z": b | few}
        groups = Groups({"all": None}, members)

        decided = judge_item(groups, Answers(a | b | few), FIVE, Ledger())

        # x and y are the same people; z would leave few in common with x.
        assert [decided[g].state for g in ("all", "x", "y")] == ["shown"] * 3
        assert decided["z"] == HIDDEN

    def test_a_second_version_is_judged_beside_the_first(self):
        first, late = crowd(12, 3)
        groups = Groups({"all": None}, {"all": first})
        ledger = Ledger()
        judge_item(groups, Answers(first), FIVE, ledger)

        again = Groups({"all": None}, {"all": first | late})

        assert judge_item(again, Answers(first | late), FIVE, ledger)["all"] == HIDDEN
        assert judge_item(groups, Answers(first), FIVE, ledger)["all"].state == "shown"


class TestLabels:
    def test_a_small_unit_is_merged_into_its_parent(self):
        labels = people(
            ("pm", ("bu", "a"), "", 6), ("pm", ("bu", "b"), "", 3), ("pm", ("bu",), "", 4)
        )

        merged = merged_labels(labels, 5)

        assert sizes(merged) == {Labels("pm", ("bu", "a")): 6, Labels("pm", ("bu",)): 7}

    def test_languages_join_their_unit_before_it_is_given_up(self):
        labels = people(("pm", ("a",), "de", 6), ("pm", ("a",), "en", 3), ("pm", ("b",), "de", 8))

        merged = merged_labels(labels, 5)

        assert sizes(merged) == {Labels("pm", ("a",)): 9, Labels("pm", ("b",), "de"): 8}

    def test_at_the_top_the_smallest_unit_is_widened(self):
        labels = people(("pm", (), "", 2), ("pm", ("a",), "", 6), ("pm", ("b",), "", 9))

        assert sizes(merged_labels(labels, 5)) == {Labels("pm"): 8, Labels("pm", ("b",)): 9}

    def test_an_audience_of_fewer_than_k_has_no_label(self):
        labels = people(("pm", (), "en", 9), ("product_ops", (), "en", 4))

        assert sizes(merged_labels(labels, 5)) == {Labels("pm", (), "en"): 9}

    @given(st.data())
    def test_no_label_is_shared_by_fewer_than_k(self, data):
        one = st.tuples(
            st.sampled_from(["pm", "pm_new"]),
            st.lists(st.sampled_from("ab"), max_size=3).map(tuple),
            st.sampled_from(["", "de", "en"]),
        )
        labels = {
            i: Labels(*label) for i, label in enumerate(data.draw(st.lists(one, max_size=40)))
        }
        k = data.draw(st.integers(3, 8))

        merged = merged_labels(labels, k)

        assert all(size >= k for size in sizes(merged).values())
        for who, label in merged.items():
            assert label.units == labels[who].units[: len(label.units)]
            assert label.audience == labels[who].audience
            assert label.language in {"", labels[who].language}
        for audience in {label.audience for label in labels.values()}:
            whole = [label for label in labels.values() if label.audience == audience]
            kept = [label for label in merged.values() if label.audience == audience]
            assert len(kept) == (len(whole) if len(whole) >= k else 0)


def people(*groups):
    found = {}
    for audience, units, language, size in groups:
        found |= {len(found) + i: Labels(audience, units, language) for i in range(size)}
    return found


def sizes(labels):
    return {label: list(labels.values()).count(label) for label in labels.values()}


@st.composite
def trees(draw):
    """A tree of up to 8 groups over up to 40 people, members of a group in its ancestors too."""
    count_ = draw(st.integers(1, 8))
    parents = {"g0": None}
    for number in range(1, count_):
        parents[f"g{number}"] = f"g{draw(st.integers(0, number - 1))}"
    homes = draw(st.lists(st.sampled_from(sorted(parents)), max_size=40))
    found = dict.fromkeys(parents, 0)
    for person, home in enumerate(homes):
        group = home
        while group is not None:
            found[group] |= 1 << person
            group = parents[group]
    return parents, found


def remainders(parents, people, shown):
    for group in shown:
        below = [g for g in shown if g != group and nearest(g, parents, shown) == group]
        if below:
            yield people[group] & ~union(people[g] for g in below)


def nearest(group, parents, shown):
    group = parents[group]
    while group is not None and group not in shown:
        group = parents[group]
    return group


class TestArmy:
    """495 soldiers in battalions and companies of 1 to 37, counted on respondents."""

    @pytest.fixture
    def army(self, shared):
        with (shared / "data" / "army" / "survey_responses.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        parents, found, bits = {"all": None}, {"all": 0}, {}
        for row in rows:
            bit = 1 << bits.setdefault(row["respondent_key"], len(bits))
            above = "all"
            found["all"] |= bit
            for group in row["group_keys"].split("|"):
                parents[group] = above
                found[group] = found.get(group, 0) | bit
                above = group
        return parents, found

    def test_plain_k_leaks_four_remainders_ours_none(self, army):
        parents, found = army
        plain = {group for group, members in found.items() if count(members) >= 5}
        leaks = [rest for rest in remainders(parents, found, plain) if 0 < count(rest) < 5]

        shown = release(parents, found, Rule(5))

        assert (len(parents), len(plain), len(leaks)) == (60, 44, 4)
        assert len(shown) == 40
        assert not any(0 < count(rest) < 5 for rest in remainders(parents, found, shown))

    @with_reference
    def test_the_reference_shows_the_same_groups(self, army):
        parents, found = army
        children = {}
        for group, above in parents.items():
            if above is not None:
                children.setdefault(above, []).append(group)
        named = {g: {i for i in range(m.bit_length()) if m >> i & 1} for g, m in found.items()}

        assert release(parents, found, Rule(5)) == reference().release(children, named, 5)
