"""Drafts of assessments: a list that leads into the score sheet."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin
from maturity.admin.scope import UnitFilter, scope_of, with_unit_names
from maturity.models import AssessmentDraft


@admin.register(AssessmentDraft)
class DraftAdmin(OrganizationScopedAdmin):
    """Outside the record, so nobody's business but of those who score."""

    editors_only = True
    when_empty = _("The score sheet saves drafts while you fill it in.")
    list_display = ["valid_from", "scope", "author", "saved_at", "sent_back", "tenant"]
    list_filter = [UnitFilter, OrganizationFilter]
    list_select_related = ["organization", "unit", "author"]
    fields = [("tenant", "scope"), "valid_from", ("author", "saved_at"), "refusal"]
    change_form_outer_before_template = "admin/maturity/assessmentdraft/_open.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        return with_unit_names(super().get_queryset(request))

    @admin.display(description=_("Scope"))
    def scope(self, draft: AssessmentDraft) -> str:
        return scope_of(draft)

    @admin.display(description=_("Sent back"), boolean=True)
    def sent_back(self, draft: AssessmentDraft) -> bool:
        return bool(draft.refusal)
