"""Waves over the days on which clocks change, played through from one due moment to the next."""

import threading
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import time_machine
from django.conf import settings
from django.core import mail
from django.db import connections
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Min

from maturity.models import Organization, Person, Placement
from maturity.services.tenancy import create_organization
from surveys.banks import SHIPPED, load_bank
from surveys.models import Invitation, Wave
from surveys.services.answers import Submission, submit_response
from surveys.services.banks import publish_bank
from surveys.services.messages import send_due_messages
from surveys.services.openings import due_openings, open_if_due
from surveys.services.series import create_series
from surveys.services.waves import close_wave, due_waves

PEOPLE_PER_ZONE = 6
# Zone of the organisation, the day its wave opens, and the last one of the ten working days.
CHANGES = (
    ("Europe/Berlin", date(2026, 3, 24)),
    ("Europe/Berlin", date(2026, 10, 20)),
    ("Australia/Lord_Howe", date(2026, 3, 31)),
    ("Australia/Lord_Howe", date(2026, 9, 29)),
    ("Pacific/Apia", date(2011, 12, 27)),
)
# Days that a zone's calendar left out; everybody else's had them.
MISSING = {"Pacific/Apia": date(2011, 12, 30)}
OTHERS = ("America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati")


def run() -> bool:
    """Play every change; print and return whether each went as it must."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    publish_bank(load_bank(SHIPPED[0]))
    played = [_play(number, *change) for number, change in enumerate(CHANGES)]
    return all(played)


def _play(number: int, zone: str, day: date) -> bool:
    organization = create_organization(f"clocks-{number}", name=zone, timezone=zone)
    _fill(organization)
    mail.outbox = []
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=2)
    with time_machine.travel(start, tick=False):
        series = create_series(
            organization, title="Pulse", rule="FREQ=YEARLY", starts_on=day, instrument="pulse"
        )
    wave = series.waves.get(opens_on=day)
    times: dict[str, list[datetime]] = {}
    answered: set[str] = set()
    moment = start
    while (moment := _next_moment(wave, after=moment)) < start + timedelta(days=40):
        with time_machine.travel(moment, tick=False):
            _tick_twice()
            for message in mail.outbox[sum(map(len, times.values())) :]:
                times.setdefault(message.to[0], []).append(moment)
            # Half of them answer once everybody is invited, before the first reminder.
            if not answered and len(times) == PEOPLE_PER_ZONE * (1 + len(OTHERS)):
                answered = _answer(wave)
    return _judge(zone, day, wave, times, answered)


def _fill(organization: Organization) -> None:
    people = Person.objects.bulk_create(
        Person(
            organization=organization,
            email=f"{zone.lower()}{n}@clocks.example".replace("/", "-"),
            timezone=zone,
        )
        for zone in ("", *OTHERS)
        for n in range(PEOPLE_PER_ZONE)
    )
    Placement.objects.bulk_create(
        Placement(
            organization=organization,
            person=person,
            role="pm",
            valid=DateRange(date(2010, 1, 1), None),
        )
        for person in people
    )


def _next_moment(wave: Wave, *, after: datetime) -> datetime:
    """When the next thing is due; long after everything once nothing is."""
    wave.refresh_from_db()
    waiting = wave.messages.filter(state="waiting").aggregate(next=Min("due_at"))["next"]
    known = [wave.due_at, wave.accepts_until, waiting]
    if wave.status == Wave.Status.CLOSED:
        known = []
    coming = [moment for moment in known if moment is not None and moment > after]
    return min(coming, default=after + timedelta(days=400))


def _tick_twice() -> None:
    """What beat wakes, in two threads at once."""
    threads = [threading.Thread(target=_tick) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _tick() -> None:
    try:
        for pk in due_openings():
            open_if_due(pk)
        send_due_messages()
        for pk in due_waves():
            _close(pk)
    finally:
        connections.close_all()


def _close(pk: int) -> None:
    try:
        close_wave(Wave.objects.get(pk=pk))
    except Exception as refusal:  # the other of the two was faster
        if getattr(refusal, "code", "") != "wave_not_open":
            raise


def _answer(wave: Wave) -> set[str]:
    """Half of the people answer, before the first reminder."""
    half = Invitation.objects.filter(wave=wave).select_related("person").order_by("pk")
    chosen = list(half)[::2]
    for invitation in chosen:
        submit_response(invitation, Submission({"LEV1": 4}, (), {}))
    return {invitation.person.email for invitation in chosen}


def _judge(
    zone: str, day: date, wave: Wave, times: dict[str, list[datetime]], answered: set[str]
) -> bool:
    faults = Counter[str]()
    wave.refresh_from_db()
    for person in Person.objects.filter(organization=wave.organization_id):
        moments = times.get(person.email, [])
        own = ZoneInfo(person.timezone or zone)
        wanted = 1 if person.email in answered else 1 + _mornings(day, own, wave.closes_at)
        faults["wrong number of mails"] += len(moments) != wanted
        for moment in moments:
            local = moment.astimezone(own)
            faults["outside working hours"] += not 9 <= local.hour < 17
            faults["on a weekend"] += local.weekday() >= 5
    if wave.closes_at is None or wave.closes_at.astimezone(ZoneInfo(zone)).hour != 23:
        faults["closed at another hour"] += 1
    stored = wave.response_rows.count()
    faults["responses lost"] += len(answered) - stored
    bad = {name: count for name, count in faults.items() if count}
    closes = wave.closes_at and wave.closes_at.astimezone(ZoneInfo(zone)).isoformat()
    print(
        f"{zone} from {day}: {len(times)} people, {sum(map(len, times.values()))} mails, "
        f"{stored} answers, closed {closes}: {bad or 'as it must be'}",
        flush=True,
    )
    return not bad


def _mornings(opened_on: date, zone: ZoneInfo, closes_at: datetime) -> int:
    """How many of the 2nd, 5th and 9th working mornings come before the closing there."""
    days = (opened_on + timedelta(days=n) for n in range(1, 30))
    skipped = MISSING.get(zone.key)
    worked = [d for d in days if d.weekday() < 5 and d != skipped]
    mornings = [datetime.combine(worked[n - 1], time(10), zone) for n in (2, 5, 9)]
    return sum(morning < closes_at for morning in mornings)
