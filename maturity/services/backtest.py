"""Replay an organisation's history: what the engine would have said in each month."""

from collections.abc import Iterator
from datetime import date

from maturity.insights import Thresholds, Verdict, replay, run_checks
from maturity.insights.working_time import months, next_month, period_end
from maturity.models import Organization
from maturity.selectors import facts_for
from maturity.selectors.thresholds import thresholds_of


def backtest(
    organization: Organization,
    *,
    first: date,
    last: date,
    thresholds: Thresholds | None = None,
) -> Iterator[tuple[date, list[Verdict]]]:
    """Yield (T, verdicts) for every T from `first` to `last`; nothing is stored.

    Judged from the inputs as known now, by their valid time, so a month reads as the live engine
    would have written it with the same inputs. The months before `first` are replayed, too.
    """
    facts, thresholds = facts_for(organization), thresholds or thresholds_of(organization)
    wanted = list(months(_on_or_after(first), period_end(last)))
    replayed = (
        (end, verdicts)
        for end, verdicts in replay(facts, until=last, thresholds=thresholds)
        if wanted and end >= wanted[0]
    )
    following = next(replayed, None)
    for end in wanted:
        if following is None or end < following[0]:
            # Before the first fact there is nothing to replay: that month stands for itself.
            yield end, run_checks(facts, as_of=end, thresholds=thresholds)
            continue
        yield following
        following = next(replayed, None)


def months_between(first: date, last: date) -> int:
    """Count the evaluations from `first` to `last`."""
    return sum(1 for _ in months(_on_or_after(first), period_end(last)))


def _on_or_after(day: date) -> date:
    """Return the first T on or after a day."""
    end = period_end(day)
    return end if end == day else next_month(end)
