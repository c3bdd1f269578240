"""Invitations per second against the same mails handed to the SMTP sink by smtplib alone."""

import smtplib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from email.message import EmailMessage
from email.policy import SMTP

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateRange

from maturity.models import Organization, Person, Placement
from surveys.banks import SHIPPED, load_bank
from surveys.models import Message
from surveys.services.banks import publish_bank
from surveys.services.messages import send_due_messages
from surveys.services.waves import create_wave, open_wave
from tests.surveys.smtp_sink import SmtpSink

PEOPLE = 2_000


def bench_invitations(organization: Organization) -> None:
    # What other parts of the same run left to be sent is nobody's to measure.
    with SmtpSink() as earlier, _mail_goes_to(earlier):
        send_due_messages()
    _wave_of(organization)
    with SmtpSink() as sink, _mail_goes_to(sink):
        start = time.perf_counter()
        sent = send_due_messages()
        ours = time.perf_counter() - start
        mails = list(sink.mails)
        start = time.perf_counter()
        _hand_over(sink, mails)
        floor = time.perf_counter() - start
    left = Message.objects.filter(kind="invitation").exclude(state="sent").count()
    if sent != PEOPLE or left:
        raise RuntimeError(f"{sent} invitations left, {left} did not")
    print(f"{PEOPLE:,} invitations; floor is smtplib handing the same mails to the same sink")
    for name, seconds in (("smtplib alone", floor), ("send_due_messages", ours)):
        rate = PEOPLE / seconds
        print(
            f"  {name:18} {seconds:6.2f} s {rate:10,.0f} mails/s   {floor / seconds:5.2f} of floor"
        )


def _wave_of(organization: Organization) -> None:
    publish_bank(load_bank(SHIPPED[0]))
    people = Person.objects.bulk_create(
        Person(organization=organization, email=f"pm{n}@bench.example") for n in range(PEOPLE)
    )
    since = DateRange(date(2020, 1, 1), None)
    Placement.objects.bulk_create(
        Placement(organization=organization, person=person, role="pm", valid=since)
        for person in people
    )
    open_wave(create_wave(organization, title="Bench"))


@contextmanager
def _mail_goes_to(sink: SmtpSink) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield


def _hand_over(sink: SmtpSink, mails: list[EmailMessage]) -> None:
    with smtplib.SMTP("127.0.0.1", sink.port) as server:
        for mail in mails:
            server.sendmail("bench@bench.example", [str(mail["To"])], mail.as_bytes(policy=SMTP))
