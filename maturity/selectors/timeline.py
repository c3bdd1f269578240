"""Where an organisation stood on many days and in every scope, read once for a whole page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from maturity.models import Organization, Unit
from maturity.selectors.confidence import stale_scores
from maturity.selectors.scores import ScoreMark, marks_of
from maturity.selectors.standing import Standing
from maturity.selectors.terms import Terms, terms_known

Scope = int | None


@dataclass(frozen=True)
class Timeline:
    """One scope on any day up to `until`, and every other one on `as_of`. Nothing here queries."""

    unit_id: Scope
    as_of: date
    until: date
    known_at: datetime | None
    marks: Mapping[Scope, Sequence[ScoreMark]]
    terms: Terms
    stale: frozenset[int]

    def on(self, day: date) -> Standing:
        """Where the one scope stood on a day; what is stale is known of `as_of` alone."""
        return self._standing(self.unit_id, day, self.stale if day == self.as_of else frozenset())

    def everywhere(self) -> dict[Scope, Standing]:
        """Every scope on `as_of` that has a score, an exemption or a target, and the whole."""
        scopes = {None, *self.marks, *self.terms.scopes}
        return {scope: self._standing(scope, self.as_of, frozenset()) for scope in scopes}

    def _standing(self, scope: Scope, day: date, stale: frozenset[int]) -> Standing:
        marks = self.marks.get(scope, ())
        return Standing(
            scope,
            day,
            self.known_at,
            {mark.capability_id: mark for mark in marks if mark.is_in_force(day)},
            self.terms.exempt(scope, day),
            self.terms.aims(scope, day),
            stale,
        )


def timeline_of(
    organization: Organization,
    *,
    as_of: date,
    until: date | None = None,
    known_at: datetime | None = None,
    unit: Unit | None = None,
) -> Timeline:
    """Read it in four queries, whatever the number of days and scopes.

    `until` (None: `as_of`) is the last day that will be asked for.
    """
    last = max(as_of, until or as_of)
    scope = None if unit is None else unit.pk
    marks: dict[Scope, list[ScoreMark]] = {}
    for mark in marks_of(organization, as_of=as_of, until=last, known_at=known_at, unit=unit):
        marks.setdefault(mark.unit_id, []).append(mark)
    in_force = [mark.pk for mark in marks.get(scope, ()) if mark.is_in_force(as_of)]
    return Timeline(
        unit_id=scope,
        as_of=as_of,
        until=last,
        known_at=known_at,
        marks=marks,
        terms=terms_known(organization, known_at=known_at),
        stale=stale_scores(organization, as_of=as_of, scores=in_force, known_at=known_at),
    )
