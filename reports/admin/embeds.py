"""Embeds in the workplace: made here, copied into other sites' pages, revoked here."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold import widgets

from maturity.admin.access import access_of, editable_organizations
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin
from maturity.admin.scope import scope_of, with_unit_names
from maturity.admin.service_form import offer, offer_own, service_form_page
from maturity.admin.unit_fields import UnitLabelField, with_current_name
from maturity.models import Organization, Unit, User
from reports.models import Embed
from reports.services.embeds import address_of, create_embed, revoke_embed, snippet_of


class EmbedForm(forms.Form):
    organization = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organization.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    shows = forms.ChoiceField(
        label=_("What it shows"),
        choices=Embed.Shows.choices,
        widget=widgets.UnfoldAdminSelectWidget,
    )
    unit = UnitLabelField(
        label=_("Unit"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=_("The whole organisation"),
        widget=widgets.UnfoldAdminSelectWidget,
        help_text=_("Areas at target, profile and trend can be those of a unit."),
    )
    name = forms.CharField(
        label=_("Where it stands"),
        max_length=100,
        widget=widgets.UnfoldAdminTextInputWidget,
        help_text=_("Seen here alone, so that you know later what revoking it empties."),
    )
    origins = forms.CharField(
        label=_("Sites that may frame it"),
        required=False,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("For a chart, one a line: https://wiki.example.org, or self for this site."),
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, widget=widgets.UnfoldAdminSelectWidget
    )


@admin.register(Embed)
class EmbedAdmin(OrganizationScopedAdmin):
    """For those who may edit: who has an address may show the figure to anybody."""

    can_add = True
    editors_only = True
    when_empty = _("Nothing of this is shown on another site yet.")
    list_display = ["name", "shows", "scope", "tenant", "created_at", "last_used_on", "in_force"]
    list_filter = ["shows", OrganizationFilter]
    list_select_related = ["organization", "unit"]
    search_fields = ["name"]
    fields = [
        "tenant",
        "shows",
        "scope",
        "name",
        "may_frame",
        "language",
        "created_at",
        "created_by",
        "last_used_on",
        "revoked_at",
        "revoked_by",
    ]
    change_form_outer_before_template = "admin/reports/embed/_address.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        return with_unit_names(super().get_queryset(request))

    def get_urls(self) -> list[URLPattern]:
        revoke = path(
            "<int:embed_id>/revoke/",
            self.admin_site.admin_view(self.revoke_view),
            name="reports_embed_revoke",
        )
        return [revoke, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = EmbedForm(request.POST or None, initial=request.GET.dict())
        organizations = editable_organizations(request)
        units = with_current_name(Unit.objects.filter(organization__in=organizations))
        offer_own(form, organizations)
        offer(form, "unit", units.order_by("organization", "name"))
        return service_form_page(
            request,
            form,
            partial(_make, request),
            model=Embed,
            title=gettext("Show a figure on another site"),
            intro=gettext("Whoever has its address sees it without logging in."),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        embed = self.get_object(request, unquote(object_id))
        shown = None if embed is None or embed.revoked_at else embed
        context = {
            "embed": embed,
            "address": "" if shown is None else address_of(shown),
            "snippet": "" if shown is None else snippet_of(shown),
            "text_input": " ".join(widgets.BASE_INPUT_CLASSES),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)

    @method_decorator(require_POST)
    def revoke_view(self, request: HttpRequest, embed_id: int) -> HttpResponse:
        """End an address for good. 404 for outsiders."""
        embed = get_object_or_404(self.get_queryset(request), pk=embed_id)
        if not access_of(request).may_edit(embed.organization_id):
            raise PermissionDenied
        revoke_embed(embed, by=_user(request), at=timezone.now())
        messages.success(request, gettext("%(embed)s is revoked.") % {"embed": embed})
        return redirect("admin:reports_embed_changelist")

    @admin.display(description=_("Scope"))
    def scope(self, embed: Embed) -> str:
        return scope_of(embed)

    @admin.display(description=_("May be framed by"))
    def may_frame(self, embed: Embed) -> str:
        return ", ".join(embed.origins) or gettext("any page: it is a picture")

    @admin.display(description=_("In force"), boolean=True)
    def in_force(self, embed: Embed) -> bool:
        return embed.revoked_at is None


def _make(request: HttpRequest, cleaned: Mapping[str, Any]) -> HttpResponse:
    embed = create_embed(
        cleaned["organization"],
        shows=cleaned["shows"],
        name=cleaned["name"],
        by=_user(request),
        unit=cleaned["unit"],
        language=cleaned["language"],
        origins=cleaned["origins"].split(),
    )
    return redirect("admin:reports_embed_change", embed.pk)


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
