"""What is done about it: initiatives as they were known at a moment, the late ones first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from maturity.models import Initiative, Organization
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
    started_on: date | None
    ended_on: date | None


@dataclass(frozen=True)
class InitiativeRow:
    """One running initiative. `late`: its last day is over and nobody recorded an outcome."""

    initiative_id: int
    title: str
    owner: str
    due_on: date
    started: bool
    late: bool


def initiatives_then(
    organization: Organization, *, known_at: datetime
) -> tuple[InitiativeThen, ...]:
    """Every initiative as its history knew it at that moment, the first due first; one query."""
    then = as_it_stood(Initiative, organization, at=known_at).select_related("owner").only(*_READ)
    rows = [
        InitiativeThen(
            initiative_id=row.id,
            title=row.title,
            owner="" if row.owner is None else str(row.owner),
            state=row.state,
            due_on=row.due_on,
            started_on=_day(row.started_at, organization),
            ended_on=_day(row.ended_at, organization),
        )
        for row in then.order_by("due_on", "id")
    ]
    return tuple(rows)


def running(rows: Iterable[InitiativeThen], *, as_of: date) -> tuple[InitiativeRow, ...]:
    """Those of them that were planned or started; no query."""
    found = [
        InitiativeRow(
            initiative_id=row.initiative_id,
            title=row.title,
            owner=row.owner,
            due_on=row.due_on,
            started=row.state == Initiative.State.STARTED,
            late=row.due_on < as_of,
        )
        for row in rows
        if row.state in Initiative.RUNNING
    ]
    return tuple(found[:SHOWN])


def _day(moment: datetime | None, organization: Organization) -> date | None:
    return None if moment is None else moment.astimezone(organization.zone).date()
