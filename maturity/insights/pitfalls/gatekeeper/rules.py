"""T1 to T6: where each test of a gate stands, and what they give together."""

from collections.abc import Collection

from maturity.insights.base import Severity
from maturity.insights.hysteresis import Band, band
from maturity.insights.pitfalls.gatekeeper.figures import ITEMS, GateFigures
from maturity.insights.thresholds import GatekeeperRules

SURVEY_TEST = "T4"
TESTS = ("T1", "T2", "T3", "T4", "T5", "T6")


def readings(figures: GateFigures, rules: GatekeeperRules) -> dict[str, Band]:
    """Return every test's band."""
    return {
        "T1": _slow(figures, rules),
        "T2": _ceremonial(figures, rules),
        "T3": _load(figures, rules),
        "T4": _felt(figures),
        "T5": _cost(figures, rules),
        "T6": _backlog(figures, rules),
    }


def severity(tests: Collection[str]) -> Severity | None:
    """Return what a set of breached or latched tests gives."""
    if not tests:
        return None
    slow, felt, costly = "T1" in tests, "T4" in tests, "T5" in tests
    if slow and (felt or costly or "T2" in tests):
        return "high"
    ceremonial_load = {"T2", "T3"} <= set(tests)
    if slow or costly or ceremonial_load or (felt and len(tests) > 1):
        return "medium"
    return "low"


def is_critical(figures: GateFigures, rules: GatekeeperRules) -> bool:
    """Return whether half of the requests wait so long that one month is enough to raise."""
    half = figures.half
    if half is None or half.interval.low is None:
        return False
    return half.compared > rules.t1_half_critical and half.interval.low > rules.t1_half_enter


def _slow(figures: GateFigures, rules: GatekeeperRules) -> Band:
    half, tail = figures.half, figures.tail
    if half is None or tail is None:
        return Band.UNKNOWN
    return band(
        breached=half.compared > rules.t1_half_enter or tail.compared > rules.t1_tail_enter,
        beyond_exit=half.reached
        and tail.reached
        and half.compared <= rules.t1_half_exit
        and tail.compared <= rules.t1_tail_exit,
    )


def _ceremonial(figures: GateFigures, rules: GatekeeperRules) -> Band:
    half, approvals = figures.half, figures.approvals
    share, interval = approvals.share, approvals.interval
    if figures.approved_only or half is None or share is None or interval is None:
        return Band.UNKNOWN
    return band(
        breached=share >= rules.t2_approved_enter
        and approvals.decided >= rules.t2_decided_min
        and interval.low >= rules.t2_approved_lower
        and half.compared > rules.t2_half_enter,
        beyond_exit=share < rules.t2_approved_exit
        or (half.reached and half.compared <= rules.t2_half_exit),
    )


def _load(figures: GateFigures, rules: GatekeeperRules) -> Band:
    if figures.load is None:
        return Band.UNKNOWN
    return band(
        breached=figures.load >= rules.t3_load_enter, beyond_exit=figures.load <= rules.t3_load_exit
    )


def _felt(figures: GateFigures) -> Band:
    if any(answer.unfavourable for answer in figures.answers):
        return Band.BREACHED
    if len(figures.answers) < len(ITEMS):
        return Band.UNKNOWN
    return band(breached=False, beyond_exit=all(answer.relieved for answer in figures.answers))


def _cost(figures: GateFigures, rules: GatekeeperRules) -> Band:
    cost = figures.cost
    if cost is None or cost.ratio is None or cost.p is None or cost.difference is None:
        return Band.UNKNOWN
    return band(
        breached=cost.ratio >= rules.t5_ratio_enter
        and cost.p < rules.t5_p_below
        and cost.difference >= rules.t5_difference_min,
        beyond_exit=cost.reached and cost.ratio < rules.t5_ratio_exit,
    )


def _backlog(figures: GateFigures, rules: GatekeeperRules) -> Band:
    if figures.approved_only:
        return Band.UNKNOWN
    share = figures.backlog.share
    if share is None or figures.backlog.pending < rules.t6_pending_min:
        return Band.BEYOND_EXIT
    return band(breached=share > rules.t6_share_enter, beyond_exit=share < rules.t6_share_exit)
