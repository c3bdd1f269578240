"""Answering by personal link. The link is the only credential; the page keeps nothing else."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from maturity.errors import DomainError
from surveys.errors import AlreadyAnswered, LinkUnknown, NotYetOpen, TooLate
from surveys.forms import AnswerForm
from surveys.models import Invitation
from surveys.services.answers import (
    Submission,
    columns_of,
    comment_rows,
    response_row,
    submit_response,
)
from surveys.services.invitations import find_invitation, refuse_unless_answerable

View = Callable[..., HttpResponse]

STATUS: dict[type[DomainError], int] = {
    LinkUnknown: 404,
    NotYetOpen: 403,
    TooLate: 410,
    AlreadyAnswered: 409,
}


def _leaves_no_trace(view: View) -> View:
    """Keep the link out of referrers, caches, search engines and log lines."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Whatever is logged from here on says nothing about who is at the other end.
        structlog.contextvars.clear_contextvars()
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return wrapped


# Exempt from the CSRF check: no cookie lets anybody in here, so a foreign page has nothing to
# ride on; only who knows the link can post to it. Without the check the page sets no cookie at
# all, works where cookies are refused, and may send no referrer (browsers then send
# "Origin: null", which the check would refuse).
@csrf_exempt
@never_cache
@_leaves_no_trace
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@sensitive_variables()
def respond(request: HttpRequest, token: str) -> HttpResponse:
    """Show a person's questions and take the answers. Only POST changes anything."""
    invitation = None
    try:
        invitation = find_invitation(token)
        refuse_unless_answerable(invitation, at=timezone.now())
        form = _form(request, invitation)
        if request.method == "POST" and form.is_valid():
            submit_response(invitation, form.submission())
            return HttpResponseRedirect(request.path, status=303)
    except (LinkUnknown, NotYetOpen, TooLate, AlreadyAnswered) as refusal:
        return _notice(request, refusal, invitation)
    return _sheet(request, invitation, form)


def _form(request: HttpRequest, invitation: Invitation) -> AnswerForm:
    wave = invitation.wave
    questions = [item.question for item in wave.items.select_related("question")]
    data = request.POST if request.method == "POST" else None
    return AnswerForm(data, questions=questions, rules=wave.bank.definition())


def _sheet(request: HttpRequest, invitation: Invitation, form: AnswerForm) -> HttpResponse:
    wave = invitation.wave
    asked = form.asked()
    texts = {question.key: "" for question in asked if question.scale == "text"}
    context = {
        "wave": wave,
        "organization": wave.organization,
        "minutes": wave.planned_minutes(),
        "form": form,
        "questions": asked,
        "faulty": [question for question in asked if question.errors],
        "late": wave.closes_at is not None and wave.closes_at <= timezone.now(),
        "draft": _draft_key(invitation),
        "response_row": _as_text(response_row(invitation, Submission())),
        "comment_rows": [
            _as_text(row) for row in comment_rows(invitation, Submission(comments=texts))
        ],
    }
    status = 400 if form.errors else 200
    return _page(request, invitation, "surveys/respond.html", context, status)


def _notice(
    request: HttpRequest, refusal: DomainError, invitation: Invitation | None
) -> HttpResponse:
    """A page that says how things stand and what to do; to look again is no fault."""
    status = STATUS[type(refusal)]
    if isinstance(refusal, AlreadyAnswered) and request.method != "POST":
        status = 200
    context = {"reason": refusal.code, "wave": invitation and invitation.wave}
    if invitation is not None:
        context["draft"] = _draft_key(invitation)
    return _page(request, invitation, "surveys/notice.html", context, status)


def _page(
    request: HttpRequest,
    invitation: Invitation | None,
    template: str,
    context: dict[str, Any],
    status: int,
) -> HttpResponse:
    if invitation is None:
        return render(request, template, context, status=status)
    wave = invitation.wave
    with (
        translation.override(wave.bank.language),
        timezone.override(wave.organization.zone),
    ):
        return render(request, template, context, status=status)


def _draft_key(invitation: Invitation) -> str:
    """Names the draft in the respondent's browser without giving the link away."""
    return invitation.token_hash[:16]


def _as_text(row: Any) -> str:
    """A row that would be stored, column by column; its id is drawn anew at sending."""
    columns = columns_of(row) | {"id": "random"}
    return json.dumps(columns, indent=2, ensure_ascii=False)
