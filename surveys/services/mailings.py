"""Which mails a wave owes whom, and when: written down as rows before any of them leaves."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from django.db import transaction

from maturity.models import Person
from surveys.models import Message, Wave
from surveys.planning import REMINDER_OFFSETS
from surveys.services.schedule import Clock

BATCH = 1_000
LOCAL_HOUR = 10


def queue_invitations(
    wave: Wave, people: Sequence[Person], *, opened_on: date, now: datetime, at: datetime | None
) -> None:
    """Write everybody's invitation and reminders; the mails wait until they are due.

    `at`: the invitations leave at that moment, whatever the clocks of the people show.
    """
    Message.objects.bulk_create(
        _asking(wave, people, opened_on=opened_on, now=now, at=at),
        batch_size=BATCH,
        ignore_conflicts=True,
    )


def queue_notice(wave: Wave, kind: Message.Kind, *, now: datetime) -> None:
    """Write one mail to everybody who was asked, whether or not they have answered."""
    clock = _clock(wave, opened_on=now.astimezone(wave.organization.zone).date())
    people = Person.objects.filter(pk__in=wave.invitations.values("person"))
    Message.objects.bulk_create(
        (
            _row(wave, person.pk, kind, 1, clock.notice(person.timezone, now=now))
            for person in people.only("pk", "timezone")
        ),
        batch_size=BATCH,
        ignore_conflicts=True,
    )


def forget_reminders(wave: Wave) -> None:
    """Closing drops the reminders of a wave: nobody can read who got how many."""
    Message.objects.filter(wave=wave, kind=Message.Kind.REMINDER).delete()


@transaction.atomic
def resend_failed(wave: Wave, *, now: datetime) -> int:
    """Try the given-up mails of a wave once more; their addresses are no longer held refused."""
    failed = Message.objects.select_for_update().filter(wave=wave, state=Message.State.FAILED)
    people = [message.person for message in failed.select_related("person")]
    for person in people:
        person.refused_addresses.filter(address__iexact=person.email).delete()
    return failed.update(state=Message.State.WAITING, attempts=0, failure="", due_at=now)


def _asking(
    wave: Wave, people: Iterable[Person], *, opened_on: date, now: datetime, at: datetime | None
) -> Iterator[Message]:
    clock = _clock(wave, opened_on=opened_on)
    offsets = wave.series.reminder_offsets if wave.series else REMINDER_OFFSETS
    # The same clock gives the same instants; there are few clocks and many people.
    invited: dict[str, datetime] = {}
    reminded: dict[str, list[tuple[int, datetime]]] = {}
    until = wave.closes_at or now
    for person in people:
        zone = person.timezone
        if zone not in invited:
            invited[zone] = at or clock.invitation(zone, now=now)
            reminded[zone] = list(clock.reminders(zone, offsets, until=until))
        yield _row(wave, person.pk, Message.Kind.INVITATION, 1, invited[zone])
        for number, due_at in reminded[zone]:
            if due_at > invited[zone]:
                yield _row(wave, person.pk, Message.Kind.REMINDER, number, due_at)


def _clock(wave: Wave, *, opened_on: date) -> Clock:
    hour = wave.series.local_hour if wave.series else LOCAL_HOUR
    return Clock(wave.organization, opened_on=opened_on, hour=hour)


def _row(wave: Wave, person_id: int, kind: str, number: int, due_at: datetime) -> Message:
    return Message(
        organization_id=wave.organization_id,
        wave=wave,
        person_id=person_id,
        kind=kind,
        number=number,
        due_at=due_at,
    )
