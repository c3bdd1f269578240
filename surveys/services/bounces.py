"""Delivery reports that come back by mail (RFC 3464): which address took nothing, for good."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage

from surveys.models import Message
from surveys.services.opt_outs import note_refused

# Between the mails of an mbox file.
SEPARATOR = re.compile(rb"^From .*\r?\n", re.MULTILINE)
# As message_id_of() writes it. Reminders are left out: they go to the silent alone.
OURS = re.compile(r"<(invitation|extension|results)-\d+\.([0-9a-f]{32})@")
PERMANENT = re.compile(r"5\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True)
class Counts:
    """How many reports were read, and how many addresses they made known as refused."""

    reports: int
    noted: int


def record_bounces(content: bytes) -> Counts:
    """Read a mail or an mbox of mails; what is no report about a mail of ours is passed over."""
    reports = noted = 0
    for part in SEPARATOR.split(content):
        report = _parsed(part)
        if report is None or report.get_content_type() != "multipart/report":
            continue
        reports += 1
        noted += _record(report)
    return Counts(reports, noted)


def _parsed(content: bytes) -> EmailMessage | None:
    try:
        parsed = message_from_bytes(content, policy=policy.default)
    except (MessageError, ValueError, IndexError):
        return None  # a broken mail is nobody's bounce
    return parsed if isinstance(parsed, EmailMessage) else None


def _record(report: EmailMessage) -> bool:
    message = _message_meant(report)
    status = next(_permanent_statuses(report), None)
    if message is None or status is None:
        return False
    # The address of our mail, not what the report claims; a changed one is not held refused.
    note_refused(message.person, address=message.person.email, reason=f"delivery report {status}")
    return True


def _message_meant(report: EmailMessage) -> Message | None:
    found = OURS.search(report.as_string())
    if found is None:
        return None
    pk = uuid.UUID(found.group(2))
    meant: Message | None = Message.objects.select_related("person").filter(pk=pk).first()
    return meant


def _permanent_statuses(report: EmailMessage) -> Iterator[str]:
    """The status of each recipient for whom the report says "failed"."""
    for part in report.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.iter_parts() if part.is_multipart() else ():
            action = str(block.get("Action", "")).strip().lower()
            found = PERMANENT.match(str(block.get("Status", "")).strip())
            if action == "failed" and found:
                yield found.group()
