"""Answering by personal link. The link is the only credential; the page keeps nothing else."""

import json
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from maturity.errors import DomainError
from surveys.errors import (
    AlreadyAnswered,
    LinkReplaced,
    LinkRevoked,
    LinkUnknown,
    NotYetOpen,
    TooLate,
)
from surveys.forms import AnswerForm
from surveys.models import Invitation
from surveys.services.answers import columns_of, comment_rows, response_row, submit_response
from surveys.services.invitations import find_invitation, refuse_unless_answerable
from surveys.services.languages import language_name
from surveys.services.links import path_to_last_results, path_to_results
from surveys.services.opt_outs import wants_no_mails
from surveys.services.sheets import Sheet, sheet_for
from surveys.views.private import SPOKEN, leaves_no_trace, page, preferred_language

STATUS: dict[type[DomainError], int] = {
    LinkUnknown: 404,
    NotYetOpen: 403,
    TooLate: 410,
    LinkRevoked: 410,
    LinkReplaced: 410,
    AlreadyAnswered: 409,
}


# Exempt from the CSRF check: no cookie lets anybody in here, so a foreign page has nothing to
# ride on; only who knows the link can post to it. Without the check the page sets no cookie at
# all, works where cookies are refused, and may send no referrer (browsers then send
# "Origin: null", which the check would refuse).
@csrf_exempt
@leaves_no_trace
@require_http_methods(["GET", "HEAD", "POST"])
def respond(request: HttpRequest, token: str) -> HttpResponse:
    """Show a person's questions and take the answers. Only POST changes anything."""
    invitation = None
    try:
        invitation = find_invitation(token)
        refuse_unless_answerable(invitation, at=timezone.now())
        sheet = sheet_for(invitation, language=request.GET.get("lang", ""))
        with translation.override(sheet.language):
            return _answer(request, sheet)
    except tuple(STATUS) as refusal:
        return _notice(request, refusal, invitation)


def _answer(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Take the sheet if it was sent and is in order; else show it, with what is wrong."""
    posted = request.POST if request.method == "POST" else None
    form = AnswerForm(posted, sheet=sheet)
    if posted is not None and form.is_valid() and "preview" not in posted:
        submit_response(sheet.invitation, form.submission())
        return HttpResponseRedirect(_same_page(request, sheet), status=303)
    return _sheet_page(request, sheet, form)


def _same_page(request: HttpRequest, sheet: Sheet) -> str:
    """The link again, in the language that was chosen on the page."""
    return f"{request.path}?lang={sheet.language}" if "lang" in request.GET else request.path


def _sheet_page(request: HttpRequest, sheet: Sheet, form: AnswerForm) -> HttpResponse:
    invitation, wave = sheet.invitation, sheet.invitation.wave
    asked = form.asked()
    context = {
        "wave": wave,
        "organization": wave.organization,
        "minutes": sheet.minutes,
        "form": form,
        "sheet": sheet,
        "audience": invitation.audience,
        "languages": [(code, language_name(code)) for code in sheet.languages],
        "last_results": path_to_last_results(wave),
        "no_mails": wants_no_mails(invitation),
        "questions": asked,
        "faulty": [question for question in asked if question.errors],
        "preview": form.is_bound and not form.errors,
        "late": wave.closes_at is not None and wave.closes_at <= timezone.now(),
        "draft": _draft_key(invitation),
        **_stored(invitation, form),
    }
    return page(
        request,
        "surveys/respond.html",
        context,
        status=400 if form.errors else 200,
        language=sheet.language,
        organization=wave.organization,
    )


def _stored(invitation: Invitation, form: AnswerForm) -> dict[str, Any]:
    """The very rows that the answers on the page would become."""
    submission = form.submission()
    texts = {q.key: submission.comments.get(q.key, "") for q in form.questions if q.scale == "text"}
    rows = comment_rows(invitation, replace(submission, comments=texts))
    return {
        "response_row": _as_text(response_row(invitation, submission)),
        "comment_rows": [_as_text(row) for row in rows],
    }


def _notice(
    request: HttpRequest, refusal: DomainError, invitation: Invitation | None
) -> HttpResponse:
    """A page that says how things stand and what to do; to look again is no fault."""
    status = STATUS[type(refusal)]
    if isinstance(refusal, AlreadyAnswered) and request.method != "POST":
        status = 200
    context: dict[str, Any] = {"reason": refusal.code}
    language, organization = preferred_language(request), None
    if invitation is not None:
        wave, organization = invitation.wave, invitation.wave.organization
        asked = request.GET.get("lang", "")
        language = asked if asked in SPOKEN else invitation.shown_in or wave.bank.language
        context |= {"wave": wave, "draft": _draft_key(invitation)}
        if isinstance(refusal, AlreadyAnswered | TooLate):
            context["results"] = path_to_results(wave)
    return page(
        request,
        "surveys/notice.html",
        context,
        status=status,
        language=language,
        organization=organization,
    )


def _draft_key(invitation: Invitation) -> str:
    """Names the draft in the respondent's browser without giving the link away."""
    return invitation.token_hash[:16]


def _as_text(row: Any) -> str:
    """A row that would be stored, column by column; its id is drawn anew at sending."""
    columns = columns_of(row) | {"id": "random"}
    return json.dumps(columns, indent=2, ensure_ascii=False, default=bytes.hex)
