"""A wave of 2,000 people while workers are killed and services fall over."""

import random
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import redis
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import QuerySet

from maturity.errors import DomainError
from maturity.models import Organization, Person, Placement
from maturity.services.tenancy import create_organization
from surveys.banks import SHIPPED, load_bank
from surveys.errors import AlreadyAnswered
from surveys.models import IntakeResponse, Message, Wave
from surveys.services.answers import Submission, submit_response
from surveys.services.banks import publish_bank
from surveys.services.waves import create_wave, open_wave
from surveys.tasks import open_due_waves, send_due_messages
from tests.drill.stage import LEASE_SECONDS, Database, scratch
from tests.surveys.smtp_sink import SmtpSink
from tests.worker import running_worker

PEOPLE = 2_000
# One in five answers meanwhile.
ANSWERING_SHARE = 5
# What goes out while workers die, one after the other; an equal share of the kills falls to each.
KINDS = ("invitation", "reminder")
KILLS = 6
NOW, LATER = timedelta(), timedelta(days=1)
WORKERS = 2
# The mail server is so slow, while workers are killed, that one mail to everybody takes this long:
# on a busy machine too, a kill then finds them at it.
MAIL_TO_ALL_SECONDS = 30
PATIENCE_SECONDS = 600
STARTS_WITHIN_SECONDS = 240


