"""The score sheet: a whole assessment on one page, recorded with one Save."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from maturity.admin.access import access_of, visible_organizations
from maturity.admin.score_blocks import blocks, texts
from maturity.errors import Conflict, DomainError
from maturity.forms import NOTHING_SEEN, ScoreSheetForm, moment_seen, with_the_rest
from maturity.models import (
    Area,
    Assessment,
    Capability,
    Organization,
    RubricVersion,
    Score,
    Unit,
    User,
)
from maturity.selectors import effective_scores, last_recorded
from maturity.services.assessments import record_assessment

TEMPLATE = "admin/maturity/organization/score_sheet.html"


@dataclass(frozen=True)
class Sheet:
    """What one request works on."""

    request: HttpRequest
    organization: Organization
    rubric: RubricVersion
    areas: Sequence[Area]
    today: date

    @property
    def capabilities(self) -> list[Capability]:
        return [capability for area in self.areas for capability in area.capabilities.all()]

    def form(
        self, *, data: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None
    ) -> ScoreSheetForm:
        return ScoreSheetForm(
            self.organization, self.capabilities, today=self.today, data=data, typed=typed
        )

    def unit(self, form: ScoreSheetForm) -> Unit | None:
        if form.unit_id is None:
            return None
        unit: Unit = Unit.objects.for_organization(self.organization).get(pk=form.unit_id)
        return unit


@require_http_methods(["GET", "HEAD", "POST"])
def score_sheet(request: HttpRequest, organization_id: int) -> HttpResponse:
    """Show the sheet or record it. 404 for outsiders, 403 for viewers."""
    organization = get_object_or_404(visible_organizations(request), pk=organization_id)
    if not access_of(request).may_edit(organization.pk):
        raise PermissionDenied
    rubric = RubricVersion.objects.used_by(organization).first()
    if rubric is None:
        messages.error(request, _("No version of its rubric is in force: choose one below."))
        return redirect("admin:maturity_organization_change", organization.pk)
    sheet = Sheet(
        request=request,
        organization=organization,
        rubric=rubric,
        areas=list(rubric.areas.prefetch_related("capabilities__levels")),
        today=timezone.localdate(timezone=organization.zone),
    )
    if request.method != "POST":
        return _show(sheet, sheet.form(typed={"unit": request.GET.get("unit", "")}))
    typed = request.POST.dict()
    if "show_scope" in typed:
        return _show(sheet, sheet.form(typed=typed))
    if "mark_rest" in typed:
        marked = with_the_rest(typed, sheet.capabilities, Score.State.NOT_ASSESSED)
        return _show(sheet, sheet.form(typed=marked), seen=typed.get("seen", ""))
    return _save(sheet, typed)


def _save(sheet: Sheet, typed: Mapping[str, str]) -> HttpResponse:
    form = sheet.form(data=typed)
    seen = typed.get("seen", "")
    if not form.is_valid():
        return _show(sheet, form, seen=seen)
    try:
        assessment = _record(sheet, form)
    except Conflict as conflict:
        return _show_conflict(sheet, sheet.form(typed=typed), conflict, seen=seen)
    except ValidationError as error:
        form.refuse(error)
        return _show(sheet, form, seen=seen)
    except DomainError as error:
        form.refuse(ValidationError(str(error)))
        return _show(sheet, form, seen=seen)
    _say_what_was_recorded(sheet, assessment)
    return redirect("admin:maturity_assessment_change", assessment.pk)


def _record(sheet: Sheet, form: ScoreSheetForm) -> Assessment:
    user = sheet.request.user
    scope = form.scope.cleaned_data
    return record_assessment(
        sheet.organization,
        rubric=sheet.rubric,
        valid_from=scope["valid_from"],
        scores=[row.new_score() for row in form.rows],
        by=user if isinstance(user, User) else None,
        unit=sheet.unit(form),
        note=scope["note"],
        seen=scope["seen"],
    )


def _show_conflict(
    sheet: Sheet, form: ScoreSheetForm, conflict: Conflict, *, seen: str
) -> HttpResponse:
    """Somebody was faster: show what they recorded beside what was typed here."""
    newest = (
        Score.objects.for_organization(sheet.organization)
        .filter(unit=sheet.unit(form))
        .select_related("recorded_by")
        .latest("recorded_at")
    )
    return _show(sheet, form, conflict=conflict, newest=newest, seen_before=moment_seen(seen))


def _show(
    sheet: Sheet,
    form: ScoreSheetForm,
    *,
    seen: str | None = None,
    seen_before: datetime | None = None,
    conflict: Conflict | None = None,
    newest: Score | None = None,
) -> HttpResponse:
    """Render the sheet. `seen` keeps what the reader saw; without it he sees the newest."""
    organization, unit = sheet.organization, sheet.unit(form)
    moment = last_recorded(organization, unit=unit) if seen is None else moment_seen(seen)
    known_at = moment or NOTHING_SEEN

    def scores_at(known: datetime) -> dict[int, Score]:
        return effective_scores(organization, as_of=form.as_of, known_at=known, unit=unit)

    focus = form.focus_first_fault()
    context = {
        **admin.site.each_context(sheet.request),
        "opts": Organization._meta,
        "original": organization,
        "title": _("Score sheet"),
        "organization": organization,
        "rubric": sheet.rubric,
        "sheet": form,
        "total": len(form.rows),
        "chosen": sum(bool(row.chosen) for row in form.rows),
        "blocks": blocks(
            sheet.rubric,
            sheet.areas,
            form.rows,
            last=scores_at(known_at),
            before=None if seen_before is None else scores_at(seen_before),
            focus=focus,
        ),
        "seen": known_at.isoformat(),
        "texts": texts(sheet.rubric.rules["evidence_rules"]),
        "conflict": conflict,
        "newest": newest,
    }
    status = HTTPStatus.OK if conflict is None else HTTPStatus.CONFLICT
    return render(sheet.request, TEMPLATE, context, status=status)


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
        names = ", ".join(score.capability.name for score in capped)
        messages.warning(
            sheet.request,
            _("Unsubstantiated, so counted lower until evidence is recorded: %(names)s.")
            % {"names": names},
        )
