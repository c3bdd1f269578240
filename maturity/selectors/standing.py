"""Where a scope stands on both time axes: levels, what does not apply, targets, confidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from maturity.models import Exemption, Organization, Score, ScoreConfidence, Target, Unit
from maturity.rubrics.conventions import conventions
from maturity.rubrics.targets import Gap, gap
from maturity.selectors.confidence import confidence_in_force
from maturity.selectors.exemptions import exemptions_in_force, exemptions_known
from maturity.selectors.scores import (
    effective_scores_of_all,
    effective_scores_of_many,
    effective_scores_on,
)
from maturity.selectors.targets import targets_in_force, targets_known


@dataclass(frozen=True)
class Standing:
    """One scope's record, by capability id; `confidence` is by score id.

    standings_on() and standings_of_many() leave the confidence out.
    """

    unit_id: int | None
    as_of: date
    known_at: datetime | None
    scores: Mapping[int, Score]
    exemptions: Mapping[int, Exemption]
    targets: Mapping[int, Target]
    confidence: Mapping[int, ScoreConfidence]

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
        row = None if score is None else self.confidence.get(score.pk)
        return row is not None and row.stale


def standing_of(
    organization: Organization,
    *,
    as_of: date,
    known_at: datetime | None = None,
    unit: Unit | None = None,
) -> Standing:
    """Where one scope stands; four queries."""
    every = standings(organization, as_of=as_of, known_at=known_at)
    unit_id = None if unit is None else unit.pk
    if unit_id in every:
        return every[unit_id]
    return Standing(unit_id, as_of, known_at, {}, {}, every[None].targets, {})


def standings(
    organization: Organization, *, as_of: date, known_at: datetime | None = None
) -> dict[int | None, Standing]:
    """Every scope that has a score, an exemption or a target, and the whole (None); four queries.

    A unit without a target of its own has its organisation's.
    """
    scores = effective_scores_of_all(organization, as_of=as_of, known_at=known_at)
    confidence = confidence_in_force(organization, as_of=as_of, known_at=known_at, scores=scores)
    exempt = exemptions_known(organization, known_at=known_at)
    versions = targets_known(organization, known_at=known_at)
    by_scope: dict[int | None, dict[int, Score]] = {None: {}}
    for score in scores:
        by_scope.setdefault(score.unit_id, {})[score.capability_id] = score
    for scope in {row.unit_id for row in exempt} | {row.unit_id for row in versions}:
        by_scope.setdefault(scope, {})
    return {
        scope: Standing(
            scope,
            as_of,
            known_at,
            own,
            _exemptions(exempt, scope, as_of),
            _targets(versions, scope, as_of),
            {row.pk: confidence[row.pk] for row in own.values() if row.pk in confidence},
        )
        for scope, own in by_scope.items()
    }


def standings_on(
    organization: Organization,
    days: Sequence[date],
    *,
    known_at: datetime | None = None,
    unit: Unit | None = None,
) -> dict[date, Standing]:
    """Where one scope stood on each of these days, by what is known now; five queries."""
    by_day = effective_scores_on(organization, days, known_at=known_at, unit=unit)
    exempt = exemptions_known(organization, known_at=known_at)
    versions = targets_known(organization, known_at=known_at)
    scope = None if unit is None else unit.pk
    return {
        day: Standing(
            scope,
            day,
            known_at,
            scores,
            _exemptions(exempt, scope, day),
            _targets(versions, scope, day),
            {},
        )
        for day, scores in by_day.items()
    }


def standings_of_many(
    days: Mapping[Organization, date], *, known_at: datetime | None = None
) -> dict[int, Standing]:
    """Where each of these organisations stands as a whole, on its own day; three queries.

    By organisation id. As standings_on(), without the confidence.
    """
    scores: dict[int, dict[int, Score]] = {}
    for score in effective_scores_of_many(days, known_at=known_at):
        scores.setdefault(score.organization_id, {})[score.capability_id] = score
    exempt: dict[int, list[Exemption]] = {}
    for exemption in exemptions_known(*days, known_at=known_at):
        exempt.setdefault(exemption.organization_id, []).append(exemption)
    versions: dict[int, list[Target]] = {}
    for target in targets_known(*days, known_at=known_at):
        versions.setdefault(target.organization_id, []).append(target)
    return {
        organization.pk: Standing(
            None,
            day,
            known_at,
            scores.get(organization.pk, {}),
            _exemptions(exempt.get(organization.pk, ()), None, day),
            _targets(versions.get(organization.pk, ()), None, day),
            {},
        )
        for organization, day in days.items()
    }


def _exemptions(
    exemptions: Sequence[Exemption], scope: int | None, day: date
) -> dict[int, Exemption]:
    running = exemptions_in_force(exemptions, as_of=day)
    return {row.capability_id: row for row in running if row.unit_id == scope}


def _targets(versions: Sequence[Target], scope: int | None, day: date) -> dict[int, Target]:
    in_force = targets_in_force(versions, as_of=day)
    own = {capability: row for (unit, capability), row in in_force.items() if unit == scope}
    whole = {capability: row for (unit, capability), row in in_force.items() if unit is None}
    return whole | own
