"""The replay of an organisation's months, from the first one or from one that was kept.

What the checks remember after a month depends on what was known before its end and on nothing
else. So a memory that was kept beside a digest of all that is as good as replaying the months
before it, for as long as the digest is the same: late or corrected rows change the digests of
the months that they belong to, and of those after.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, Protocol, get_type_hints
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from maturity.insights.base import Inputs, Verdict
from maturity.insights.digests import Digests, judgement_digest
from maturity.insights.facts import Facts
from maturity.insights.period import Period, known_before
from maturity.insights.thresholds import Thresholds
from maturity.insights.working_time import WorkingTime, months, next_month, period_end


class Check(Protocol):
    """Judges months, oldest first; `memory` is all that it hands from one month to the next.

    It is a value, of the type that the class declares, and replaced as a whole or by key.
    """

    key: str
    inputs: Inputs
    memory: Any

    def __call__(self, period: Period) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the checks remembered after the month that ended at `end`.

    `memories` holds each one's as JSON text, in the order of the checks; `digest` (SHA-256) is
    that of everything they come from.
    """

    end: date
    digest: str
    memories: tuple[str, ...]


class Replay:
    """One organisation's months up to the last T <= `until`, judged one after the other."""

    def __init__(
        self,
        facts: Facts,
        make_checks: Sequence[Callable[[], Check]],
        *,
        until: date,
        thresholds: Thresholds,
        digests: Digests | None = None,
    ) -> None:
        self.last = period_end(until)
        dated = _days(facts)
        later = (next_month(day) for day in dated)
        self.first = min((month for month in later if month <= self.last), default=self.last)
        self._origin = min([*dated, self.first])
        self._facts, self._thresholds = facts, thresholds
        self._working_time = WorkingTime(
            facts.timezone, facts.holidays, first=self._origin, last=self.last
        )
        self._checks = [make() for make in make_checks]
        self._digests = Digests() if digests is None else digests

    def months(self, checkpoint: Checkpoint | None = None) -> Iterator[tuple[date, list[Verdict]]]:
        """Yield (T, verdicts) for every month, or for those after a checkpoint that holds."""
        start = self.first
        if checkpoint is not None:
            self._remember(checkpoint)
            start = next_month(checkpoint.end)
        for end in months(start, self.last):
            period = Period(end, self._known(end), self._thresholds, self._working_time)
            yield end, [check(period) for check in self._checks]

    def newest_holding(self, kept: Sequence[Checkpoint]) -> Checkpoint | None:
        """Return the last checkpoint before the last month whose past is still what it was.

        Mostly it is the newest one. What holds for a month holds for all before it, so halving
        finds the others.
        """
        earlier = sorted((c for c in kept if self.first <= c.end < self.last), key=_end)
        if not earlier or self._holds(earlier[-1]):
            return earlier[-1] if earlier else None
        count = bisect_left(earlier, True, key=lambda checkpoint: not self._holds(checkpoint))
        return earlier[count - 1] if count else None

    def checkpoint(self, end: date) -> Checkpoint:
        """Return what is remembered now, the month that ended at `end` being judged."""
        memories = tuple(
            _adapter(type(check)).dump_json(check.memory).decode() for check in self._checks
        )
        return Checkpoint(end, self._digest(end), memories)

    def _holds(self, checkpoint: Checkpoint) -> bool:
        return self._digest(checkpoint.end) == checkpoint.digest

    def _remember(self, checkpoint: Checkpoint) -> None:
        for check, memory in zip(self._checks, checkpoint.memories, strict=True):
            check.memory = _adapter(type(check)).validate_json(memory)

    def _known(self, end: date) -> Facts:
        return known_before(self._facts, end, self._working_time)

    def _digest(self, end: date) -> str:
        """Digest all that the memory after a month is made from."""
        known = self._known(end)
        past = replace(known, holidays=frozenset(day for day in known.holidays if day < end))
        parts = (
            judgement_digest(),
            _numbers_digest(self._thresholds),
            self.first.isoformat(),
            self._origin.isoformat(),
            self._digests.of(past),
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _end(checkpoint: Checkpoint) -> date:
    return checkpoint.end


@lru_cache(maxsize=64)
def _adapter(check: type[Check]) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(check)["memory"])


def _numbers_digest(thresholds: Thresholds) -> str:
    return hashlib.sha256(thresholds.model_dump_json().encode()).hexdigest()


def _days(facts: Facts) -> list[date]:
    """Return the organisation's date of every fact; a request's is that of its opening."""
    zone = ZoneInfo(facts.timezone)
    moments = [
        *(row.requested_at for row in facts.gate_requests if row.requested_at is not None),
        *(row.closed_at for row in facts.survey_items),
        *(row.closed_at for row in facts.survey_figures),
        *(row.asked_at for row in facts.questions),
    ]
    return [
        *(row.as_of for row in facts.headcounts),
        *(row.period_start for row in facts.tool_usage),
        *(row.as_of for row in facts.org_facts),
        *(row.decided_on for row in facts.decisions if row.decided_on is not None),
        *(row.effective_on for row in facts.people_moves),
        *(row.started_on for row in facts.pm_ramps),
        *(row.launched_on for row in facts.launches),
        *(row.published_on for row in facts.insights),
        *(moment.astimezone(zone).date() for moment in moments),
    ]
