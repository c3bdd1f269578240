"""If-Match: a write that is based on a state which no longer stands is 412, not a lost update."""

import hashlib
import re
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.errors import PreconditionFailed
from maturity.api.renderers import to_json

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def tag_of(version: int | str) -> str:
    """The ETag of a row that counts its changes."""
    return f'"{version}"'


def tagged(response: Response, version: int | str) -> Response:
    response["ETag"] = tag_of(version)
    return response


def content_version(shown: Any) -> str:
    """The version of a row that does not count its changes: what it says, hashed."""
    return hashlib.sha256(to_json(shown)).hexdigest()[:32]


def asks_for_match(request: Request) -> bool:
    """Whether the client says what its write is based on."""
    return request.headers.get("If-Match", "").strip() not in {"", "*"}


def match(request: Request, current: int | str) -> None:
    """Refuse a write that is based on another version. Call it under the lock of the write.

    Raises PreconditionFailed.
    """
    if asks_for_match(request) and str(current) not in _TAG.findall(request.headers["If-Match"]):
        raise PreconditionFailed(_("This was changed meanwhile. Read it again first."))


def version_seen(request: Request, current: int) -> int | None:
    """The version that a write is based on; None where the client does not say.

    Raises PreconditionFailed where none of those named is the current one. The service checks it
    again under its lock.
    """
    match(request, current)
    return current if asks_for_match(request) else None
