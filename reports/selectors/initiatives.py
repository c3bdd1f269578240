"""What is done about it: the initiatives that run, late ones first."""

from dataclasses import dataclass
from datetime import date

from maturity.models import Initiative, Organization

SHOWN = 20


@dataclass(frozen=True)
class InitiativeRow:
    """One running initiative. `late`: its last day is over and nobody recorded an outcome."""

    initiative_id: int
    title: str
    owner: str
    due_on: date
    started: bool
    late: bool


def running_initiatives(organization: Organization, *, as_of: date) -> tuple[InitiativeRow, ...]:
    """Initiatives that are planned or started, the first due first; one query."""
    rows = Initiative.objects.for_organization(organization).running().select_related("owner")
    return tuple(
        InitiativeRow(
            initiative_id=row.pk,
            title=row.title,
            owner="" if row.owner is None else str(row.owner),
            due_on=row.due_on,
            started=row.state == Initiative.State.STARTED,
            late=row.due_on < as_of,
        )
        for row in rows.order_by("due_on", "pk")[:SHOWN]
    )
