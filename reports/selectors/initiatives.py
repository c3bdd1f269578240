"""What is done about it: initiatives as they were known at a moment, the late ones first."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import OuterRef, Subquery

from maturity.models import Initiative, Organization
from maturity.models.history import events_of
from maturity.selectors.past import as_it_stood

SHOWN = 20
_READ = (
    "id",
    "title",
    "state",
    "due_on",
    "started_at",
    "ended_at",
    "owner__name",
    "owner__email",
)


@dataclass(frozen=True)
class InitiativeThen:
    """One initiative as it stood; the days are those of the organisation's zone."""

    initiative_id: int
    title: str
    owner: str
    state: str
    due_on: date
    recorded_on: date
    started_on: date | None
    ended_on: date | None

    @property
    def is_abandoned(self) -> bool:
        return self.state == Initiative.State.ABANDONED

    def runs_on(self, day: date) -> bool:
        """Whether it was planned or started at the end of that day."""
        has_ended = self.ended_on is not None and self.ended_on <= day
        return (self.recorded_on <= day or self.has_started(day)) and not has_ended

    def has_started(self, day: date) -> bool:
        return self.started_on is not None and self.started_on <= day


@dataclass(frozen=True)
class InitiativeRow:
    """One initiative. `late`: its last day is over and nobody recorded an outcome.

    With `abandoned_on` it does not run any more, and ended without one.
    """

    initiative_id: int
    title: str
    owner: str
    due_on: date
    started: bool
    late: bool
    abandoned_on: date | None = None


def initiatives_then(
    organization: Organization, *, known_at: datetime
) -> tuple[InitiativeThen, ...]:
    """Every initiative as its history knew it at that moment, the first due first; one query."""
    first = events_of(Initiative).filter(pgh_obj_id=OuterRef("pgh_obj_id")).order_by("pgh_id")
    then = (
        as_it_stood(Initiative, organization, at=known_at)
        .annotate(recorded_at=Subquery(first.values("pgh_created_at")[:1]))
        .select_related("owner")
        .only(*_READ)
    )
    rows = [
        InitiativeThen(
            initiative_id=row.id,
            title=row.title,
            owner="" if row.owner is None else str(row.owner),
            state=row.state,
            due_on=row.due_on,
            recorded_on=row.recorded_at.astimezone(organization.zone).date(),
            started_on=_day(row.started_at, organization),
            ended_on=_day(row.ended_at, organization),
        )
        for row in then.order_by("due_on", "id")
    ]
    return tuple(rows)


def running(rows: Iterable[InitiativeThen], *, as_of: date) -> tuple[InitiativeRow, ...]:
    """Those of them that were planned or started at the end of that day; no query."""
    found = [_row(row, as_of) for row in rows if row.runs_on(as_of)]
    return tuple(found[:SHOWN])


def abandoned(
    rows: Iterable[InitiativeThen], *, since: date, as_of: date
) -> tuple[InitiativeRow, ...]:
    """Those of them that were given up between these days, both inclusive; no query."""
    found = [
        replace(_row(row, as_of), late=False, abandoned_on=row.ended_on)
        for row in rows
        if row.is_abandoned and row.ended_on is not None and since <= row.ended_on <= as_of
    ]
    return tuple(found[:SHOWN])


def _row(row: InitiativeThen, as_of: date) -> InitiativeRow:
    return InitiativeRow(
        initiative_id=row.initiative_id,
        title=row.title,
        owner=row.owner,
        due_on=row.due_on,
        started=row.has_started(as_of),
        late=row.due_on < as_of,
    )


def _day(moment: datetime | None, organization: Organization) -> date | None:
    return None if moment is None else moment.astimezone(organization.zone).date()
