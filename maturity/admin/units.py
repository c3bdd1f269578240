"""Units: the dated tree, changed only through the service that keeps both time axes."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import access_of, editable_organizations
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin
from maturity.admin.service_form import DayInput, offer, service_form_page
from maturity.admin.unit_changes import CHANGES, change_page
from maturity.admin.unit_fields import UnitLabelField, with_current_name
from maturity.models import Organization, Unit
from maturity.services.units import place_unit


class UnitForm(forms.Form):
    """What a unit is called and where it stands, from a day on."""

    organization = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organization.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    key = forms.SlugField(
        label=_("Key"),
        max_length=60,
        widget=widgets.UnfoldAdminTextInputWidget,
        help_text=_("Names the unit in imports and the API. It never changes."),
    )
    name = forms.CharField(
        label=_("Name"), max_length=200, widget=widgets.UnfoldAdminTextInputWidget
    )
    parent = UnitLabelField(
        label=_("Below"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=_("Nothing: it stands at the top"),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    valid_from = forms.DateField(
        label=_("From"),
        widget=DayInput,
        help_text=_("What was true before stays on the record."),
    )

    def __init__(
        self, *args: Any, organizations: QuerySet[Organization], unit: Unit | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.unit = unit
        parents = with_current_name(Unit.objects.filter(organization__in=organizations))
        offer(self, "parent", parents.exclude(pk=unit.pk) if unit else parents)
        offer(self, "organization", organizations)
        if unit is not None:
            del self.fields["organization"], self.fields["key"]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        organization, key = cleaned.get("organization"), cleaned.get("key")
        if organization and key and organization.units.filter(key=key).exists():
            raise ValidationError({"key": _("There is already a unit with this key.")})
        return cleaned


@admin.register(Unit)
class UnitAdmin(OrganizationScopedAdmin):
    can_add = True
    when_empty = _("Without units everything is about the whole organisation.")
    list_display = ["unit_name", "below", "key", "tenant", "since"]
    list_filter = [OrganizationFilter]
    search_fields = ["key", "versions__name"]
    fields = ["unit_name", "below", "key", "tenant"]
    change_form_after_template = "admin/maturity/unit/_versions.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_current_name(super().get_queryset(request)).order_by("organization", "name")

    def get_urls(self) -> list[URLPattern]:
        own = self.admin_site.admin_view
        place = path("<int:unit_id>/place/", own(self.place_view), name="maturity_unit_place")
        changes = [
            path(
                f"<int:unit_id>/{kind}/",
                own(self.change_of_tree_view),
                {"kind": kind},
                name=f"maturity_unit_{kind}",
            )
            for kind in CHANGES
        ]
        return [place, *changes, *super().get_urls()]

    def change_of_tree_view(self, request: HttpRequest, unit_id: int, kind: str) -> HttpResponse:
        """Move, merge, split or close a unit. 404 for outsiders, 403 for viewers."""
        unit = get_object_or_404(self.get_queryset(request), pk=unit_id)
        if not access_of(request).may_edit(unit.organization_id):
            raise PermissionDenied
        return change_page(request, unit, kind)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return _place_page(request, unit=None)

    def place_view(self, request: HttpRequest, unit_id: int) -> HttpResponse:
        """Rename or move a unit from a day on. 404 for outsiders, 403 for viewers."""
        unit = get_object_or_404(self.get_queryset(request), pk=unit_id)
        if not access_of(request).may_edit(unit.organization_id):
            raise PermissionDenied
        return _place_page(request, unit=unit)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        unit = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = {}
        if unit is not None:
            versions = unit.versions.select_related("parent").order_by("-valid", "-recorded")
            context["versions"] = versions
            changes = unit.changes.select_related("successor", "by")
            context["changes"] = changes.order_by("-effective_on", "-recorded_at", "pk")
            context["kinds"] = [(kind, title) for kind, (title, _f, _s) in CHANGES.items()]
            context["may_place"] = access_of(request).may_edit(unit.organization_id)
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    @admin.display(description=_("Unit"), ordering="name")
    def unit_name(self, unit: Unit) -> str:
        return getattr(unit, "name", None) or unit.key

    @admin.display(description=_("Below"), ordering="parent_name")
    def below(self, unit: Unit) -> str:
        return getattr(unit, "parent_name", None) or "–"

    @admin.display(description=_("Since"), ordering="valid")
    def since(self, unit: Unit) -> date | None:
        valid = getattr(unit, "valid", None)
        return valid.lower if valid else None


def _place_page(request: HttpRequest, *, unit: Unit | None) -> HttpResponse:
    organizations = editable_organizations(request).order_by("name")
    if unit is not None:
        organizations = organizations.filter(pk=unit.organization_id)
    only = organizations.first() if unit is None and organizations.count() == 1 else None

    def save(cleaned: Mapping[str, Any]) -> HttpResponse:
        placed = place_unit(
            unit.organization if unit else cleaned["organization"],
            unit.key if unit else cleaned["key"],
            name=cleaned["name"],
            parent=cleaned["parent"],
            valid_from=cleaned["valid_from"],
        )
        return redirect("admin:maturity_unit_change", placed.pk)

    initial: dict[str, Any] = {"valid_from": timezone.localdate(), "organization": only}
    if unit is not None:
        initial |= {"name": getattr(unit, "name", ""), "parent": getattr(unit, "above", None)}
    form = UnitForm(request.POST or None, organizations=organizations, unit=unit, initial=initial)
    title = gettext("Rename or move") if unit else gettext("New unit")
    return service_form_page(request, form, save, model=Unit, title=title, original=unit)
