"""What targets, exemptions and scores have in common: an organisation, a unit, a capability."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import visible_organizations
from maturity.admin.service_form import offer
from maturity.admin.unit_fields import UnitLabelField, with_current_name
from maturity.models import Area, Capability, Organization, RubricVersion, Unit, UnitVersion
from maturity.models.tenancy import OrganizationQuerySet
from maturity.selectors.rubric_texts import rubric_text


class ScopedForm(forms.Form):
    """Which organisation, which of its units (none: the whole), which capability."""

    organization = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organization.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    unit = UnitLabelField(
        label=_("Unit"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=_("The whole organisation"),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    capability = forms.ModelChoiceField(
        label=_("Capability"),
        queryset=Capability.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, organizations: OrganizationQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = with_current_name(Unit.objects.filter(organization__in=organizations))
        rubrics = {
            rubric.pk
            for organization in organizations
            if (rubric := RubricVersion.objects.used_by(organization).first()) is not None
        }
        offer(self, "organization", organizations)
        offer(self, "unit", units.order_by("organization", "name"))
        offer(self, "capability", Capability.objects.filter(rubric__in=rubrics))
        if len(organizations) == 1:
            self.fields["organization"].initial = organizations[0]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        unit, organization = cleaned.get("unit"), cleaned.get("organization")
        if unit and organization and unit.organization_id != organization.pk:
            raise ValidationError({"unit": _("This unit belongs to another organisation.")})
        return cleaned


class AreaFilter(admin.SimpleListFilter):
    """One area of the rubrics, by its key: versions of a rubric share it."""

    title = _("area")
    parameter_name = "area"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = Area.objects.order_by("key", "-rubric__published_at").distinct("key")
        return [(key, rubric_text(name)) for key, name in rows.values_list("key", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {key for key, _name in self.lookup_choices}:
            return queryset
        return queryset.filter(capability__area__key=self.value())


class UnitFilter(admin.SimpleListFilter):
    """The whole organisation, or one of one's own units that the list tells of."""

    title = _("scope")
    parameter_name = "unit"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        told = model_admin.model.objects.filter(organization__in=visible_organizations(request))
        units = with_current_name(Unit.objects.filter(pk__in=told.values("unit")))
        names = [(str(unit.pk), getattr(unit, "name", None) or unit.key) for unit in units]
        return [("none", _("The whole organisation")), *names] if names else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen == "none":
            return queryset.filter(unit=None)
        known = {key for key, _name in self.lookup_choices}
        return queryset.filter(unit=int(chosen)) if chosen in known else queryset


def with_unit_names(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate `unit_name`, what the row's unit is called now, in the same query."""
    names = UnitVersion.objects.filter(unit=OuterRef("unit"), recorded__upper_inf=True)
    named: QuerySet[Any] = rows.annotate(
        unit_name=Subquery(names.order_by("-valid").values("name")[:1])
    )
    return named


def scope_of(row: Any) -> str:
    """The unit's name as with_unit_names() read it, or the words for the whole."""
    if row.unit is None:
        return gettext("The whole organisation")
    return str(getattr(row, "unit_name", None) or row.unit.key)
