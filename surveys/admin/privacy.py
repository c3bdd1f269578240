"""Privacy of surveys: what an organisation's owners promise in every survey that opens later."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import access_of, editable_organizations
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin
from maturity.admin.service_form import offer, service_form_page
from maturity.models import Organization
from surveys.models import PrivacySetting
from surveys.models.privacy_settings import K_COMMENT_FLOOR, K_FLOOR
from surveys.services.privacy_settings import privacy_values, set_privacy


class PrivacyForm(forms.Form):
    organization = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organization.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    k = forms.IntegerField(
        label=_("Smallest group shown"),
        min_value=K_FLOOR,
        max_value=100,
        widget=widgets.UnfoldAdminIntegerFieldWidget,
    )
    k_comment = forms.IntegerField(
        label=_("Fewest commenters shown"),
        min_value=K_COMMENT_FLOOR,
        max_value=200,
        widget=widgets.UnfoldAdminIntegerFieldWidget,
    )
    retention_days = forms.IntegerField(
        label=_("Days answers are kept after closing"),
        min_value=1,
        max_value=3_650,
        widget=widgets.UnfoldAdminIntegerFieldWidget,
    )


@admin.register(PrivacySetting)
class PrivacySettingAdmin(OrganizationScopedAdmin):
    when_empty = _("Scores need 5 people, comments 10, answers are kept for 400 days.")
    keeps_history = True
    list_display = ["organization", "k", "k_comment", "retention_days"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization"]
    fields = ["organization", "k", "k_comment", "retention_days"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return access_of(request).owns_any

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Set the thresholds of an organisation, or set them anew."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        owned = _owned(request).order_by("name")
        first = owned.first()
        initial = {"organization": first, **({} if first is None else privacy_values(first))}
        form = PrivacyForm(request.POST or None, initial=initial)
        offer(form, "organization", owned)

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            values = dict(cleaned)
            setting = set_privacy(values.pop("organization"), **values)
            messages.success(request, gettext("What is open keeps what its page says."))
            return redirect("admin:surveys_privacysetting_change", setting.pk)

        title = gettext("Privacy of surveys")
        intro = gettext(
            "For every survey that opens from now on, and for outside surveys; each consent page "
            "says it. What was opened keeps its own."
        )
        return service_form_page(
            request, form, save, model=PrivacySetting, title=title, intro=intro
        )


def _owned(request: HttpRequest) -> QuerySet[Organization]:
    access = access_of(request)
    editable = editable_organizations(request)
    return editable.filter(pk__in=[o.pk for o in editable if access.may_own(o.pk)])
