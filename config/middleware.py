"""Content security policy exceptions, each on its own path; who is behind a change or request."""

from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
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
