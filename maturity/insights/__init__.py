"""PURE: what we conclude about an organisation, month by month, from its facts alone."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial

from maturity.insights.base import Verdict
from maturity.insights.benefits import BENEFITS, Benefit
from maturity.insights.digests import Digests
from maturity.insights.facts import Facts
from maturity.insights.pitfalls.centralised_decisions import CentralisedDecisions
from maturity.insights.pitfalls.gatekeeper import Gatekeeper
from maturity.insights.pitfalls.separate_career_path import SeparateCareerPath
from maturity.insights.pitfalls.too_early import TooEarly
from maturity.insights.pitfalls.unused_tools import UnusedTools
from maturity.insights.readiness import Readiness
from maturity.insights.replays import Check, Checkpoint, Replay
from maturity.insights.signs import SIGNS, Sign
from maturity.insights.thresholds import V1, Thresholds
from maturity.insights.working_time import period_end_due

# Everything the product can conclude. A check is made anew for each replay.
CHECKS: tuple[Callable[[], Check], ...] = (
    TooEarly,
    Gatekeeper,
    CentralisedDecisions,
    UnusedTools,
    SeparateCareerPath,
    *(partial(Sign, key) for key in SIGNS),
    Readiness,
    *(partial(Benefit, key) for key in BENEFITS),
)

__all__ = [
    "CHECKS",
    "CURRENT_THRESHOLDS",
    "SHIPPED_THRESHOLDS",
    "Check",
    "Checkpoint",
    "Digests",
    "Facts",
    "Thresholds",
    "Verdict",
    "period_end_due",
    "replay",
    "resume",
    "run_checks",
]

# Every version that was ever shipped, by its name: old verdicts are replayed with theirs.
SHIPPED_THRESHOLDS = {each.version: each for each in (V1,)}
CURRENT_THRESHOLDS = V1


def run_checks(
    facts: Facts, *, as_of: date, thresholds: Thresholds = CURRENT_THRESHOLDS
) -> list[Verdict]:
    """Judge one organisation at the last T on or before `as_of`. Every check answers.

    Earlier months are replayed first, so the answer depends on the facts alone.
    """
    _, verdicts = deque(replay(facts, until=as_of, thresholds=thresholds), maxlen=1).pop()
    return verdicts


def replay(
    facts: Facts, *, until: date, thresholds: Thresholds = CURRENT_THRESHOLDS
) -> Iterator[tuple[date, list[Verdict]]]:
    """Yield (T, verdicts) for every month from the first with data to the last T <= `until`.

    At least the last month is yielded. Nothing dated at or after a T is seen by its verdicts.
    """
    return Replay(facts, CHECKS, until=until, thresholds=thresholds).months()


def resume(
    facts: Facts,
    kept: Sequence[Checkpoint],
    *,
    as_of: date,
    thresholds: Thresholds = CURRENT_THRESHOLDS,
    digests: Digests | None = None,
) -> tuple[list[Verdict], list[Checkpoint]]:
    """Judge as run_checks() does, replaying only the months that no kept checkpoint speaks for.

    Return the verdicts, and a checkpoint for each month that was replayed. `digests` may have
    seen these facts already.
    """
    replaying = Replay(facts, CHECKS, until=as_of, thresholds=thresholds, digests=digests)
    judged, made = [], []
    for end, verdicts in replaying.months(replaying.newest_holding(kept)):
        judged = verdicts
        made.append(replaying.checkpoint(end))
    return judged, made
