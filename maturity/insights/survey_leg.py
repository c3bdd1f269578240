"""What PMs say: the newest usable answer to one item, and whether it speaks against."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from maturity import stats
from maturity.insights.facts import PM, SurveyItem
from maturity.insights.thresholds import SurveyRules

SURVEY = "survey_responses"


@dataclass(frozen=True, slots=True)
class Felt:
    """One item of one wave. `share` is favourable after reversal, `upper` its 90 % limit."""

    item_key: str
    wave_key: str
    n: int
    share: float
    upper: float
    unfavourable: bool
    relieved: bool

    def as_evidence(self) -> dict[str, Any]:
        return {
            "wave": self.wave_key,
            "n": self.n,
            "favourable": self.share,
            "upper90": self.upper,
            "unfavourable_majority": self.unfavourable,
        }


def felt(
    items: Iterable[SurveyItem],
    item_key: str,
    *,
    end: datetime,
    rules: SurveyRules,
    audience: str = PM,
) -> Felt | None:
    """Return what an audience last answered to an item before the moment T = `end`.

    None where nobody was asked lately, too few answered, or the number of eligible people is
    unknown. An older wave never stands in for a newer one that is too small to show.
    """
    asked = [
        item
        for item in items
        if item.item_key == item_key and item.audience == audience and item.closed_at < end
    ]
    latest = max(asked, key=lambda item: (item.closed_at, item.wave_key), default=None)
    if latest is None or latest.closed_at < end - timedelta(days=rules.fresh_days):
        return None
    if latest.n < rules.n_min or latest.eligible is None or latest.response_rate is None:
        return None
    if latest.response_rate < rules.response_min:
        return None
    interval = stats.wilson_interval(latest.favourable, latest.n, latest.eligible, z=stats.Z90)
    if interval is None:
        return None
    share = latest.favourable / latest.n
    return Felt(
        item_key=item_key,
        wave_key=latest.wave_key,
        n=latest.n,
        share=share,
        upper=interval.high,
        unfavourable=share < rules.unfavourable_below
        and interval.high < rules.unfavourable_upper_below,
        relieved=share >= rules.relieved_at,
    )


def waves(answers: Iterable[Felt]) -> str:
    """Name the waves that answers come from, so that two of them can be told apart."""
    return ", ".join(sorted({answer.wave_key for answer in answers}))
