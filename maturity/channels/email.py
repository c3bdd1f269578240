"""Send one plain-text mail with its files, and say what a refusal means for the sender."""

import smtplib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend


class Undelivered(Exception):
    """The mail did not leave; the message is a short reason without any address."""


class Refused(Undelivered):
    """This mail will never be taken, however often it is tried."""


class AddressRefused(Refused):
    """The recipient's own server, or the way the address is written, rules it out for good."""


class TryLater(Undelivered):
    """This mail was not taken this time."""


class Unreachable(Undelivered):
    """The mail server is away or takes nothing from us: no mail can leave at the moment."""


@contextmanager
def connect() -> Iterator[BaseEmailBackend]:
    """Open one connection for many mails. Raises Unreachable."""
    connection = get_connection()
    reopen(connection)
    try:
        yield connection
    finally:
        _hang_up(connection)


def reopen(connection: BaseEmailBackend) -> None:
    """Open a connection unless it is open. Raises Unreachable."""
    try:
        connection.open()
    except OSError as error:  # smtplib's errors are among them
        raise Unreachable(_reason(error)) from error


def send(
    recipient: str,
    subject: str,
    body: str,
    *,
    message_id: str = "",
    headers: Mapping[str, str] | None = None,
    attachments: Iterable[tuple[str, bytes, str]] = (),
    connection: BaseEmailBackend | None = None,
) -> None:
    """Send one mail. Raises Refused, TryLater, or Unreachable where no other would fare better.

    A connection that broke is closed; reopen() it before the next mail.
    `message_id` goes with its angle brackets; a mail sent again under the same one can be
    recognised as the same mail. `attachments`: name, content and media type of each file.
    """
    own = {"Auto-Submitted": "auto-generated", **(headers or {})}
    if message_id:
        own["Message-ID"] = message_id
    mail = EmailMessage(subject, body, to=[recipient], headers=own, connection=connection)
    for file in attachments:
        mail.attach(*file)
    try:
        mail.send()
    except (ValueError, smtplib.SMTPNotSupportedError) as error:
        # Never reached the server: the address or a header cannot be written at all.
        raise AddressRefused(_reason(error)) from error
    except OSError as error:
        if _is_final(error):
            unknown = isinstance(error, smtplib.SMTPRecipientsRefused)
            raise (AddressRefused if unknown else Refused)(_reason(error)) from error
        if connection is not None and not _codes(error):
            _hang_up(connection)  # it is in no known state
        refused_us = isinstance(error, smtplib.SMTPSenderRefused | ConnectionRefusedError)
        raise (Unreachable if refused_us else TryLater)(_reason(error)) from error


def _is_final(error: OSError) -> bool:
    """Whether a server said no for good (5xx) to this recipient or this mail."""
    return bool(codes := _codes(error)) and all(code >= 500 for code in codes)


def _codes(error: OSError) -> list[int]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _text in error.recipients.values()]
    if isinstance(error, smtplib.SMTPDataError):
        return [error.smtp_code]
    return []


def _reason(error: Exception) -> str:
    """A short reason; what a server wrote is left out, it may quote the address."""
    codes = _codes(error) if isinstance(error, OSError) else []
    if not codes and isinstance(error, smtplib.SMTPResponseException):
        codes = [error.smtp_code]
    return " ".join([type(error).__name__, *map(str, codes)])


def _hang_up(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except OSError:
        return  # the server is gone already, which is what was wanted
