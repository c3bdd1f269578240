"""If-Match: a write that is based on a state which no longer stands is 412, not a lost update."""

import re

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.errors import PreconditionFailed

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def tag_of(version: int) -> str:
    """The ETag of a row that counts its changes."""
    return f'"{version}"'


def tagged(response: Response, version: int) -> Response:
    response["ETag"] = tag_of(version)
    return response


def version_seen(request: Request, current: int) -> int | None:
    """The version that a write is based on; None where the client does not say.

    Raises PreconditionFailed where none of those named is the current one. The service checks it
    again under its lock.
    """
    header = request.headers.get("If-Match", "").strip()
    if header in {"", "*"}:
        return None
    if str(current) not in _TAG.findall(header):
        raise PreconditionFailed(_("This was changed meanwhile. Read it again first."))
    return current
