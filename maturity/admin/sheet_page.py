"""The page of the score sheet: everything that stands beside what a lead types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from maturity.admin.score_blocks import Known, blocks, texts
from maturity.errors import Conflict
from maturity.forms import NOTHING_SEEN, ScoreSheetForm, moment_seen
from maturity.models import (
    Area,
    AssessmentDraft,
    Capability,
    Evidence,
    Organization,
    RubricVersion,
    Unit,
    User,
)
from maturity.rubrics.checks import ANSWERS
from maturity.selectors import effective_scores, last_recorded
from maturity.selectors.drafts import draft_diff
from maturity.selectors.perception import area_answers
from maturity.selectors.standing import standing_of

TEMPLATE = "admin/maturity/organization/score_sheet.html"
# The newest pieces of evidence that every capability offers; what is ticked is always offered.
EVIDENCE_OFFERED = 20
DRAFTS_OFFERED = 5


@dataclass(frozen=True)
class Sheet:
    """What one request works on. `draft` is the one that is open, as it was read."""

    request: HttpRequest
    organization: Organization
    rubric: RubricVersion
    areas: Sequence[Area]
    today: date
    draft: AssessmentDraft | None = None

    @property
    def user(self) -> User | None:
        user = self.request.user
        return user if isinstance(user, User) else None

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


@dataclass(frozen=True)
class Meanwhile:
    """What somebody else did while this sheet was open: recorded another, or saved the draft."""

    conflict: Conflict
    who: User | None
    when: datetime
    # What the reader had seen of the record before that.
    seen_before: datetime | None = None
    theirs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    note: str = ""


def show(
    sheet: Sheet,
    form: ScoreSheetForm,
    *,
    seen: str | None = None,
    meanwhile: Meanwhile | None = None,
) -> HttpResponse:
    """Render the sheet. `seen` keeps what the reader saw; without it he sees the newest."""
    organization, unit = sheet.organization, sheet.unit(form)
    moment = last_recorded(organization, unit=unit) if seen is None else moment_seen(seen)
    known_at = moment or NOTHING_SEEN
    known = _known(sheet, form, unit, known_at, meanwhile)
    context = {
        **admin.site.each_context(sheet.request),
        "opts": Organization._meta,
        "original": organization,
        "title": _("Score sheet"),
        "organization": organization,
        "rubric": sheet.rubric,
        "sheet": form,
        "draft": sheet.draft,
        "drafts": _other_drafts(sheet, unit),
        "diff": _counted(known.marks),
        "answers": _answers(),
        "total": len(form.rows),
        "chosen": sum(bool(row.chosen) for row in form.rows),
        "blocks": blocks(sheet.rubric, sheet.areas, form, known, focus=form.focus_first_fault()),
        "carries": bool(known.standing.scores),
        "seen": known_at.isoformat(),
        "texts": texts(sheet.rubric.rules["evidence_rules"]),
        "meanwhile": meanwhile,
    }
    status = HTTPStatus.OK if meanwhile is None else HTTPStatus.CONFLICT
    return render(sheet.request, TEMPLATE, context, status=status)


def _known(
    sheet: Sheet,
    form: ScoreSheetForm,
    unit: Unit | None,
    known_at: datetime,
    meanwhile: Meanwhile | None,
) -> Known:
    organization, day = sheet.organization, form.as_of
    before = None if meanwhile is None else meanwhile.seen_before
    return Known(
        standing=standing_of(organization, as_of=day, known_at=known_at, unit=unit),
        answers=area_answers(organization, sheet.areas, as_of=day),
        evidence=_evidence(organization, form),
        before=None
        if before is None
        else effective_scores(organization, as_of=day, known_at=before, unit=unit),
        marks={} if sheet.draft is None else draft_diff(sheet.draft),
        theirs={} if meanwhile is None else meanwhile.theirs,
    )


def _evidence(organization: Organization, form: ScoreSheetForm) -> list[Evidence]:
    """The newest pieces, and every one that is ticked; one query."""
    rows = Evidence.objects.for_organization(organization)
    ticked = {pk for row in form.rows for pk in row.shared}
    newest = rows.order_by("-recorded_at").values("pk")[:EVIDENCE_OFFERED]
    return list(rows.filter(Q(pk__in=ticked) | Q(pk__in=newest)).order_by("-observed_on", "-pk"))


def _other_drafts(sheet: Sheet, unit: Unit | None) -> list[AssessmentDraft]:
    drafts = AssessmentDraft.objects.for_organization(sheet.organization).filter(unit=unit)
    if sheet.draft is not None:
        drafts = drafts.exclude(pk=sheet.draft.pk)
    return list(drafts.select_related("author")[:DRAFTS_OFFERED])


def _answers() -> list[tuple[str, str]]:
    words = {
        "pass": _("Pass"),
        "fail": _("Fail"),
        "not_applicable": _("Not applicable"),
        "unknown": _("Unknown"),
    }
    return [(answer, words[answer]) for answer in ANSWERS]


def _counted(marks: Mapping[str, str]) -> dict[str, int]:
    names = ("new", "changed", "confirmed", "unreviewed", "open")
    return {name: sum(mark == name for mark in marks.values()) for name in names} if marks else {}
