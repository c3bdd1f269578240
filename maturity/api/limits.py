"""Rate limits of the API: who is counted as one client, and what the answer says about it.

The headers are those of the IETF draft draft-ietf-httpapi-ratelimit-headers-10.
"""

from typing import Any, cast

from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    PermissionDenied,
    Throttled,
)
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from maturity.models import ApiKey
from maturity.services.limits import Standing, policy_named, take


class Limited:
    """For every view of the API: counts the request before anything else is done for it."""

    is_charged = False
    standing: Standing | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.charge(request)
        super().initial(request, *args, **kwargs)

    def charge(self, request: Request) -> None:
        """Count a request once. Raises Throttled, and what authentication refuses.

        A key that is refused counts against its address, so that nobody tries keys without end.
        """
        if self.is_charged:
            return
        self.is_charged = True
        refusal: APIException | None = None
        try:
            name, client = _client_of(request)
        except (AuthenticationFailed, PermissionDenied) as error:
            refusal, name, client = error, "address", address_of(request)
        self.standing = take(policy_named(name), client)
        if self.standing is not None and self.standing.wait is not None:
            raise Throttled(self.standing.wait)
        if refusal is not None:
            raise refusal

    def finalize_response(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().finalize_response(request, *args, **kwargs)
        if self.standing is not None:
            tell(response, self.standing)
        return response


def _client_of(request: Request) -> tuple[str, str]:
    """The policy and the bucket: a key's own, a person's own, or that of an address."""
    if isinstance(request.auth, ApiKey):
        return "key", str(request.auth.pk)
    if request.user.is_authenticated:
        return "person", str(request.user.pk)
    return "address", address_of(request)


def address_of(request: HttpRequest | Request) -> str:
    """Whom a request without a log-in is counted for."""
    # It reads nothing but the headers, which both have.
    return str(BaseThrottle().get_ident(cast("Request", request)))


def tell(response: HttpResponseBase, standing: Standing) -> None:
    """Say on an answer what is left to the client."""
    policy = standing.policy
    response["RateLimit-Policy"] = f'"{policy.name}";q={policy.quota};w={policy.window}'
    response["RateLimit"] = f'"{policy.name}";r={standing.remaining};t={standing.full_in}'
