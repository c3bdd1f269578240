"""Who may still be written to: those who are there, want it, and whose address takes mail."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from maturity.models import Organization, Person, Placement
from surveys.models import Invitation, OptOut, RefusedAddress


@dataclass(frozen=True)
class Standing:
    """How things stand with some people at a moment."""

    present: frozenset[int]
    # (person, series), and (person, None) for all surveys.
    opted_out: frozenset[tuple[int, int | None]]
    refused: frozenset[tuple[int, str]]

    def wanted(self, person_id: int, series_id: int | None) -> bool:
        """Whether the person is still there and wants mails of this series."""
        silenced = {(person_id, None), (person_id, series_id)} & self.opted_out
        return person_id in self.present and not silenced

    def takes_mail(self, person: Person) -> bool:
        return (person.pk, person.email.lower()) not in self.refused


def standing_of(people: Iterable[Person], organizations: Iterable[Organization]) -> Standing:
    """Read how things stand now with people of some organisations; two queries and one each."""
    ids = [person.pk for person in people]
    now = timezone.now()
    present: set[int] = set()
    for organization in organizations:
        placed = Placement.objects.for_organization(organization).filter(
            person__in=ids,
            person__erased_at=None,
            valid__contains=now.astimezone(organization.zone).date(),
        )
        present.update(placed.values_list("person_id", flat=True))
    opted_out = OptOut.objects.filter(person__in=ids).values_list("person_id", "series_id")
    refused = RefusedAddress.objects.filter(person__in=ids).values_list("person_id", "address")
    return Standing(
        frozenset(present),
        frozenset(opted_out),
        frozenset((person, address.lower()) for person, address in refused),
    )


def has_left(invitation: Invitation, *, at: datetime) -> bool:
    """Whether the person is no longer on the roster; the number of people asked stays."""
    organization = invitation.wave.organization
    today = at.astimezone(organization.zone).date()
    placed = Placement.objects.filter(person=invitation.person_id, valid__contains=today)
    return not placed.exists()
