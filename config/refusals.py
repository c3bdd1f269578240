"""Refusals outside of any view: a page for people, a problem for programs."""

from http import HTTPStatus

from django.core.exceptions import BadRequest
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults

from maturity.api.errors import MEDIA_TYPE, problem
from maturity.api.renderers import to_json

# Below these nobody reads pages, the documentation excepted.
PROGRAMS = ("/api/", "/odata/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(PROGRAMS):
        # Ours name the parameter; what Django found suspicious is not told.
        said = str(exception) if type(exception) is BadRequest else ""
        return _page(request, HTTPStatus.BAD_REQUEST, said=said)
    return _problem(HTTPStatus.BAD_REQUEST, "bad_request", _("The request could not be read."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(PROGRAMS):
        return _page(request, HTTPStatus.NOT_FOUND)
    return _problem(HTTPStatus.NOT_FOUND, "not_found", _("There is nothing at this address."))


def server_error(request: HttpRequest) -> HttpResponse:
    if not request.path.startswith(PROGRAMS):
        return defaults.server_error(request)
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "error", "Server Error (500)")


def _page(request: HttpRequest, status: HTTPStatus, **context: str) -> HttpResponse:
    """With the navigation of whoever is logged in, or without any where nobody can say who is."""
    template = f"{status}.html"
    try:
        return render(request, template, context, status=status)
    except DatabaseError:
        return HttpResponse(render_to_string(template, context), status=status)


def _problem(status: HTTPStatus, code: str, detail: str) -> HttpResponse:
    body = problem(status, [{"attr": None, "code": code, "detail": detail}])
    return HttpResponse(to_json(body), status=status, content_type=MEDIA_TYPE)
