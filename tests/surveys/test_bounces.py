"""Delivery reports: a permanent failure of a mail to everybody marks the address, nothing else."""

import io

import pytest
from django.core.management import call_command

from surveys.models import Message, RefusedAddress
from surveys.services.bounces import Counts, record_bounces
from surveys.services.messages import message_id_of

REPORT = """\
From: MAILER-DAEMON@mx.example
To: plumbline@testserver
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I am sorry to have to inform you.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; gone@acme.example
Action: {action}
Status: {status}

--B
Content-Type: text/rfc822-headers

Message-ID: {message_id}
Subject: Spring pulse

--B--
"""


@pytest.fixture
def invitation(opened) -> Message:
    return opened(5).messages.filter(kind="invitation").first()


def report(message: Message, *, action: str = "failed", status: str = "5.1.1") -> bytes:
    text = REPORT.format(message_id=message_id_of(message), action=action, status=status)
    return text.encode()


def test_a_permanent_failure_marks_the_address(invitation):
    assert record_bounces(report(invitation)) == Counts(reports=1, noted=1)

    refused = RefusedAddress.objects.get()
    assert (refused.person, refused.address) == (invitation.person, invitation.person.email)
    assert refused.reason == "delivery report 5.1.1"


@pytest.mark.parametrize(
    ("action", "status"), [("delayed", "4.4.1"), ("failed", "4.2.2"), ("delivered", "2.0.0")]
)
def test_what_may_still_arrive_marks_nothing(invitation, action, status):
    found = record_bounces(report(invitation, action=action, status=status))

    assert found == Counts(reports=1, noted=0)
    assert not RefusedAddress.objects.exists()


def test_a_reminder_that_came_back_tells_nothing(invitation):
    reminder = Message.objects.filter(kind="reminder").first()

    assert record_bounces(report(reminder)) == Counts(reports=1, noted=0)


def test_an_mbox_holds_many(invitation):
    other = Message.objects.filter(kind="invitation").exclude(pk=invitation.pk).first()
    box = b"".join(
        b"From MAILER-DAEMON Mon Mar  2 09:00:00 2026\n" + report(message) + b"\n"
        for message in (invitation, other, invitation)
    )

    assert record_bounces(box) == Counts(reports=3, noted=3)
    assert RefusedAddress.objects.count() == 2


@pytest.mark.parametrize("junk", [b"", b"\0\xff", b"Subject: Hello\n\nHi.", b"From x\nFrom y\n"])
def test_other_mail_is_passed_over(db, junk):
    assert record_bounces(junk) == Counts(reports=0, noted=0)


def test_the_command_reads_files(invitation, tmp_path):
    path = tmp_path / "bounce.eml"
    path.write_bytes(report(invitation))
    out = io.StringIO()

    call_command("record_bounces", str(path), stdout=out)

    assert out.getvalue() == "1 delivery reports read, 1 refused addresses noted\n"
