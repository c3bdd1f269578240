"""Refusals outside of any view: a page for people, a problem for programs."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views import defaults

from maturity.api.errors import MEDIA_TYPE, problem
from maturity.api.renderers import to_json

# Below these nobody reads pages, the documentation excepted.
PROGRAMS = ("/api/", "/odata/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(PROGRAMS):
        return defaults.bad_request(request, exception)
    return _problem(HTTPStatus.BAD_REQUEST, "bad_request", _("The request could not be read."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(PROGRAMS):
        return defaults.page_not_found(request, exception)
    return _problem(HTTPStatus.NOT_FOUND, "not_found", _("There is nothing at this address."))


def server_error(request: HttpRequest) -> HttpResponse:
    if not request.path.startswith(PROGRAMS):
        return defaults.server_error(request)
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "error", "Server Error (500)")


def _problem(status: HTTPStatus, code: str, detail: str) -> HttpResponse:
    body = problem(status, [{"attr": None, "code": code, "detail": detail}])
    return HttpResponse(to_json(body), status=status, content_type=MEDIA_TYPE)
