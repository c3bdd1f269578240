"""Findings: what was raised, what people decided about it, and the discussion."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from maturity.admin.access import access_of
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin, labelled
from maturity.admin.evaluations import SEVERITY_LOOK, as_figures, readable
from maturity.admin.finding_actions import NoteForm, action_urls, offered_for
from maturity.models import Finding
from maturity.selectors.words import conclusion

FINDING_LOOK = {
    "open": "danger",
    "acknowledged": "warning",
    "snoozed": "info",
    "resolved": "success",
}
SHOWN = 200


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("attention", _("Open or acknowledged")), *Finding.State.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Finding]) -> QuerySet[Finding]:
        if self.value() == "attention":
            return queryset.filter(state__in=Finding.ATTENTION)
        if self.value() in Finding.State.values:
            return queryset.filter(state=self.value())
        return queryset


class OwnerFilter(admin.SimpleListFilter):
    title = _("owner")
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("me", _("Mine")), ("nobody", _("Nobody's"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Finding]) -> QuerySet[Finding]:
        match self.value():
            case "me":
                return queryset.filter(owner=request.user.pk)
            case "nobody":
                return queryset.filter(owner=None)
        return queryset


@admin.register(Finding)
class FindingAdmin(OrganizationScopedAdmin):
    when_empty = _("Nothing was raised. The verdicts say what was checked and what is unknown.")
    list_display = ["name", "how_severe", "state_name", "tenant", "owner", "opened_on", "evidence"]
    list_filter = [StateFilter, "severity", OwnerFilter, OrganizationFilter]
    list_select_related = ["organization", "verdict", "owner", "unit"]
    fields = [
        ("name", "tenant", "unit"),
        ("state", "severity", "owner"),
        ("opened_on", "snoozed_until", "resolved_at"),
        "evidence",
        ("confidence", "missing"),
        "figures",
    ]
    change_form_outer_before_template = "admin/maturity/finding/_actions.html"
    change_form_outer_after_template = "admin/maturity/finding/_discussion.html"

    def get_urls(self) -> list[URLPattern]:
        return [*action_urls(self), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        finding = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = {}
        if finding is not None:
            may_edit = access_of(request).may_edit(finding.organization_id)
            steps = finding.transitions.select_related("user", "key").order_by("-pk")
            notes = finding.notes.select_related("user", "key").order_by("-pk")
            context = {
                "finding": finding,
                "offered": offered_for(finding) if may_edit else [],
                "note_form": NoteForm() if may_edit else None,
                "steps": steps[:SHOWN],
                "notes": notes[:SHOWN],
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    @admin.display(description=_("Pitfall"), ordering="key")
    def name(self, finding: Finding) -> str:
        return readable(finding.key)

    @labelled(description=_("Severity"), ordering="severity", looks=SEVERITY_LOOK)
    def how_severe(self, finding: Finding) -> tuple[str, str]:
        return finding.severity, finding.get_severity_display()

    @labelled(description=_("State"), ordering="state", looks=FINDING_LOOK)
    def state_name(self, finding: Finding) -> tuple[str, str]:
        return finding.state, finding.get_state_display()

    @admin.display(description=_("Evidence"))
    def evidence(self, finding: Finding) -> str:
        return conclusion(finding.verdict).text

    @admin.display(description=_("Confidence"))
    def confidence(self, finding: Finding) -> float | None:
        return finding.verdict.confidence

    @admin.display(description=_("Missing inputs"))
    def missing(self, finding: Finding) -> str:
        return ", ".join(finding.verdict.missing) or gettext("none")

    @admin.display(description=_("Figures"))
    def figures(self, finding: Finding) -> SafeString:
        return as_figures(finding.verdict.shown_evidence)
