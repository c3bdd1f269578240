"""Where a scope stands on both time axes: levels, what does not apply, targets, confidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from maturity.models import Exemption, Organization, Score, ScoreConfidence, Target, Unit
from maturity.rubrics.conventions import conventions
from maturity.rubrics.targets import Gap, gap
from maturity.selectors.confidence import confidence_in_force
from maturity.selectors.scores import (
    ScoreMark,
    effective_scores,
    effective_scores_of_all,
    marks_in_force,
    marks_of_many,
)
from maturity.selectors.terms import Terms, terms_known, terms_of_many


class InForce(Protocol):
    """What of a score says where its scope stands."""

    @property
    def pk(self) -> int: ...
    @property
    def capability_id(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def level(self) -> int | None: ...
    @property
    def effective_level(self) -> int | None: ...
    @property
    def recorded_at(self) -> datetime: ...


@dataclass(frozen=True)
class Standing:
    """One scope's record, by capability id.

    `stale` are scores whose evidence was written down as past its age that day; standings_of_many()
    leaves them out.
    """

    unit_id: int | None
    as_of: date
    known_at: datetime | None
    scores: Mapping[int, InForce]
    exemptions: Mapping[int, Exemption]
    targets: Mapping[int, Target]
    stale: frozenset[int] = frozenset()

    def judged(self, capability_id: int) -> tuple[str, int | None]:
        """(state, effective level), as area_level() wants it.

        Not applicable only while an approved exemption is in force; a score that merely says
        so is a gap until then.
        """
        if capability_id in self.exemptions:
            return Score.State.NOT_APPLICABLE.value, None
        score = self.scores.get(capability_id)
        if score is None or score.state == Score.State.NOT_APPLICABLE:
            return Score.State.NOT_ASSESSED.value, None
        return score.state, score.effective_level

    def target_level(self, capability_id: int) -> int:
        """The target in force, or the default of the conventions."""
        target = self.targets.get(capability_id)
        if target is None or target.level is None:
            return conventions().default_target
        return target.level

    def gap(self, capability_id: int) -> Gap | None:
        """Levels missing to the target and the pace it takes; None without a level."""
        target = self.targets.get(capability_id)
        return gap(
            self.judged(capability_id)[1],
            self.target_level(capability_id),
            due_on=None if target is None else target.due_on,
            day=self.as_of,
        )

    def is_stale(self, capability_id: int) -> bool:
        """Whether the evidence of the score in force was written down as past its age."""
        score = self.scores.get(capability_id)
        return score is not None and score.pk in self.stale


@dataclass(frozen=True)
class FullStanding(Standing):
    """The same with whole scores, and with the `confidence` of each by score id."""

    scores: Mapping[int, Score]
    confidence: Mapping[int, ScoreConfidence] = field(default_factory=dict)


def standing_of(
    organization: Organization,
    *,
    as_of: date,
    known_at: datetime | None = None,
    unit: Unit | None = None,
) -> FullStanding:
    """Where one scope stands; four queries.

    A unit without a target of its own has its organisation's.
    """
    scores = effective_scores(organization, as_of=as_of, known_at=known_at, unit=unit)
    confidence = confidence_in_force(
        organization, as_of=as_of, known_at=known_at, scores=scores.values()
    )
    terms = terms_known(organization, known_at=known_at)
    return _full(_scope(unit), as_of, known_at, scores, terms, confidence)


def brief_standing_of(
    organization: Organization,
    *,
    as_of: date,
    known_at: datetime | None = None,
    unit: Unit | None = None,
) -> Standing:
    """As standing_of() with no more of each score than a level needs; three queries.

    What is stale is left out.
    """
    marks = marks_in_force(organization, as_of=as_of, known_at=known_at, unit=unit)
    terms, scope = terms_known(organization, known_at=known_at), _scope(unit)
    scores = {mark.capability_id: mark for mark in marks}
    return Standing(
        scope, as_of, known_at, scores, terms.exempt(scope, as_of), terms.aims(scope, as_of)
    )


def levels_of(organization: Organization, *, as_of: date, unit: Unit | None = None) -> FullStanding:
    """Where one scope stands by all that is known, without the confidence; three queries."""
    scores = effective_scores(organization, as_of=as_of, unit=unit)
    return _full(_scope(unit), as_of, None, scores, terms_known(organization), {})


def standings(
    organization: Organization, *, as_of: date, known_at: datetime | None = None
) -> dict[int | None, FullStanding]:
    """Every scope with a score, an exemption or a target, and the whole (None); four queries."""
    scores = effective_scores_of_all(organization, as_of=as_of, known_at=known_at)
    confidence = confidence_in_force(organization, as_of=as_of, known_at=known_at, scores=scores)
    terms = terms_known(organization, known_at=known_at)
    by_scope: dict[int | None, dict[int, Score]] = {None: {}}
    for score in scores:
        by_scope.setdefault(score.unit_id, {})[score.capability_id] = score
    for scope in terms.scopes:
        by_scope.setdefault(scope, {})
    return {
        scope: _full(scope, as_of, known_at, own, terms, confidence)
        for scope, own in by_scope.items()
    }


def standings_of_many(
    days: Mapping[Organization, date], *, known_at: datetime | None = None
) -> dict[int, Standing]:
    """Where each of these organisations stands as a whole, on its own day; three queries.

    By organisation id, without what is stale.
    """
    scores: dict[int, dict[int, ScoreMark]] = {}
    for mark in marks_of_many(days, known_at=known_at):
        scores.setdefault(mark.organization_id, {})[mark.capability_id] = mark
    terms = terms_of_many(list(days), known_at=known_at)
    return {
        organization.pk: Standing(
            None,
            day,
            known_at,
            scores.get(organization.pk, {}),
            terms[organization.pk].exempt(None, day),
            terms[organization.pk].aims(None, day),
        )
        for organization, day in days.items()
    }


def _full(
    scope: int | None,
    as_of: date,
    known_at: datetime | None,
    scores: Mapping[int, Score],
    terms: Terms,
    confidence: Mapping[int, ScoreConfidence],
) -> FullStanding:
    own = {row.pk: confidence[row.pk] for row in scores.values() if row.pk in confidence}
    return FullStanding(
        scope,
        as_of,
        known_at,
        scores,
        terms.exempt(scope, as_of),
        terms.aims(scope, as_of),
        frozenset(pk for pk, row in own.items() if row.stale),
        own,
    )


def _scope(unit: Unit | None) -> int | None:
    return None if unit is None else unit.pk
