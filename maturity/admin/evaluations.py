"""What was concluded: every verdict of the newest evaluation, and the evaluations before."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin, labelled
from maturity.models import Evaluation, VerdictRecord
from maturity.selectors.words import conclusion

SEVERITY_LOOK = {"high": "danger", "medium": "warning", "low": "info"}
# Public keys that no dashboard writes out, or that are another word there.
WORDS: Mapping[str, Promise] = {
    "clear": pgettext_lazy("of a pitfall", "Clear"),
    "pm_count": _("PM count"),
    "multi_product": _("Multi product"),
    "experimentation": _("Experimentation"),
    "global": _("Global"),
    "public_company": _("Public company"),
    "readiness": _("Readiness"),
    "quality_consistency": _("Quality consistency"),
    "cross_product_learning": _("Cross product learning"),
    "frame": _("Frame"),
    "headcount": _("Headcount"),
    "signs": _("Signs"),
    "pm_leverage: chore_hours": _("PM leverage: chore hours"),
    "pm_leverage: leverage_index": _("PM leverage: leverage index"),
    "quality_consistency: between_team_spread": _("Quality consistency: between team spread"),
    "quality_consistency: checklist_pass_rate": _("Quality consistency: checklist pass rate"),
    "quality_consistency: checklist_spread": _("Quality consistency: checklist spread"),
    "faster_ramp: first_owned_decision": _("Faster ramp: first owned decision"),
    "better_analytics: self_serve": _("Better analytics: self serve"),
    "better_analytics: question_to_answer": _("Better analytics: question to answer"),
    "better_analytics: event_plan_conformance": _("Better analytics: event plan conformance"),
    "cross_product_learning: reuse": _("Cross product learning: reuse"),
    "cross_product_learning: reach": _("Cross product learning: reach"),
}
# Unknown has no look of its own: it is neither good news nor bad.
STATE_LOOK = {
    "raised": "danger",
    "watch": "warning",
    "clear": "success",
    "overdue": "warning",
    "worse": "warning",
    "better": "success",
}


@admin.register(VerdictRecord)
class VerdictRecordAdmin(OrganizationScopedAdmin):
    """The newest evaluation of each organisation; earlier ones are under Evaluations."""

    when_empty = _("Nothing was evaluated yet. That happens by itself once signals are imported.")
    list_display = ["name", "kind_name", "state_name", "how_severe", "tenant", "said"]
    list_filter = ["kind", OrganizationFilter]
    list_select_related = ["organization", "evaluation"]
    ordering = ["organization", "id"]
    fields = [
        "name",
        "kind_name",
        "tenant",
        "evaluation",
        "state_said",
        "severity_said",
        "confidence",
        "said",
        "missing_inputs",
        "figures",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[VerdictRecord]:
        evaluations = Evaluation.objects.filter(organization=OuterRef("organization"))
        newest = evaluations.order_by("-period_end", "-id").values("pk")[:1]
        return super().get_queryset(request).filter(evaluation=Subquery(newest))

    @admin.display(description=_("Check"), ordering="key")
    def name(self, verdict: VerdictRecord) -> str:
        return readable(verdict.key)

    @admin.display(description=_("Kind"), ordering="kind")
    def kind_name(self, verdict: VerdictRecord) -> str:
        return readable(verdict.kind)

    @labelled(description=_("State"), ordering="state", looks=STATE_LOOK)
    def state_name(self, verdict: VerdictRecord) -> tuple[str, str]:
        return verdict.state, readable(verdict.state)

    @labelled(description=_("Severity"), ordering="severity", looks=SEVERITY_LOOK)
    def how_severe(self, verdict: VerdictRecord) -> tuple[str, str] | None:
        return (verdict.severity, gettext(verdict.severity)) if verdict.severity else None

    @admin.display(description=_("State"))
    def state_said(self, verdict: VerdictRecord) -> str:
        return readable(verdict.state)

    @admin.display(description=_("Severity"))
    def severity_said(self, verdict: VerdictRecord) -> str:
        return gettext(verdict.severity) if verdict.severity else ""

    @admin.display(description=_("Evidence text"), ordering="message")
    def said(self, verdict: VerdictRecord) -> str:
        return conclusion(verdict).text

    @admin.display(description=_("Missing inputs"))
    def missing_inputs(self, verdict: VerdictRecord) -> str:
        return ", ".join(verdict.missing)

    @admin.display(description=_("Figures"))
    def figures(self, verdict: VerdictRecord) -> SafeString:
        return as_figures(verdict.shown_evidence)


@admin.register(Evaluation)
class EvaluationAdmin(OrganizationScopedAdmin):
    when_empty = _("Nothing was evaluated yet. That happens by itself once signals are imported.")
    list_display = ["period_end", "tenant", "thresholds_version", "computed_at"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization"]
    date_hierarchy = "period_end"
    fields = [
        ("period_end", "tenant"),
        ("known_at", "computed_at"),
        ("thresholds_version", "facts_digest"),
    ]
    change_form_after_template = "admin/maturity/evaluation/_verdicts.html"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        evaluation = self.get_object(request, object_id)
        verdicts = [
            {
                "name": readable(verdict.key),
                "kind": readable(verdict.kind),
                "state": readable(verdict.state),
                "look": STATE_LOOK.get(verdict.state, ""),
                "severity": gettext(verdict.severity) if verdict.severity else "",
                "message": conclusion(verdict).text,
                "missing": verdict.missing,
            }
            for verdict in (evaluation.verdicts.order_by("id") if evaluation else [])
        ]
        return super().change_view(
            request, object_id, form_url, {"verdicts": verdicts, **(extra_context or {})}
        )


def readable(key: str) -> str:
    """A public key in words; most are those that the dashboard has translated."""
    if key in WORDS:
        return str(WORDS[key])
    words = key.replace("_", " ").capitalize()
    return gettext(re.sub(r"\b[Pp]m\b", "PM", words))


def as_figures(evidence: Any) -> SafeString:
    """The figures behind a verdict as they are stored, to be copied and checked."""
    text = json.dumps(evidence, indent=2, ensure_ascii=False, default=str)
    return format_html('<pre class="overflow-auto text-xs">{}</pre>', text)
