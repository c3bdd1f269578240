"""An organisation's own numbers: checked before anything judges by them, sources kept."""

import pytest

from maturity.insights import CURRENT_THRESHOLDS
from maturity.insights.threshold_changes import BadThresholds, Sourced, changed, numbers_of

MINE = "[C] set by this organisation"


def change(**numbers):
    changes = {name.replace("__", "."): Sourced(value, MINE) for name, value in numbers.items()}
    return changed(CURRENT_THRESHOLDS, changes, version="1-own-1")


def test_every_shipped_number_can_be_given_again():
    numbers = numbers_of(CURRENT_THRESHOLDS)
    changes = {name: Sourced(n.value, n.source) for name, n in numbers.items()}

    same = changed(CURRENT_THRESHOLDS, changes, version=CURRENT_THRESHOLDS.version)

    assert same == CURRENT_THRESHOLDS


def test_a_change_replaces_one_number_and_its_source():
    mine = change(gatekeeper__t1_half_enter=3)

    assert mine.gatekeeper.t1_half_enter == 3
    assert mine.gatekeeper.t1_tail_enter == CURRENT_THRESHOLDS.gatekeeper.t1_tail_enter
    assert mine.sources["gatekeeper.t1_half_enter"] == MINE
    assert mine.version == "1-own-1"


@pytest.mark.parametrize(
    ("numbers", "name", "fault"),
    [
        ({"gatekeeper__t1_half_exit": 1.61}, "gatekeeper.t1_half_exit", "at most 1.6, 20%"),
        ({"gatekeeper__t1_half_enter": 1.8}, "gatekeeper.t1_half_enter", "at most 1.44"),
        ({"too_early__e1_pms_exit": 11.9}, "too_early.e1_pms_exit", "at least 12, 20%"),
        ({"unused_tools__red_exit": 0.23}, "unused_tools.red_exit", "at least 0.24"),
        ({"gatekeeper__t2_approved_exit": 0.96}, "gatekeeper.t2_approved_exit", "at most 0.95"),
        ({"too_early__e2_pms_exit": 14}, "too_early.e2_pms_exit", "at least 15"),
        ({"gatekeeper__t6_share_enter": 1.5}, "gatekeeper.t6_share_enter", "it is a fraction"),
        ({"gatekeeper__t1_tail_enter": -1}, "gatekeeper.t1_tail_enter", "not negative"),
        ({"gatekeeper__t1_tail_enter": float("nan")}, "gatekeeper.t1_tail_enter", "not negative"),
        ({"gatekeeper__t1_tail_enter": float("inf")}, "gatekeeper.t1_tail_enter", "not negative"),
        ({"gatekeeper__n_min": 20.5}, "gatekeeper.n_min", "whole"),
        ({"gatekeeper__n_min": 0}, "gatekeeper.n_min", "at least 1"),
        ({"gatekeeper__t5_draws": 10**9}, "gatekeeper.t5_draws", "at most 20000"),
        ({"gatekeeper__requesters_min": 4}, "gatekeeper.requesters_min", "recognised"),
        ({"survey__n_min": 1}, "survey.n_min", "recognised"),
        ({"gatekeeper__nothing": 1}, "gatekeeper.nothing", "no such number"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(numbers, name, fault):
    with pytest.raises(BadThresholds) as refused:
        change(**numbers)

    assert fault in refused.value.faults[name]


@pytest.mark.parametrize(
    "numbers",
    [
        {"gatekeeper__t1_half_exit": 1.6},
        {"gatekeeper__t2_approved_exit": 0.94},
        {"too_early__e2_pms_exit": 15},
        {"gatekeeper__t1_half_enter": 4, "gatekeeper__t1_half_exit": 3},
        {"gatekeeper__t5_seed": 7},
    ],
)
def test_the_gap_is_a_fifth_except_where_the_definitions_say_otherwise(numbers):
    change(**numbers)


def test_a_number_without_a_source_is_refused():
    with pytest.raises(BadThresholds, match="source"):
        changed(
            CURRENT_THRESHOLDS, {"gatekeeper.t1_half_enter": Sourced(3, " ")}, version="1-own-1"
        )
