"""Idempotency-Key: a write that is sent twice happens once, and answers the same twice."""

import hashlib
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.parameters import invalid
from maturity.api.preconditions import tagged
from maturity.api.renderers import to_json
from maturity.models import IdempotentAnswer, Organization
from maturity.services.idempotency import Answer, Attempt, once

HEADER = "Idempotency-Key"
ROUTE_LENGTH = 120
Handler = Callable[..., Response]


class RepeatedAnswers:
    """For viewsets: a write with the header goes through services.idempotency."""

    organization: Organization
    repeats = True

    def without_secrets(self, body: Any) -> Any:
        """What of an answer is kept to be repeated: all, unless a resource says otherwise."""
        return body

    def with_secrets(self, body: Any) -> Any:
        """The kept answer as it is given: what was not kept is worked out anew."""
        return body

    def answer_once(self, request: Request) -> None:
        """Wrap the handler of this request; call it when it is known that the write is allowed."""
        key = request.headers.get(HEADER, "")
        method = str(request.method).lower()
        handler: Handler | None = getattr(self, method, None)
        if request.method in SAFE_METHODS or not self.repeats or not key or handler is None:
            return
        if len(key) > IdempotentAnswer.KEY_LENGTH or not key.isprintable():
            raise invalid(HEADER, _("At most 255 characters, none of them a control character."))
        route = f"{request.path} {method}"[-ROUTE_LENGTH:]
        attempt = Attempt(route, key, _digest(request))

        def write(request: Request, **kwargs: Any) -> Response:
            return self._repeatable(attempt, lambda: handler(request, **kwargs))

        setattr(self, method, write)

    def _repeatable(self, attempt: Attempt, act: Callable[[], Response]) -> Response:
        made: list[Response] = []

        def answer() -> Answer:
            made.append(act())
            # What is gone has no answer but its status.
            said = {} if made[0].data is None else json.loads(to_json(made[0].data))
            body = self.without_secrets(said)
            return Answer(HTTPStatus(made[0].status_code), body)

        given = once(self.organization, attempt, answer)
        if not given.repeated:
            return made[0]
        # Empty: there never was one, or an erasure took what it said.
        body = self.with_secrets(given.body) if given.body else given.body
        if given.status == HTTPStatus.NO_CONTENT:
            body = None
        response = Response(body, status=given.status, headers={"Idempotency-Replayed": "true"})
        version = body.get("version") if isinstance(body, dict) else None
        return tagged(response, version) if isinstance(version, int) else response


def blanked(body: Any, *names: str) -> Any:
    """An answer with null in the place of what it says once."""
    return {**body, **dict.fromkeys(body.keys() & names)} if isinstance(body, dict) else body


def _digest(request: Request) -> str:
    """What the body says; the boundary of a form and the order of its parts say nothing."""
    if not (request.content_type or "").startswith("multipart/"):
        return hashlib.sha256(to_json(request.data)).hexdigest()
    digest = hashlib.sha256()
    form: Any = request.data
    for name, value in sorted(form.items()):
        digest.update(f"\0{name}\0".encode())
        if isinstance(value, UploadedFile):
            digest.update(f"{value.name}\0".encode() + value.read())
            value.seek(0)
        else:
            digest.update(str(value).encode())
    return digest.hexdigest()
