"""Post one signed message, in the form of Standard Webhooks (standardwebhooks.com)."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

import urllib3

from maturity.channels.egress import Forbidden, guarded

SECRET_PREFIX = "whsec_"  # noqa: S105  # not a secret: what marks one
CONNECT_SECONDS = 5
READ_SECONDS = 10
# What a receiver may say in all: its answer is looked at for its status alone.
MAX_ANSWER = 64 * 1024
_CHUNK = 8 * 1024


@dataclass(frozen=True)
class Answer:
    """How it went: `status` is None where nobody answered; `failure` is empty on success."""

    status: int | None
    failure: str

    @property
    def gone(self) -> bool:
        """The receiver says that it wants no more of these, ever."""
        return self.status == 410


def new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signatures(message_id: str, timestamp: int, body: bytes, signing: Sequence[str]) -> str:
    """The webhook-signature header: one v1 signature per active secret."""
    content = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_signature(secret, content)}" for secret in signing)


def post(
    url: str, body: bytes, *, message_id: str, timestamp: int, signing: Sequence[str]
) -> Answer:
    """Send it once. Redirects are not followed; what is not public is not reached."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Plumbline-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures(message_id, timestamp, body, signing),
    }
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    with guarded(), urllib3.PoolManager(num_pools=1, retries=False, timeout=timeout) as pool:
        try:
            response = pool.request(
                "POST", url, body=body, headers=headers, redirect=False, preload_content=False
            )
            try:
                _drain(response)
            finally:
                response.close()
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return Answer(None, _reason(error))
    if 200 <= response.status < 300:
        return Answer(response.status, "")
    redirected = 300 <= response.status < 400
    return Answer(response.status, "redirects are not followed" if redirected else "refused")


def _drain(response: urllib3.BaseHTTPResponse) -> None:
    """Read the answer to its end, up to a size and a time; the rest is not waited for."""
    deadline = time.monotonic() + READ_SECONDS
    read = 0
    while read < MAX_ANSWER and time.monotonic() < deadline:
        chunk = response.read1(_CHUNK)
        if not chunk:
            return
        read += len(chunk)


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def _reason(error: Exception) -> str:
    """A short reason without the address: it may carry a secret."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, Forbidden):
            return "the address is private, or not allowed here"
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
