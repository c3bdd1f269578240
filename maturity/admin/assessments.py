"""Recorded assessments: read as they were judged, never edited."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from maturity.admin.access import access_of, editable_organizations
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin
from maturity.admin.corrections import correction_page
from maturity.admin.scope import UnitFilter
from maturity.admin.validation import refusal_page, validation_page
from maturity.models import Area, Assessment, Score, UnitVersion
from maturity.rubrics import AreaLevel, area_level

# Where there are more, the way to a score sheet leads over the list of organisations.
SHEETS_OFFERED = 8


@dataclass(frozen=True)
class JudgedArea:
    """One area of one assessment: its scores, and the level they give it."""

    area: Area
    level: AreaLevel
    scores: tuple[Score, ...]


@admin.register(Assessment)
class AssessmentAdmin(OrganizationScopedAdmin):
    list_display = ["valid_from", "tenant", "scope", "levels", "capped", "author", "submitted_at"]
    list_filter = [OrganizationFilter, UnitFilter]
    when_empty = _("The score sheet records the first assessment.")
    list_before_template = "admin/maturity/assessment/_new.html"
    date_hierarchy = "valid_from"
    fields = [
        ("tenant", "scope"),
        ("valid_from", "rubric"),
        ("author", "submitted_at"),
        "note",
    ]
    change_form_after_template = "admin/maturity/assessment/_scores.html"

    class Media:
        css = {"all": ["maturity/score_sheet.css"]}

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the unit's name on that day and how many levels stand, in one query."""
        names = UnitVersion.objects.filter(
            unit=OuterRef("unit"), recorded__upper_inf=True, valid__contains=OuterRef("valid_from")
        )
        capped = Q(scores__effective_level__lt=F("scores__level"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                unit_name=Subquery(names.values("name")[:1]),
                with_level=Count("scores__level"),
                of=Count("scores"),
                counted_lower=Count("scores", filter=capped),
            )
            .select_related("organization", "created_by", "unit")
        )

    def get_urls(self) -> list[URLPattern]:
        pages = (
            ("<int:assessment_id>/correct/<int:score_id>/", correction_page, "correct"),
            ("<int:assessment_id>/validate/", validation_page, "validate"),
            ("<int:assessment_id>/refuse/", refusal_page, "refuse"),
        )
        own = [
            path(route, self.admin_site.admin_view(page), name=f"maturity_assessment_{name}")
            for route, page, name in pages
        ]
        return [*own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        offered = editable_organizations(request).order_by("name")[: SHEETS_OFFERED + 1]
        return super().changelist_view(request, {"offered": offered, **(extra_context or {})})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        assessment = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = {}
        if isinstance(assessment, Assessment):
            context = {
                "judged": list(judged_areas(assessment)),
                "organization": assessment.organization,
                "may_score": access_of(request).may_edit(assessment.organization_id),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    @admin.display(description=_("Scope"))
    def scope(self, assessment: Assessment) -> str:
        if assessment.unit is None:
            return gettext("The whole organisation")
        return getattr(assessment, "unit_name", None) or assessment.unit.key

    @admin.display(description=_("Levels"))
    def levels(self, assessment: Assessment) -> str:
        numbers = {
            "given": getattr(assessment, "with_level", 0),
            "of": getattr(assessment, "of", 0),
        }
        return gettext("%(given)d of %(of)d") % numbers

    @admin.display(description=_("Unsubstantiated"))
    def capped(self, assessment: Assessment) -> int:
        return int(getattr(assessment, "counted_lower", 0))

    @admin.display(description=_("By"), ordering="created_by")
    def author(self, assessment: Assessment) -> str:
        return str(assessment.created_by or "–")


def judged_areas(assessment: Assessment) -> Iterator[JudgedArea]:
    """The areas of an assessment with their scores, in the rubric's order; two queries."""
    scores: dict[int, list[Score]] = {}
    rows = assessment.scores.select_related("capability", "recorded_by")
    for score in rows.order_by("capability__position"):
        scores.setdefault(score.capability.area_id, []).append(score)
    for area in assessment.rubric.areas.all():
        own = tuple(scores.get(area.pk, ()))
        level = area_level((score.state, score.effective_level) for score in own)
        yield JudgedArea(area, level, own)