def run(database: Database, *, people: int = PEOPLE) -> bool:
    """Play it; print what came of it; return whether everything is as it must be."""
    publish_bank(load_bank(SHIPPED[0]))
    wave = open_wave(create_wave(_organization(people), title="Drill"))
    respondents = _Respondents(wave)
    kills: list[_Kill] = []
    with SmtpSink() as sink, scratch() as folder:
        respondents.start()
        for blow in range(KILLS):
            kind = KINDS[blow * len(KINDS) // KILLS]
            # Nothing leaves before all workers are there.
            _make_due(wave, kind, LATER)
            with _workers(sink, folder) as workers:
                if kills and kind != kills[-1].kind:
                    # Every invitation leaves before the first reminder falls due.
                    _send_the_rest(wave, sink, kills[-1].kind, respondents)
                sink.pause = WORKERS * MAIL_TO_ALL_SECONDS / people
                _make_due(wave, kind, NOW)
                kills.append(_kill(blow, wave, kind, (sink, database, workers)))
        with _workers(sink, folder):
            _send_the_rest(wave, sink, kind, respondents)
        return all([_report(sink, wave, respondents), _hit_all(kills, sink)])


@dataclass(frozen=True)
class _Kill:
    """Workers killed while mails of a kind went out; `start` and `end`: the sink's count of mails
    when they began and when they were dead. `left` still waited, `held` of them in their hands."""

    kind: str
    start: int
    end: int
    left: int
    held: int

    def met(self, sink: SmtpSink) -> bool:
        """Whether mails of the kind came before it from those it killed, and from others after."""
        return bool(self.left and self.before(sink) and self.after(sink))

    def before(self, sink: SmtpSink) -> int:
        return _count(sink, self.kind, self.start, self.end)

    def after(self, sink: SmtpSink) -> int:
        return _count(sink, self.kind, self.end)


def _kill(blow: int, wave: Wave, kind: str, stage: "tuple[SmtpSink, Database, _workers]") -> _Kill:
    """Let some mails of a kind go out, break something, and kill whoever is sending the next."""
    sink, database, workers = stage
    chance = random.Random()
    waiting = Message.objects.filter(wave=wave, state="waiting", kind=kind)
    start = len(sink.mails)
    # Whatever the machine's pace, enough are left for the kills to come.
    ahead = KILLS // len(KINDS) - blow % (KILLS // len(KINDS))
    _wait_for_mails(
        sink, kind, start, chance.randint(1, max(waiting.count() // (2 * ahead), 1)), waiting
    )
    what = _strike(blow, database)
    # Those who send again after it, not those who wait for what fell over.
    _wait_for_mails(sink, kind, len(sink.mails), 1, waiting)
    time.sleep(chance.uniform(0.0, 0.05))
    for worker in workers.each:
        worker.kill()
    held = waiting.filter(claim__isnull=False)
    kill = _Kill(kind, start, len(sink.mails), waiting.count(), held.count())
    print(f"  {what}, then kill -9 after {kill.end} mails; {kill.left} {kind}s to go", flush=True)
    return kill


def _organization(size: int) -> Organization:
    organization = create_organization("drill", name="Drill")
    people = Person.objects.bulk_create(
        Person(organization=organization, email=f"pm{number}@drill.example")
        for number in range(size)
    )
    hired = DateRange(datetime.now(UTC).date() - timedelta(days=100), None)
    Placement.objects.bulk_create(
        Placement(organization=organization, person=person, role="pm", valid=hired)
        for person in people
    )
    return organization


class _workers(ExitStack):  # noqa: N801  # reads as what it is
    """Some workers at once, each with a beat of its own: every task runs twice and at once."""

    def __init__(self, sink: SmtpSink, folder: Path) -> None:
        super().__init__()
        self.each = [
            self.enter_context(
                running_worker(
                    folder / f"worker{number}.log",
                    beat=True,
                    patience=STARTS_WITHIN_SECONDS,
                    EMAIL_URL=f"smtp://127.0.0.1:{sink.port}",
                    MESSAGE_LEASE_SECONDS=str(LEASE_SECONDS),
                )
            )
            for number in range(WORKERS)
        ]


def _strike(blow: int, database: Database) -> str:
    if blow % 3 == 1:
        redis.Redis.from_url(settings.REDIS_URL).flushall()
        return "Valkey flushed"
    if blow % 3 == 2:
        database.restart()
        connection.close()
        return "PostgreSQL restarted"
    for _ in range(4):
        send_due_messages.delay()
        open_due_waves.delay()
    return "tasks doubled"


class _Respondents(threading.Thread):
    """People who answer meanwhile; they try again until the server says that it has it."""

    def __init__(self, wave: Wave) -> None:
        super().__init__()
        self.invitations = list(
            wave.invitations.order_by("pk")[: (wave.eligible or 0) // ANSWERING_SHARE]
        )
        self.people = {invitation.person_id for invitation in self.invitations}
        self.stored = 0

    def run(self) -> None:
        for invitation in self.invitations:
            while not self._submitted(invitation):
                connection.close()
                time.sleep(0.2)
        connection.close()

    def _submitted(self, invitation) -> bool:
        try:
            submit_response(invitation, Submission({"LEV1": 4}, (), {}))
        except AlreadyAnswered:
            pass  # it was stored, and the server fell before it could say so
        except (DatabaseError, ObjectDoesNotExist):
            return False
        except DomainError as refusal:
            raise SystemExit(f"an answer was refused: {refusal}") from refusal
        self.stored += 1
        return True


def _make_due(wave: Wave, kind: str, after: timedelta) -> None:
    waiting = Message.objects.filter(wave=wave, kind=kind, state="waiting")
    waiting.update(due_at=datetime.now(UTC) + after)


def _wait_for_mails(
    sink: SmtpSink, kind: str, start: int, count: int, left: QuerySet[Message]
) -> None:
    """Until so many more were received; leases of the dead may have to run out first."""
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while _count(sink, kind, start) < count and left.exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def _count(sink: SmtpSink, kind: str, start: int = 0, end: int | None = None) -> int:
    mails = sink.mails[start:end]
    return sum(str(mail["Message-ID"]).startswith(f"<{kind}-") for mail in mails)


def _hit_all(kills: list[_Kill], sink: SmtpSink) -> bool:
    """Whether each kill fell between mails of its kind: invitations first, then reminders."""
    for number, kill in enumerate(kills, start=1):
        print(
            f"kill {number}: {kill.before(sink)} {kill.kind}s received in its round before it,"
            f" {kill.after(sink)} after it; {kill.left} waited, {kill.held} of them claimed"
        )
    return all(kill.met(sink) for kill in kills)


def _send_the_rest(wave: Wave, sink: SmtpSink, kind: str, respondents: _Respondents) -> None:
    """Until every mail of the kind has left and everybody who answers has done so."""
    _make_due(wave, kind, NOW)
    sink.pause = 0
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        waiting = Message.objects.filter(wave=wave, state="waiting", kind=kind).exists()
        if not waiting and not respondents.is_alive():
            return
        time.sleep(0.5)


def _report(sink: SmtpSink, wave: Wave, respondents: _Respondents) -> bool:
    invited = [m for m in sink.mails if m["Message-ID"].startswith("<invitation")]
    reminded = [m for m in sink.mails if m["Message-ID"].startswith("<reminder")]
    once = {(str(m["To"]), str(m["Message-ID"])) for m in sink.mails}
    twice = sum(count - 1 for count in sink.copies.values())
    people, answering = wave.eligible or 0, len(respondents.invitations)
    silent = people - answering
    answered = set(Person.objects.filter(pk__in=respondents.people).values_list("email", flat=True))
    disturbed = {str(m["To"]) for m in reminded} & answered
    expected = silent * 3
    reminders = len({key for key in once if key[1].startswith("<reminder")})
    stored = IntakeResponse.objects.filter(wave=wave).count()
    print(f"invited: {len({str(m['To']) for m in invited})} of {people} people")
    print(f"reminded: {reminders} reminders for {silent} silent people, three each: {expected}")
    print(f"reminded although they had answered: {len(disturbed)}")
    print(f"mails that came twice, because a kill fell inside the SMTP call: {twice}")
    print(f"responses stored: {stored} of {respondents.stored} that were acknowledged")
    return (
        len({str(m["To"]) for m in invited}) == people
        and len({str(m["Message-ID"]) for m in invited}) == people
        and reminders == expected
        and not disturbed
        # One per worker that was killed while it was sending.
        and twice <= KILLS * WORKERS
        and stored == respondents.stored == answering
    )
