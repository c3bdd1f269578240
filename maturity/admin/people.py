"""The roster: who may be asked, with where and since when."""

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.postgres.forms import RangeWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import editable_organizations
from maturity.admin.base import (
    OrganizationFilter,
    OrganizationScopedAdmin,
    OrganizationScopedInline,
)
from maturity.admin.erasures import erase_from_roster, way_to_erase
from maturity.admin.service_form import DayInput, offer, service_form_page
from maturity.admin.unit_fields import UnitLabelField, with_current_name
from maturity.models import Organization, Person, Placement, Unit
from maturity.services.people import place_person

if TYPE_CHECKING:
    PlacementModelForm = forms.ModelForm[Placement]
    PlacementInlineFormSet = forms.BaseInlineFormSet[Any, Placement, Any]
    PersonModelForm = forms.ModelForm[Person]
else:
    from unfold.forms import PaginationInlineFormSet as PlacementInlineFormSet

    PlacementModelForm = PersonModelForm = forms.ModelForm


class RoleFilter(admin.SimpleListFilter):
    """Who has this role today."""

    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return Placement.Role.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(role_now=self.value()) if self.value() else queryset


class NewPersonForm(forms.Form):
    organization = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organization.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    email = forms.EmailField(label=_("E-mail address"), widget=widgets.UnfoldAdminEmailInputWidget)
    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        required=False,
        widget=widgets.UnfoldAdminTextInputWidget,
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=Placement.Role.choices, widget=widgets.UnfoldAdminSelectWidget
    )
    unit = UnitLabelField(
        label=_("Unit"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=_("None"),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    valid_from = forms.DateField(label=_("From"), widget=DayInput)

    def __init__(self, *args: Any, organizations: QuerySet[Organization], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = with_current_name(Unit.objects.filter(organization__in=organizations))
        offer(self, "organization", organizations)
        offer(self, "unit", units.order_by("organization", "name"))

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        organization, email = cleaned.get("organization"), cleaned.get("email")
        if organization and organization.people.filter(email__iexact=email or "").exists():
            raise ValidationError({"email": _("This address is already on the roster.")})
        return cleaned


class PlacementFormSet(PlacementInlineFormSet):
    def save_new(self, form: Any, commit: bool = True) -> Any:
        form.instance.organization_id = self.instance.organization_id
        return super().save_new(form, commit)

    def clean(self) -> None:
        """The database refuses overlapping spans; say so beside the form before it does."""
        super().clean()
        spans = [
            form.cleaned_data["valid"]
            for form in self.forms
            if form.cleaned_data.get("valid") and not form.cleaned_data.get("DELETE")
        ]
        spans.sort(key=lambda span: (span.lower is not None, span.lower))
        for earlier, later in pairwise(spans):
            if earlier.upper is None or later.lower is None or later.lower < earlier.upper:
                raise ValidationError(_("Two placements overlap: end one before the next begins."))


class SpanWidget(RangeWidget):
    """First day, and the first day after the span."""

    def __init__(self) -> None:
        super().__init__(DayInput())
        for widget, label in zip(self.widgets, (_("From"), _("Until")), strict=True):
            widget.attrs["aria-label"] = label


class PlacementForm(PlacementModelForm):
    def validate_constraints(self) -> None:
        """Left to the formset: one span may end while the next begins in the same save."""


class PlacementInline(OrganizationScopedInline):
    model = Placement
    form = PlacementForm
    formset = PlacementFormSet
    fields = ["role", "unit", "valid"]
    can_write = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Placement]:
        return super().get_queryset(request).select_related("unit")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "valid":
            return db_field.formfield(widget=SpanWidget())
        if db_field.name == "unit":
            return UnitLabelField(
                label=_("Unit"),
                queryset=with_current_name(Unit.objects.all()),
                required=False,
                empty_label=_("None"),
                widget=widgets.UnfoldAdminSelectWidget,
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class PersonForm(PersonModelForm):
    class Meta:
        model = Person
        fields = ["email", "name", "timezone", "language"]

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        others = Person.objects.filter(organization=self.instance.organization_id)
        if others.exclude(pk=self.instance.pk).filter(email__iexact=email).exists():
            raise ValidationError(_("This address is already on the roster."))
        return email


@admin.register(Person)
class PersonAdmin(OrganizationScopedAdmin):
    form = PersonForm
    when_empty = _("The roster says who is asked in surveys.")
    can_add = True
    can_change = True
    list_display = ["__str__", "email", "role", "unit", "tenant"]
    list_filter = [OrganizationFilter, RoleFilter]
    list_select_related = ["organization"]
    search_fields = ["email", "name"]
    fields = ["tenant", "email", "name", "timezone", "language"]
    readonly_fields = ["tenant"]
    inlines = [PlacementInline]
    change_form_outer_before_template = "admin/maturity/erasure/_way.html"

    def get_urls(self) -> list[URLPattern]:
        erase = path(
            "<int:person_id>/erase/",
            self.admin_site.admin_view(erase_from_roster),
            name="maturity_person_erase",
        )
        return [erase, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With the way to erase the person, for those who may."""
        person = self.get_object(request, unquote(object_id))
        context = dict(extra_context or {})
        if isinstance(person, Person) and person.erased_at is None:
            context |= way_to_erase(request, person)
        return super().change_view(request, object_id, form_url, context)

    def get_queryset(self, request: HttpRequest) -> Any:
        now = Placement.objects.filter(person=OuterRef("pk"), valid__contains=timezone.localdate())
        unit = with_current_name(Unit.objects.filter(pk=OuterRef("unit_now")))
        return (
            super()
            .get_queryset(request)
            .annotate(
                role_now=Subquery(now.values("role")[:1]), unit_now=Subquery(now.values("unit")[:1])
            )
            .annotate(unit_name=Subquery(unit.values("name")[:1]))
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        organizations = editable_organizations(request).order_by("name")
        only = organizations.first() if organizations.count() == 1 else None
        form = NewPersonForm(
            request.POST or None,
            organizations=organizations,
            initial={
                "valid_from": timezone.localdate(),
                "organization": only,
                **request.GET.dict(),
            },
        )
        return service_form_page(request, form, _place, model=Person, title=gettext("New person"))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            # Spans are written one after the other; two that swap their days collide on the way.
            messages.error(request, gettext("Nothing was saved: change one placement at a time."))
            return redirect(request.path)

    @admin.display(description=_("Role"), ordering="role_now")
    def role(self, person: Person) -> str:
        role = getattr(person, "role_now", None)
        return str(Placement.Role(role).label) if role else "–"

    @admin.display(description=_("Unit"), ordering="unit_name")
    def unit(self, person: Person) -> str:
        return getattr(person, "unit_name", None) or "–"


def _place(cleaned: Mapping[str, Any]) -> HttpResponse:
    person = place_person(
        cleaned["organization"],
        cleaned["email"],
        role=cleaned["role"],
        valid_from=cleaned["valid_from"],
        unit=cleaned["unit"],
        name=cleaned["name"],
    )
    return redirect("admin:maturity_person_change", person.pk)
