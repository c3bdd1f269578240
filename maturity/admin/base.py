"""How tenants share one admin: rows, choices and permissions end at the organisation.

Every model that belongs to a tenant is registered with an OrganizationScopedAdmin; what all
tenants read alike with a ReferenceAdmin. tests/maturity/test_admin.py refuses anything else.
"""

import html
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from maturity.admin.access import access_of, editable_organizations, visible_organizations
from maturity.admin.history import history_page, is_tracked, moment_asked_for
from maturity.models import Organization, User
from maturity.selectors.history import HistoryPage, object_history

if TYPE_CHECKING:
    # Unfold ships no types; its classes are Django's with another look.
    UnfoldModelAdmin = admin.ModelAdmin[Any]
    UnfoldTabularInline = admin.TabularInline[Any, Any]
    display: Callable[..., Any]
else:
    from unfold.admin import ModelAdmin as UnfoldModelAdmin
    from unfold.admin import TabularInline as UnfoldTabularInline
    from unfold.decorators import display

Column = TypeVar("Column", bound=Callable[..., Any])


class ChangeHistory(UnfoldModelAdmin):
    """History pages read what the database wrote down; Django's own log is not kept.

    Its entries miss what services, imports and bulk updates do, so it would be a second story.
    """

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        return None

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["show_history"] = is_tracked(self.model)
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who changed what on this row, and on the rows that belong to it."""
        row = self.get_object(request, unquote(object_id))
        if row is None or not is_tracked(self.model):
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return history_page(request, row, self.history_of(request, row))

    def history_of(self, request: HttpRequest, row: Any) -> HistoryPage:
        within = visible_organizations(request)
        return object_history(row, within=within, before=moment_asked_for(request))


class OrganizationScopedAdmin(ChangeHistory):
    """Rows of one's own organisations; nothing can be written unless the subclass says so.

    A row of another tenant does not exist here: its pages answer as for an unknown id.
    """

    # How a row reaches its organisation; "pk" for the organisation itself.
    organization_lookup = "organization"
    can_add = False
    can_change = False
    can_delete = False
    # Rows that a viewer has no business to read.
    editors_only = False
    # What an empty list says to do next.
    when_empty: Any = _("There is nothing of this kind yet.")
    list_per_page = 50
    warn_unsaved_form = True
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if access_of(request).operator:
            return rows
        allowed = editable_organizations if self.editors_only else visible_organizations
        return rows.filter(**{f"{self.organization_lookup}__in": allowed(request)})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        access = access_of(request)
        if self.editors_only:
            return self._edits(request, obj)
        return access.views_any if obj is None else access.may_view(organization_id_of(obj))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_change and self._edits(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.can_add and access_of(request).edits_any

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_delete and self._edits(request, obj)

    @property
    def readonly_preprocess_fields(self) -> Mapping[str, Callable[[str], str]]:
        """Accounts are named and not linked: their pages are the operator's alone."""
        models = (self.model, *(inline.model for inline in self.inlines))
        return {
            field.name: _without_link
            for model in models
            for field in model._meta.fields
            if field.related_model is User
        }

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """What cannot be changed is shown as `fields` lists it, columns of our own included."""
        if not self.fields or self.has_change_permission(request, obj):
            return super().get_readonly_fields(request, obj)
        return flatten(self.fields)

    def get_form(
        self, request: HttpRequest, obj: Any | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        own = None if obj is None else self.home_of(obj)
        keep_choices_at_home(form.base_fields, request, organization_id=own)
        return form

    @admin.display(description=_("Organisation"), ordering="organization__name")
    def tenant(self, obj: Any) -> SafeString:
        url = reverse("admin:maturity_organization_change", args=[obj.organization_id])
        return format_html('<a class="text-link" href="{}">{}</a>', url, obj.organization)

    def home_of(self, obj: Any) -> int | None:
        """The one organisation a row's choices come from; None where it has several."""
        return organization_id_of(obj)

    def _edits(self, request: HttpRequest, obj: Any) -> bool:
        access = access_of(request)
        return access.edits_any if obj is None else access.may_edit(organization_id_of(obj))


class OrganizationScopedInline(UnfoldTabularInline):
    """Rows below a parent that is itself scoped; they follow the parent's organisation."""

    can_write = False
    extra = 0
    hide_title = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        access = access_of(request)
        return access.views_any if obj is None else access.may_view(organization_id_of(obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._writes(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._writes(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._writes(request, obj)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        own = None if obj is None else organization_id_of(obj)
        keep_choices_at_home(formset.form.base_fields, request, organization_id=own)
        for field in formset.form.base_fields.values():
            # A table's heading names the column to the eye only; a span names its two ends.
            if not isinstance(field.widget, forms.MultiWidget):
                # Not written out here: a declared field is the same for every reader.
                field.widget.attrs.setdefault("aria-label", field.label)
        return formset

    def _writes(self, request: HttpRequest, obj: Any) -> bool:
        access = access_of(request)
        if not self.can_write:
            return False
        return access.edits_any if obj is None else access.may_edit(organization_id_of(obj))


class ReferenceAdmin(ChangeHistory):
    """What all tenants read alike and nobody writes here, such as published rubrics."""

    when_empty: Any = _("There is nothing of this kind yet.")
    list_per_page = 50
    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access_of(request).views_any

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access_of(request).views_any

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OrganizationFilter(admin.SimpleListFilter):
    """Choose one of one's own organisations; with only one there is nothing to choose."""

    title = _("organisation")
    parameter_name = "organization"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self.lookup = model_admin.organization_lookup
        rows = visible_organizations(request).order_by("name").values_list("pk", "name")
        choices = [(str(pk), name) for pk, name in rows]
        return choices if len(choices) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen is None or chosen not in {key for key, _name in self.lookup_choices}:
            return queryset
        return queryset.filter(**{self.lookup: int(chosen)})


def labelled(
    *, description: Any, ordering: str, looks: Mapping[str, str]
) -> Callable[[Column], Column]:
    """A column whose method returns (key, text): the text in the look of its key."""
    # Of a key without a look unfold would show the key.
    decorate = display(description=description, ordering=ordering, label=defaultdict(str, looks))
    return cast("Callable[[Column], Column]", decorate)


def organization_id_of(obj: Any) -> int:
    """The id of the organisation that a row is, or belongs to."""
    return int(obj.pk if isinstance(obj, Organization) else obj.organization_id)


def keep_choices_at_home(
    fields: Mapping[str, forms.Field], request: HttpRequest, *, organization_id: int | None
) -> None:
    """Offer, and accept, only rows of this organisation; None: of those one may write to."""
    for field in fields.values():
        if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
            field.queryset = _at_home(field.queryset, request, organization_id)


def _without_link(contents: str) -> str:
    """Return the text that a link shows; whoever prints it escapes it."""
    return html.unescape(strip_tags(contents))


def _at_home(
    rows: QuerySet[Any], request: HttpRequest, organization_id: int | None
) -> QuerySet[Any]:
    organizations = editable_organizations(request)
    if organization_id is not None:
        organizations = organizations.filter(pk=organization_id)
    if issubclass(rows.model, Organization):
        return rows.filter(pk__in=organizations)
    if issubclass(rows.model, User):
        # Accounts are nobody's: who has one is known to the operator alone.
        return rows if access_of(request).operator else rows.none()
    if "organization" in _field_names(rows.model):
        return rows.filter(organization__in=organizations)
    return rows


def _field_names(model: type[Model]) -> Iterable[str]:
    return {field.name for field in model._meta.get_fields()}
