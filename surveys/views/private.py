"""What the pages behind links have in common: they leave no trace, and speak one's language."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import trans_real
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from maturity.models import Organization

View = Callable[..., HttpResponse]

# What the pages themselves can say; questions may come in more languages.
SPOKEN = ("en", "de", "es", "fr")


def leaves_no_trace(view: View) -> View:
    """Keep a link out of referrers, caches, search engines, log lines and error reports."""

    @never_cache
    @sensitive_post_parameters()
    @sensitive_variables()
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Whatever is logged from here on says nothing about who is at the other end.
        structlog.contextvars.clear_contextvars()
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return wrapped


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    status: int,
    language: str,
    organization: Organization | None = None,
) -> HttpResponse:
    """Render in a language, with times on the organisation's clocks."""
    zone = timezone.get_default_timezone() if organization is None else organization.zone
    with translation.override(language), timezone.override(zone):
        response = render(request, template, context, status=status)
    response["Content-Language"] = language
    return response


def preferred_language(request: HttpRequest) -> str:
    """What the browser prefers among the languages that the pages speak."""
    header = request.headers.get("accept-language", "")
    wanted = (code.split("-")[0] for code, _weight in trans_real.parse_accept_lang_header(header))
    return next((code for code in wanted if code in SPOKEN), SPOKEN[0])
