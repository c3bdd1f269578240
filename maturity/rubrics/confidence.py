"""How far a score can be relied on (conventions_v1.yaml); it only falls as evidence ages. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from maturity.rubrics.conventions import ConfidenceConventions


@dataclass(frozen=True)
class ConfidenceInputs:
    """What a score's confidence rests on; equal inputs never raise it.

    `answers`: how many PMs answered the area's survey items in the newest released wave
    (None: no wave), `wave` which one that was. `independent`: somebody else has judged or
    validated it.
    """

    observed_on: date | None
    review_by: date | None
    answers: int | None
    wave: str
    independent: bool

    def as_json(self) -> dict[str, str | int | bool | None]:
        return {
            "observed_on": None if self.observed_on is None else self.observed_on.isoformat(),
            "review_by": None if self.review_by is None else self.review_by.isoformat(),
            "answers": self.answers,
            "wave": self.wave,
            "independent": self.independent,
        }


def maximum_age(level: int, max_age_days: Mapping[int, int]) -> int:
    """How old (days) a level's evidence may be; below the first level that needs any, as there."""
    return max_age_days.get(level, max_age_days[min(max_age_days)])


def is_stale(
    inputs: ConfidenceInputs, *, level: int | None, max_age_days: Mapping[int, int], day: date
) -> bool:
    """Whether the evidence is past its level's maximum age, or its review is overdue."""
    if level is None or inputs.observed_on is None:
        return False
    overdue = inputs.review_by is not None and inputs.review_by < day
    limit = max_age_days.get(level)
    return overdue or (limit is not None and (day - inputs.observed_on).days > limit)


def confidence_of(
    inputs: ConfidenceInputs,
    conventions: ConfidenceConventions,
    *,
    level: int | None,
    max_age_days: Mapping[int, int],
    day: date,
) -> Decimal:
    """age * answers * independence, 0 to 1 with two decimals; 0 where there is no level."""
    if level is None:
        return Decimal("0.00")
    share = _age(inputs, conventions, maximum_age(level, max_age_days), day)
    share *= _answers(inputs, conventions)
    share *= 1.0 if inputs.independent else conventions.alone
    return Decimal(str(share)).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def _age(
    inputs: ConfidenceInputs, conventions: ConfidenceConventions, maximum: int, day: date
) -> float:
    if inputs.observed_on is None:
        return conventions.without_evidence
    share = max(0, (day - inputs.observed_on).days) / maximum
    if share <= conventions.full_until:
        return 1.0
    if share <= 1:
        part = (share - conventions.full_until) / (1 - conventions.full_until)
        return 1.0 - part * (1.0 - conventions.at_maximum)
    part = min(share, 2.0) - 1
    return conventions.at_maximum - part * (conventions.at_maximum - conventions.at_twice)


def _answers(inputs: ConfidenceInputs, conventions: ConfidenceConventions) -> float:
    if not inputs.answers:
        return conventions.no_answers
    return 1.0 if inputs.answers >= conventions.answers_many else conventions.few_answers
