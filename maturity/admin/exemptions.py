"""Exemptions: asked for by one person, decided by another, over on a day."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import access_of, editable_organizations
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin
from maturity.admin.scope import AreaFilter, ScopedForm, UnitFilter, scope_of, with_unit_names
from maturity.admin.service_form import DayInput, service_form_page
from maturity.models import Exemption, ExemptionDecision, User
from maturity.services.exemptions import decide_exemption, request_exemption


class ExemptionForm(ScopedForm):
    ends_on = forms.DateField(
        label=_("Ends on"), widget=DayInput, help_text=_("The first day that it counts again.")
    )
    reason = forms.CharField(
        label=_("Why it does not apply"),
        max_length=2_000,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class DecisionForm(forms.Form):
    verdict = forms.ChoiceField(
        label=_("Decision"),
        choices=ExemptionDecision.Verdict.choices,
        widget=widgets.UnfoldAdminSelectWidget,
    )
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=2_000,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("A refusal needs a reason."),
    )


class StandingFilter(admin.SimpleListFilter):
    """Waiting for a decision, in force today, over, or refused."""

    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [
            ("waiting", _("Waiting")),
            ("running", _("In force")),
            ("over", _("Over")),
            ("refused", _("Refused")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        conditions = {
            "waiting": Q(verdict=None),
            "running": Q(verdict="approved", valid_from__lte=today, ends_on__gt=today),
            "over": Q(verdict="approved", ends_on__lte=today),
            "refused": Q(verdict="refused"),
        }
        condition = conditions.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


@admin.register(Exemption)
class ExemptionAdmin(OrganizationScopedAdmin):
    can_add = True
    when_empty = _("What does not apply here is taken out of the count once another person agrees.")
    list_display = ["capability", "scope", "ends_on", "decision", "requested_by", "tenant"]
    list_filter = [StandingFilter, AreaFilter, UnitFilter, OrganizationFilter]
    list_select_related = ["organization", "capability", "unit", "requested_by"]
    search_fields = ["capability__name", "reason"]
    ordering = ["-recorded_at"]
    fields = [
        ("tenant", "scope"),
        "capability",
        "reason",
        ("valid_from", "ends_on"),
        ("requested_by", "recorded_at"),
        "decision",
    ]
    change_form_outer_before_template = "admin/maturity/exemption/_decide.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        decisions = ExemptionDecision.objects.filter(exemption=OuterRef("pk"))
        newest = decisions.order_by("-recorded_at").values("verdict")[:1]
        return with_unit_names(super().get_queryset(request)).annotate(verdict=Subquery(newest))

    def get_urls(self) -> list[URLPattern]:
        decide = path(
            "<int:exemption_id>/decide/",
            self.admin_site.admin_view(self.decide_view),
            name="maturity_exemption_decide",
        )
        return [decide, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        user = request.user
        if not self.has_add_permission(request) or not isinstance(user, User):
            raise PermissionDenied
        form = ExemptionForm(
            request.POST or None, organizations=editable_organizations(request).order_by("name")
        )

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            names = ("capability", "reason", "ends_on", "unit")
            asked = {name: cleaned[name] for name in names}
            exemption = request_exemption(cleaned["organization"], by=user, **asked)
            return redirect("admin:maturity_exemption_change", exemption.pk)

        return service_form_page(
            request, form, save, model=Exemption, title=gettext("New exemption")
        )

    def decide_view(self, request: HttpRequest, exemption_id: int) -> HttpResponse:
        """Approve or refuse; another person than who asked. 404 for outsiders."""
        exemption = get_object_or_404(self.get_queryset(request), pk=exemption_id)
        user = request.user
        if not access_of(request).may_edit(exemption.organization_id) or not isinstance(user, User):
            raise PermissionDenied

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            approve = cleaned["verdict"] == ExemptionDecision.Verdict.APPROVED
            decide_exemption(exemption, approve=approve, by=user, reason=cleaned["reason"])
            messages.success(request, gettext("Decided."))
            return redirect("admin:maturity_exemption_change", exemption.pk)

        return service_form_page(
            request,
            DecisionForm(request.POST or None),
            save,
            model=Exemption,
            original=exemption,
            title=gettext("Decide on the exemption"),
            intro=exemption.reason,
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        exemption = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = {}
        if exemption is not None:
            decisions = exemption.decisions.select_related("decided_by").order_by("-recorded_at")
            context["decisions"] = decisions
            context["may_decide"] = access_of(request).may_edit(exemption.organization_id)
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    @admin.display(description=_("Scope"))
    def scope(self, exemption: Exemption) -> str:
        return scope_of(exemption)

    @admin.display(description=_("Decision"))
    def decision(self, exemption: Exemption) -> str:
        verdict = getattr(exemption, "verdict", None)
        return str(ExemptionDecision.Verdict(verdict).label) if verdict else gettext("waiting")
