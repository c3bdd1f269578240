"""Whether a planned wave opens, from what came before it. A reason is a code; words are others'."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from surveys.planning.figures import FIGURES

Reason = Literal["gap", "not_shared", "joined_lately"]


@dataclass(frozen=True)
class Past:
    """What lies behind a wave that is due.

    `last_opened_on`: of its series. `shared`: whether its series' last closed wave has its
    follow-up published, or the lead overrode that; True where there is none. `joined`: how
    many of the `audience` were asked by another wave of late.
    """

    last_opened_on: date | None
    shared: bool
    audience: int
    joined: int


def reason_to_skip(past: Past, *, opens_on: date) -> Reason | None:
    """Why a wave must not open that day; None: nothing stands in the way."""
    rules = FIGURES.skipping
    opened_on = past.last_opened_on
    if opened_on and (opens_on - opened_on).days < rules.minimum_gap_days.value:
        return "gap"
    if not past.shared:
        return "not_shared"
    if past.joined > rules.joined_share.value * past.audience:
        return "joined_lately"
    return None


def is_tired(rates: Sequence[float | None]) -> bool:
    """Whether the newest waves, newest first, were answered too little to go on as often.

    A rate that was not shown (fewer than k answered) is below every bound.
    """
    rules = FIGURES.fatigue
    newest = rates[: rules.waves.value]
    if len(newest) < rules.waves.value:
        return False
    return all(rate is None or rate < rules.response_rate.value for rate in newest)
