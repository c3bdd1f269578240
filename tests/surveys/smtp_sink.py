"""A real SMTP server on a free port that keeps what it is sent, and can be told to refuse."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class SmtpSink:
    """Mails in the order they came, with the connection that each came over.

    `replies` answers RCPT for an address, or DATA for one written as "DATA address", with a
    code instead of taking it.
    `on_mail` is called after each mail that was taken, with their number.
    `pause` is how many seconds the sink takes over each mail, half of them after it has it.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.connections = 0
        self.replies: dict[str, str] = {}
        self.on_mail: Callable[[int], None] | None = None
        self.pause = 0.0
        self._lock = threading.Lock()
        self._controller = Controller(self, hostname="127.0.0.1", port=_free_port())

    def __enter__(self) -> "SmtpSink":
        self._controller.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._controller.stop(no_assert=True)

    @property
    def port(self) -> int:
        return self._controller.port

    @property
    def recipients(self) -> list[str]:
        return [str(mail["To"]) for mail in self.mails]

    @property
    def copies(self) -> Counter[str]:
        """How often each Message-ID came."""
        return Counter(str(mail["Message-ID"]) for mail in self.mails)

    async def handle_EHLO(  # noqa: N802
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.replies:
            return self.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if reply := self.replies.get(f"DATA {envelope.rcpt_tos[0]}"):
            if reply == "hang up":
                server.transport.close()
            return reply
        await self._take_time()
        with self._lock:
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
            if self.on_mail is not None:
                self.on_mail(len(self.mails))
        await self._take_time()
        return "250 OK"

    async def _take_time(self) -> None:
        if self.pause:
            await asyncio.sleep(self.pause / 2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
