"""Drafts of the score sheet: begin one, save it as it grows, put it on the record."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from maturity.admin.sheet_page import Meanwhile, Sheet, show
from maturity.errors import Conflict, DomainError
from maturity.forms import ScoreSheetForm, moment_seen, values_of_typed
from maturity.models import Assessment, AssessmentDraft, Organization
from maturity.selectors.drafts import draft_diff
from maturity.services.drafts import discard_draft, save_draft, start_draft, submit_draft


def open_draft(organization: Organization, asked: str) -> AssessmentDraft | None:
    """The draft that a page is about; None where it names none. 404 for those of others."""
    if not asked:
        return None
    drafts = AssessmentDraft.objects.for_organization(organization)
    found = drafts.filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 19 else None
    if not isinstance(found, AssessmentDraft):
        raise Http404
    return found


def carry_forward(sheet: Sheet, typed: Mapping[str, str]) -> HttpResponse:
    """Begin a draft with last time's values, each unconfirmed."""
    form = sheet.form(typed=typed)
    if sheet.user is None:
        raise Http404
    draft = start_draft(
        sheet.organization,
        rubric=sheet.rubric,
        by=sheet.user,
        valid_from=form.as_of,
        unit=sheet.unit(form),
    )
    return HttpResponseRedirect(address_of(draft))


def keep_draft(sheet: Sheet, typed: Mapping[str, str]) -> HttpResponse:
    """Save what stands in the sheet; a script gets JSON, a page comes back as a page."""
    wants_json = sheet.request.accepts("application/json") and not sheet.request.accepts(
        "text/html"
    )
    form = sheet.form(typed=typed)
    try:
        draft = saved(sheet, form, typed)
    except Conflict as conflict:
        if wants_json:
            return JsonResponse({"conflict": str(conflict)}, status=HTTPStatus.CONFLICT)
        return show_both(sheet, typed, conflict)
    except ValidationError as error:
        if wants_json:
            return JsonResponse({"faults": error.messages}, status=HTTPStatus.BAD_REQUEST)
        return show_refused(sheet, typed, error)
    if wants_json:
        return JsonResponse(
            {
                "draft": draft.pk,
                "version": draft.version,
                "url": address_of(draft),
                "marks": draft_diff(draft),
            }
        )
    messages.success(sheet.request, _("Draft saved. Nothing is on the record yet."))
    return HttpResponseRedirect(address_of(draft))


def show_refused(sheet: Sheet, typed: Mapping[str, str], error: ValidationError) -> HttpResponse:
    """What could not even be kept as a draft stands beside its field; what was typed stays."""
    form = sheet.form(data=typed)
    form.is_valid()
    form.refuse(error)
    return show(sheet, form, seen=typed.get("seen", ""))


def saved(sheet: Sheet, form: ScoreSheetForm, typed: Mapping[str, str]) -> AssessmentDraft:
    """Save the sheet on top of the version that was read; raises Conflict where that is old."""
    if sheet.user is None:
        raise Http404
    draft = sheet.draft
    version = _number(typed.get("version"))
    if draft is None:
        draft = start_draft(
            sheet.organization,
            rubric=sheet.rubric,
            by=sheet.user,
            valid_from=form.as_of,
            unit=sheet.unit(form),
            carry_forward=False,
        )
        version = draft.version
    return save_draft(
        draft,
        version=version,
        values=values_of_typed(typed, sheet.capabilities),
        by=sheet.user,
        valid_from=form.as_of,
        note=typed.get("note", "").replace("\0", ""),
        seen=moment_seen(typed.get("seen")),
    )


def submit(sheet: Sheet, form: ScoreSheetForm, typed: Mapping[str, str]) -> Assessment:
    """Save the draft and put it on the record."""
    draft = saved(sheet, form, typed)
    if sheet.user is None:
        raise Http404
    return submit_draft(draft, version=draft.version, by=sheet.user)


def throw_away(sheet: Sheet, typed: Mapping[str, str]) -> HttpResponse:
    """Forget the draft that is open, if nobody saved it meanwhile."""
    if sheet.draft is None:
        raise Http404
    try:
        discard_draft(sheet.draft, version=_number(typed.get("version")))
    except DomainError as error:
        messages.error(sheet.request, str(error))
        return HttpResponseRedirect(address_of(sheet.draft))
    messages.success(sheet.request, _("The draft is thrown away."))
    url = reverse("admin:maturity_organization_score_sheet", args=[sheet.organization.pk])
    return HttpResponseRedirect(url)


def show_both(sheet: Sheet, typed: Mapping[str, str], conflict: Conflict) -> HttpResponse:
    """Somebody saved the draft meanwhile: both texts, side by side; saving again keeps ours."""
    draft = sheet.draft
    if draft is None:
        raise Http404
    mine = values_of_typed(typed, sheet.capabilities)
    meanwhile = Meanwhile(
        conflict=conflict,
        who=draft.author,
        when=draft.saved_at,
        note=draft.note if draft.note != typed.get("note", "") else "",
        theirs={
            key: value for key, value in draft.values.items() if _differs(value, mine.get(key, {}))
        },
    )
    return show(sheet, sheet.form(typed=typed), meanwhile=meanwhile)


def address_of(draft: AssessmentDraft) -> str:
    url = reverse("admin:maturity_organization_score_sheet", args=[draft.organization_id])
    return f"{url}?{urlencode({'draft': draft.pk})}"


def _differs(theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> bool:
    names = theirs.keys() | mine.keys()
    return any((theirs.get(name) or None) != (mine.get(name) or None) for name in names)


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 10 else 0
