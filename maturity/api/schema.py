"""OpenAPI: how a key is sent, and the problem that every operation may answer with."""

from http import HTTPStatus
from typing import Any, Literal

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.permissions import SAFE_METHODS

from maturity.api.auth import KEY_PARAMETER
from maturity.api.errors import MEDIA_TYPE, ProblemSerializer, problem
from maturity.models import ApiKey

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description=(
        "Any text of yours, at most 255 characters: the answer is repeated for 24 hours instead "
        "of writing twice; the same key with another body is 409."
    ),
)


def without_enum_ids(result: Any, **_options: Any) -> Any:
    """A hook of drf-spectacular: take out the marks that its own hook for choices would use."""
    waiting = [result]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            part.pop("x-spec-enum-id", None)
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return result


_IN_HEADER = {"type": "apiKey", "in": "header"}
KEY_SCHEMES: dict[str, dict[str, str]] = {
    "bearerKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "`Authorization: Bearer <key>`. Use this where you can choose.",
    },
    "tokenKey": {
        **_IN_HEADER,
        "name": "Authorization",
        "description": "`Authorization: Token <key>`: the value is the word Token and the key.",
    },
    "basicKey": {
        "type": "http",
        "scheme": "basic",
        "description": "The key is the password; the user name may be anything.",
    },
    "headerKey": {**_IN_HEADER, "name": "X-API-Key", "description": "`X-API-Key: <key>`"},
    "queryKey": {
        "type": "apiKey",
        "in": "query",
        "name": KEY_PARAMETER,
        "description": "For tools that can do no better. Only a key that cannot write is accepted.",
    },
}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "maturity.api.auth.KeyAuthentication"
    name = list(KEY_SCHEMES)

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, str]]:
        scopes = "; ".join(f"`{scope}`: {label}" for scope, label in ApiKey.Scope.choices)
        bearer = KEY_SCHEMES["bearerKey"]
        said = f"{bearer['description']} Every key has some of these scopes. {scopes}."
        return list({**KEY_SCHEMES, "bearerKey": {**bearer, "description": said}}.values())

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[str]]]:
        return [{name: []} for name in KEY_SCHEMES]  # any one of them


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "rest_framework.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "Somebody who is logged in here; for this page's own requests.",
        }


# Status: description, and the code and text of its example.
_PROBLEMS = {
    "400": (
        "Not understood; `errors` names the parameter or field.",
        "invalid",
        "Give a whole number.",
    ),
    "401": (
        "No key, or one that is unknown, expired or revoked.",
        "authentication_failed",
        "This key is unknown, expired or revoked.",
    ),
    "403": (
        "The key lacks the scope, or the role does not allow it.",
        "missing_scope",
        "This key lacks the scope feed:read.",
    ),
    "404": ("There is no such thing, or it is not yours.", "not_found", "Not found."),
    "406": (
        "None of the accepted media types is offered.",
        "not_acceptable",
        "Could not satisfy the request Accept header.",
    ),
    "409": (
        "Refused by the state that things are in; `code` says why.",
        "refused",
        "This finding is resolved: the pitfall cleared.",
    ),
    "410": (
        "What the given position builds upon is no longer kept, or the key opens other ones since.",
        "resync",
        "What this position builds upon is no longer kept: read everything again.",
    ),
    "412": (
        "Changed since the version that `If-Match` names: read it again first.",
        "stale",
        "This was changed meanwhile. Read it again first.",
    ),
    "413": (
        "More rows or bytes than one request may bring.",
        "too_many_rows",
        "At most 10,000 rows and 16 MB a request: send the rest in another one.",
    ),
    "415": (
        "The body is of a media type that is not taken.",
        "unsupported_media_type",
        "Unsupported media type.",
    ),
    "429": (
        "Too much; `Retry-After` says in how many seconds to come back.",
        "throttled",
        "Request was throttled. Expected available in 5 seconds.",
    ),
}


def _component(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}


# On every answer; what they mean stands once, in SPECTACULAR_SETTINGS.
_LIMIT_HEADERS = {name: _component(name) for name in ("RateLimit", "RateLimit-Policy")}


def complete(result: dict[str, Any], generator: Any, **_rest: Any) -> dict[str, Any]:
    """A post-processing hook: the components again, now that the webhooks have named theirs."""
    result["components"] = generator.registry.build(spectacular_settings.APPEND_COMPONENTS)
    return result


def share_problems(result: dict[str, Any], **_options: Any) -> dict[str, Any]:
    """A post-processing hook: a refusal that all operations have alike is written down once."""
    shared = result["components"].setdefault("responses", {})
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            bodies = operation["responses"]
            for status in _PROBLEMS.keys() & bodies.keys():
                name = f"Problem{status}"
                if shared.setdefault(name, bodies[status]) == bodies[status]:
                    bodies[status] = {"$ref": f"#/components/responses/{name}"}
    result["components"]["responses"] = dict(sorted(shared.items()))
    return result


class ProblemSchema(AutoSchema):
    """AutoSchema whose operations document their refusals."""

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in self._problem_statuses():
            bodies[status] = self._problem(status)
        if bodies and self.path != "/":
            for body in bodies.values():
                body.setdefault("headers", {}).update(_LIMIT_HEADERS)
            bodies["429"]["headers"]["Retry-After"] = _component("Retry-After")
        return dict(sorted(bodies.items()))

    def get_override_parameters(self) -> list[Any]:
        """Every write takes a key under which it happens once."""
        writes = self.path != "/" and self.method not in SAFE_METHODS
        if writes and getattr(self.view, "repeats", False):
            return [IDEMPOTENCY]
        return []

    def _problem_statuses(self) -> list[str]:
        if self.path == "/":
            return []  # a webhook: its receiver answers, not we
        own = list(getattr(self.view, "problem_statuses", ()))
        if "{" in self.path:
            own.append("404")
        if self.method not in SAFE_METHODS:
            own += getattr(self.view, "write_problem_statuses", ("409",))
            own += ["413", "415"]
        return ["400", "401", "403", "406", "429", *dict.fromkeys(own)]

    def _problem(self, status: str) -> dict[str, Any]:
        description, code, detail = _PROBLEMS[status]
        body: dict[str, Any] = self._get_response_for_code(  # type: ignore[no-untyped-call]
            OpenApiResponse(ProblemSerializer, description=description), status, [MEDIA_TYPE]
        )
        attr = "page_size" if status == "400" else None
        example = problem(HTTPStatus(int(status)), [{"attr": attr, "code": code, "detail": detail}])
        body["content"][MEDIA_TYPE]["examples"] = {code: {"value": example}}
        return body
