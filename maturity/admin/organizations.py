"""Organisations: the way into the score sheet, and who may do what."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, Model, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import access_of, editable_organizations
from maturity.admin.base import OrganizationScopedAdmin
from maturity.admin.erasures import remove_organization
from maturity.admin.history import moment_asked_for
from maturity.admin.memberships import MembershipInline, say_who_cannot_log_in
from maturity.admin.record_sheet import record_sheet
from maturity.admin.score_sheet import score_sheet
from maturity.admin.service_form import service_form_page
from maturity.admin.thresholds import thresholds_page
from maturity.admin.work import work_page
from maturity.forms import time_zones
from maturity.models import (
    ApiKey,
    Assessment,
    Endpoint,
    Finding,
    Membership,
    NotificationChoice,
    Organization,
    RubricVersion,
    User,
)
from maturity.models.history import for_editors
from maturity.models.keys import ApiKeyOrganization
from maturity.rubrics import DEFAULT_PACK
from maturity.selectors.history import HistoryPage, organization_history
from maturity.services.tenancy import create_organization


def rubric_choices() -> list[tuple[str, str]]:
    """Every pack by key, with the version that new assessments get; blank: the default one."""
    newest: dict[str, str] = {}
    for rubric in RubricVersion.objects.in_force():
        newest.setdefault(rubric.key, rubric.version)
    published = RubricVersion.objects.filter(published_at__isnull=False)
    keys = published.order_by("key").values_list("key", flat=True).distinct()
    nothing = gettext("no version in force")
    named = [(key, f"{key}, {newest.get(key, nothing)}") for key in keys]
    default = gettext("Default (%(key)s)") % {"key": DEFAULT_PACK}
    return [("", default), *(choice for choice in named if choice[0] != DEFAULT_PACK)]


class NewOrganizationForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=200, widget=widgets.UnfoldAdminTextInputWidget
    )
    slug = forms.SlugField(
        label=_("Slug"),
        max_length=60,
        widget=widgets.UnfoldAdminTextInputWidget,
        help_text=_("Part of its addresses and of the API. It never changes."),
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zones,
        initial="UTC",
        widget=widgets.UnfoldAdminSelectWidget,
    )
    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=User.objects.filter(is_active=True),
        required=False,
        widget=widgets.UnfoldAdminSelectWidget,
    )


@admin.register(Organization)
class OrganizationAdmin(OrganizationScopedAdmin):
    organization_lookup = "pk"
    when_empty = _("You belong to no organisation yet. Ask an owner of yours to add you.")
    can_change = True
    list_display = ["name", "sheet_link", "last_assessed", "open_findings", "timezone"]
    search_fields = ["name", "slug"]
    fields = ["name", "slug", "timezone", "rubric_key"]
    readonly_fields = ["slug"]
    inlines = [MembershipInline]
    change_form_outer_before_template = "admin/maturity/organization/_next_step.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what the list shows beside the name, in the same query."""
        assessments = Assessment.objects.filter(
            organization=OuterRef("pk"), submitted_at__isnull=False
        )
        findings = Finding.objects.open().filter(organization=OuterRef("pk")).order_by()
        count = findings.values("organization").annotate(count=Count("pk")).values("count")
        return (
            super()
            .get_queryset(request)
            .annotate(
                assessed_on=Subquery(assessments.values("valid_from")[:1]),
                raised=Coalesce(Subquery(count), 0),
                may_score=Exists(editable_organizations(request).filter(pk=OuterRef("pk"))),
            )
            .order_by("name")
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A new tenant is the operator's to create."""
        return access_of(request).operator

    def get_urls(self) -> list[URLPattern]:
        sheet = path(
            "<int:organization_id>/score-sheet/",
            self.admin_site.admin_view(score_sheet),
            name="maturity_organization_score_sheet",
        )
        thresholds = path(
            "<int:organization_id>/thresholds/",
            self.admin_site.admin_view(thresholds_page),
            name="maturity_organization_thresholds",
        )
        remove = path(
            "<int:organization_id>/remove/",
            self.admin_site.admin_view(remove_organization),
            name="maturity_organization_remove",
        )
        record = path(
            "<int:organization_id>/record/",
            self.admin_site.admin_view(record_sheet),
            name="maturity_organization_record",
        )
        work = path(
            "<int:organization_id>/work/",
            self.admin_site.admin_view(work_page),
            name="maturity_organization_work",
        )
        return [sheet, thresholds, remove, record, work, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return service_form_page(
            request,
            NewOrganizationForm(request.POST or None),
            _create,
            model=Organization,
            title=gettext("New organisation"),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The settings, below the way into the score sheet."""
        organization = self.get_object(request, unquote(object_id))
        context = {
            "organization": organization,
            "may_remove": organization is not None and access_of(request).may_own(organization.pk),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)

    def history_of(self, request: HttpRequest, row: Organization) -> HistoryPage:
        """Everything people changed in the organisation, not only its own row."""
        return organization_history(
            row, without=kept_from(request, row), before=moment_asked_for(request)
        )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        say_who_cannot_log_in(request, formset)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "timezone":
            return forms.ChoiceField(
                label=_("Time zone"), choices=time_zones, widget=widgets.UnfoldAdminSelectWidget
            )
        if db_field.name == "rubric_key":
            return forms.ChoiceField(
                label=_("Rubric"),
                choices=rubric_choices,
                required=False,
                help_text=db_field.help_text,
                widget=widgets.UnfoldAdminSelectWidget,
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=_("Score sheet"))
    def sheet_link(self, organization: Organization) -> SafeString | str:
        if not getattr(organization, "may_score", False):
            return ""
        url = reverse("admin:maturity_organization_score_sheet", args=[organization.pk])
        return format_html('<a class="text-link" href="{}">{}</a>', url, gettext("Open the sheet"))

    @admin.display(description=_("Last assessed"), ordering="assessed_on")
    def last_assessed(self, organization: Organization) -> date | None:
        return getattr(organization, "assessed_on", None)

    @admin.display(description=_("Open findings"), ordering="raised")
    def open_findings(self, organization: Organization) -> int:
        return int(getattr(organization, "raised", 0))


def kept_from(request: HttpRequest, organization: Organization) -> list[type[Model]]:
    """What the reader may not see elsewhere does not stand in the history either."""
    access = access_of(request)
    hidden: list[type[Model]] = []
    if not access.may_own(organization.pk):
        hidden += [Membership, NotificationChoice]
    if not access.may_edit(organization.pk):
        hidden += [ApiKey, ApiKeyOrganization, Endpoint, *for_editors()]
    return hidden


def _create(cleaned: Mapping[str, Any]) -> HttpResponse:
    organization = create_organization(
        cleaned["slug"],
        name=cleaned["name"],
        timezone=cleaned["timezone"],
        owner=cleaned["owner"],
    )
    return redirect("admin:maturity_organization_change", organization.pk)
