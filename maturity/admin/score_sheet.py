"""The score sheet: a whole assessment on one page, recorded with one Save."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from maturity.admin import draft_sheet
from maturity.admin.access import access_of, visible_organizations
from maturity.admin.sheet_page import Meanwhile, Sheet, show
from maturity.errors import Conflict, DomainError
from maturity.forms import ScoreSheetForm, moment_seen, typed_of, with_the_rest
from maturity.models import Assessment, AssessmentDraft, Evidence, RubricVersion, Score
from maturity.services.assessments import record_assessment


@require_http_methods(["GET", "HEAD", "POST"])
def score_sheet(request: HttpRequest, organization_id: int) -> HttpResponse:
    """Show the sheet, keep it as a draft, or record it. 404 for outsiders, 403 for viewers."""
    organization = get_object_or_404(visible_organizations(request), pk=organization_id)
    if not access_of(request).may_edit(organization.pk):
        raise PermissionDenied
    typed = request.POST.dict()
    asked = typed.get("draft", "") if request.method == "POST" else request.GET.get("draft", "")
    draft = draft_sheet.open_draft(organization, asked)
    rubric = draft.rubric if draft else RubricVersion.objects.used_by(organization).first()
    if rubric is None:
        messages.error(request, _("No version of its rubric is in force: choose one below."))
        return redirect("admin:maturity_organization_change", organization.pk)
    sheet = Sheet(
        request=request,
        organization=organization,
        rubric=rubric,
        areas=list(rubric.areas.prefetch_related("capabilities__levels")),
        today=timezone.localdate(timezone=organization.zone),
        draft=draft,
    )
    if request.method == "POST":
        return _answer(sheet, typed)
    given = {"unit": request.GET.get("unit", "")} if draft is None else typed_of(draft)
    return show(sheet, sheet.form(typed=given))


def _answer(sheet: Sheet, typed: Mapping[str, str]) -> HttpResponse:
    """Do what the pressed button says; the one without a name records."""
    buttons: dict[str, Callable[[Sheet, Mapping[str, str]], HttpResponse]] = {
        "show_scope": _show_scope,
        "mark_rest": _mark_rest,
        "save_draft": draft_sheet.keep_draft,
        "carry": draft_sheet.carry_forward,
        "discard": draft_sheet.throw_away,
    }
    pressed = next((do for name, do in buttons.items() if name in typed), _save)
    return pressed(sheet, typed)


def _show_scope(sheet: Sheet, typed: Mapping[str, str]) -> HttpResponse:
    return show(sheet, sheet.form(typed=typed))


def _mark_rest(sheet: Sheet, typed: Mapping[str, str]) -> HttpResponse:
    marked = with_the_rest(typed, sheet.capabilities, Score.State.NOT_ASSESSED)
    return show(sheet, sheet.form(typed=marked), seen=typed.get("seen", ""))


def _save(sheet: Sheet, typed: Mapping[str, str]) -> HttpResponse:
    form = sheet.form(data=typed)
    seen = typed.get("seen", "")
    if not form.is_valid():
        return show(sheet, form, seen=seen)
    try:
        assessment = _record(sheet, form, typed)
    except Conflict as conflict:
        return _show_conflict(sheet, typed, conflict)
    except ValidationError as error:
        form.refuse(error)
        return show(_as_saved(sheet), form, seen=seen)
    except DomainError as error:
        form.refuse(ValidationError(str(error)))
        return show(_as_saved(sheet), form, seen=seen)
    _say_what_was_recorded(sheet, assessment)
    return redirect("admin:maturity_assessment_change", assessment.pk)


def _as_saved(sheet: Sheet) -> Sheet:
    """The draft as it is after what was typed was kept, though it was not recorded."""
    if sheet.draft is None:
        return sheet
    return replace(sheet, draft=AssessmentDraft.objects.filter(pk=sheet.draft.pk).first())


def _record(sheet: Sheet, form: ScoreSheetForm, typed: Mapping[str, str]) -> Assessment:
    if sheet.draft is not None:
        return draft_sheet.submit(sheet, form, typed)
    scope = form.scope.cleaned_data
    wanted = {pk for row in form.rows for pk in row.shared}
    own = Evidence.objects.for_organization(sheet.organization)
    evidence = own.in_bulk(wanted) if wanted else {}
    return record_assessment(
        sheet.organization,
        rubric=sheet.rubric,
        valid_from=scope["valid_from"],
        scores=[row.new_score(evidence) for row in form.rows],
        by=sheet.user,
        unit=sheet.unit(form),
        note=scope["note"],
        seen=scope["seen"],
    )


def _show_conflict(sheet: Sheet, typed: Mapping[str, str], conflict: Conflict) -> HttpResponse:
    """Somebody was faster: show what they recorded, or saved, beside what was typed here."""
    fresh, form = _as_saved(sheet), sheet.form(typed=typed)
    newest = (
        Score.objects.for_organization(sheet.organization)
        .filter(unit=sheet.unit(form), recorded_at__gt=moment_seen(typed.get("seen")))
        .select_related("recorded_by")
        .order_by("-recorded_at")
        .first()
    )
    if newest is None and fresh.draft is not None:
        return draft_sheet.show_both(fresh, typed, conflict)
    if newest is None:
        lone = replace(sheet, draft=None)
        return draft_sheet.show_refused(lone, typed, ValidationError(str(conflict)))
    seen_before = moment_seen(typed.get("seen"))
    meanwhile = Meanwhile(conflict, newest.recorded_by, newest.recorded_at, seen_before)
    return show(fresh, form, meanwhile=meanwhile)


def _say_what_was_recorded(sheet: Sheet, assessment: Assessment) -> None:
    scores = list(assessment.scores.select_related("capability"))
    levels = sum(score.level is not None for score in scores)
    capped = [score for score in scores if score.effective_level != score.level]
    messages.success(
        sheet.request,
        ngettext(
            "Recorded: %(levels)d level, %(others)d without, true from %(day)s.",
            "Recorded: %(levels)d levels, %(others)d without, true from %(day)s.",
            levels,
        )
        % {
            "levels": levels,
            "others": len(scores) - levels,
            "day": date_format(assessment.valid_from, "j F Y"),
        },
    )
    if capped:
        names = ", ".join(str(score.capability) for score in capped)
        messages.warning(
            sheet.request,
            _("Unsubstantiated, so counted lower until evidence is recorded: %(names)s.")
            % {"names": names},
        )
