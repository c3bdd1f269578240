"""Policies by path, packed pages, the language of the reader, who is behind a change or request."""

from collections.abc import Callable
from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django_structlog.middlewares import RequestMiddleware
from pghistory.middleware import HistoryMiddleware


class PathCSPMiddleware(CSPMiddleware):
    """The strict policy, replaced on the paths named in CONTENT_SECURITY_POLICY_BY_PATH."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if report_only:
            return parts
        for prefix, directives in settings.CONTENT_SECURITY_POLICY_BY_PATH.items():
            if request.path.startswith(prefix):
                parts.replace = directives
        return parts


class PageGZipMiddleware(GZipMiddleware):
    """Pages packed for browsers that take them so; what programs pull (UNPACKED_PATHS) is not."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.path.startswith(settings.UNPACKED_PATHS):
            return response
        packed: HttpResponseBase = super().process_response(request, response)
        return packed


class LanguageMiddleware(LocaleMiddleware):
    """Pages in the reader's language: the account's, else the cookie's, else the browser's.

    Programs are answered in English (ENGLISH_PATHS). Pages behind links (OWN_LANGUAGE_PATHS)
    choose by themselves; no cookie is looked at for them, and nobody asks who is logged in.
    """

    def process_request(self, request: HttpRequest) -> None:
        if request.path.startswith((*settings.ENGLISH_PATHS, *settings.OWN_LANGUAGE_PATHS)):
            _speak(request, settings.LANGUAGE_CODE)
        else:
            super().process_request(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_args: Any) -> None:
        if request.path.startswith((*settings.ENGLISH_PATHS, *settings.OWN_LANGUAGE_PATHS)):
            return
        language = getattr(request.user, "language", "")
        if language:
            _speak(request, language)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.path.startswith(settings.ENGLISH_PATHS):
            response.headers.setdefault("Content-Language", settings.LANGUAGE_CODE)
        else:
            super().process_response(request, response)
            if not request.path.startswith(settings.OWN_LANGUAGE_PATHS):
                patch_vary_headers(response, ("Cookie",))
        # The thread's next work, or a request refused before it comes here, is not this reader's.
        translation.deactivate()
        return response


def _speak(request: HttpRequest, language: str) -> None:
    translation.activate(language)
    request.LANGUAGE_CODE = translation.get_language()


class ChangeHistoryMiddleware(HistoryMiddleware):
    """Hand the acting account to the change history, on the paths of HISTORY_PATHS alone."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        # PostgreSQL's JSON takes no NUL, and an address may hold one.
        return {"user": request.user.pk, "path": request.path.replace("\0", "")}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(settings.HISTORY_PATHS):
            response: HttpResponseBase = self.get_response(request)
            return response
        answer: HttpResponseBase = super().__call__(request)  # type: ignore[no-untyped-call]
        return answer


class RequestLogMiddleware(RequestMiddleware):
    """Log requests with the account behind them; on ANONYMOUS_PATHS no session is read for it."""

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        if not request.path.startswith(settings.ANONYMOUS_PATHS):
            RequestMiddleware.bind_user_id(request)
