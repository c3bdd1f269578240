"""Targets: which level by when, for whom and why; every change is a new version."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import editable_organizations
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin
from maturity.admin.scope import AreaFilter, ScopedForm, UnitFilter, scope_of, with_unit_names
from maturity.admin.service_form import DayInput, service_form_page
from maturity.models import Target, User
from maturity.services.targets import NewTarget, set_target


class TargetForm(ScopedForm):
    level = forms.TypedChoiceField(
        label=_("Target level"),
        choices=[("", _("None: take the target back")), *((n, str(n)) for n in range(1, 6))],
        required=False,
        coerce=int,
        empty_value=None,
        widget=widgets.UnfoldAdminSelectWidget,
    )
    due_on = forms.DateField(label=_("Due on"), required=False, widget=DayInput)
    owner = forms.CharField(
        label=_("Owner"),
        required=False,
        max_length=200,
        widget=widgets.UnfoldAdminTextInputWidget,
    )
    reason = forms.CharField(
        label=_("Why this target"),
        max_length=2_000,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


@admin.register(Target)
class TargetAdmin(OrganizationScopedAdmin):
    """Every version that was ever set; the newest of a place counts."""

    can_add = True
    when_empty = _("Without targets of its own every capability aims at level 3.")
    list_display = ["capability", "scope", "level", "due_on", "owner", "in_force", "tenant"]
    list_filter = [AreaFilter, UnitFilter, OrganizationFilter]
    list_select_related = ["organization", "capability", "unit"]
    search_fields = ["capability__name", "owner", "reason"]
    ordering = ["-recorded_at"]
    fields = [
        ("tenant", "scope"),
        "capability",
        ("level", "due_on"),
        "owner",
        "reason",
        ("valid_from", "recorded_at", "recorded_by"),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the unit's name and the version of its place that counts today; one query."""
        place = Coalesce(OuterRef("unit_id"), 0)
        same = Target.objects.alias(place=Coalesce("unit_id", 0)).filter(
            place=place,
            organization=OuterRef("organization"),
            capability=OuterRef("capability"),
            valid_from__lte=timezone.localdate(),
        )
        newest = same.order_by("-valid_from", "-recorded_at").values("pk")[:1]
        rows = with_unit_names(super().get_queryset(request))
        return rows.annotate(newest=Subquery(newest))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = TargetForm(
            request.POST or None,
            organizations=editable_organizations(request).order_by("name"),
            initial=request.GET.dict(),
        )

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            names = ("capability", "level", "due_on", "reason", "owner", "unit")
            by = request.user if isinstance(request.user, User) else None
            new = NewTarget(**{name: cleaned[name] for name in names})
            target = set_target(cleaned["organization"], new, by=by)
            return redirect("admin:maturity_target_change", target.pk)

        return service_form_page(request, form, save, model=Target, title=gettext("New target"))

    @admin.display(description=_("Scope"))
    def scope(self, target: Target) -> str:
        return scope_of(target)

    @admin.display(description=_("Counts today"), boolean=True)
    def in_force(self, target: Target) -> bool:
        return getattr(target, "newest", None) == target.pk and target.level is not None
