"""Replay a stored evaluation from its input snapshot, and compare the two."""

from dataclasses import dataclass
from datetime import UTC, datetime

from maturity.insights import run_checks
from maturity.models import Evaluation
from maturity.selectors import digest_of, facts_for
from maturity.selectors.thresholds import thresholds_named

# Nothing was recorded when it was computed: the inputs as known before anything was.
_BEFORE_ANYTHING = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Replay:
    """Whether the same inputs were found again, and which verdicts came out otherwise."""

    digest: str
    same_inputs: bool
    differing: tuple[str, ...]

    @property
    def equal(self) -> bool:
        return self.same_inputs and not self.differing


def replay_evaluation(evaluation: Evaluation) -> Replay | None:
    """Judge again by the inputs as known then and the numbers of then; nothing is stored.

    None where the numbers of its version are not known here any more.
    """
    organization = evaluation.organization
    thresholds = thresholds_named(organization, evaluation.thresholds_version)
    if thresholds is None:
        return None
    facts = facts_for(organization, known_at=evaluation.known_at or _BEFORE_ANYTHING)
    digest = digest_of(facts)
    verdicts = run_checks(facts, as_of=evaluation.period_end, thresholds=thresholds)
    again = {(each.kind, each.key): each.as_dict() for each in verdicts}
    stored = {(each.kind, each.key): each.as_dict() for each in evaluation.verdicts.order_by("id")}
    differing = tuple(key for kind, key in stored if again.get((kind, key)) != stored[kind, key])
    return Replay(digest, digest == evaluation.facts_digest, differing)
