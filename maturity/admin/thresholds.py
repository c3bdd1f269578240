"""Thresholds: the numbers in force with their sources; changed, tried, and switched on."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import access_of, editable_organizations, visible_organizations
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin
from maturity.admin.evaluations import readable
from maturity.admin.service_form import offer, service_form_page
from maturity.admin.trials import changes_of
from maturity.insights import CURRENT_THRESHOLDS
from maturity.insights.threshold_changes import Number, Sourced, numbers_of
from maturity.models import Organization, ThresholdsTrial, ThresholdsVersion, User
from maturity.selectors.thresholds import newest_thresholds, thresholds_of
from maturity.services.thresholds import try_thresholds
from maturity.tasks import run_due_trials

OWN_SOURCE = "[C] set by this organisation"


class ChooseForm(forms.Form):
    organization = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organization.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
    )


class NumbersForm(forms.Form):
    """Every number of the version in force; what is changed is tried."""

    def __init__(
        self, data: Any, *, shipped: Mapping[str, Number], now: Mapping[str, Number]
    ) -> None:
        super().__init__(data)
        self.shipped, self.now = shipped, now
        for name, number in shipped.items():
            field = forms.IntegerField if number.whole else forms.FloatField
            self.fields[name] = field(
                label=readable(name.partition(".")[2]),
                localize=True,
                initial=int(now[name].value) if number.whole else now[name].value,
                widget=widgets.UnfoldAdminTextInputWidget(
                    attrs={"inputmode": "decimal", "autocomplete": "off"}
                ),
            )

    def changes(self) -> dict[str, Sourced]:
        """What differs from the shipped numbers, each with its source."""
        return {
            name: Sourced(float(self.cleaned_data[name]), self._source(name))
            for name, number in self.shipped.items()
            if self.cleaned_data[name] != number.value
        }

    def sections(self) -> list[dict[str, Any]]:
        """The rows of the page, by detector."""
        grouped: dict[str, list[dict[str, Any]]] = {}
        for name, number in self.shipped.items():
            row = {"field": self[name], "shipped": number, "now": self.now[name]}
            grouped.setdefault(number.section, []).append(row)
        return [
            {
                "name": readable(section),
                "rows": rows,
                "open": any(row["field"].errors for row in rows),
            }
            for section, rows in grouped.items()
        ]

    def _source(self, name: str) -> str:
        same = self.now[name].value == self.cleaned_data[name]
        return self.now[name].source if same else OWN_SOURCE


def thresholds_page(request: HttpRequest, organization_id: int) -> HttpResponse:
    """The numbers of one organisation; editors try others. 404 for outsiders."""
    rows = visible_organizations(request)
    organization = get_object_or_404(rows, pk=organization_id)
    may_edit = access_of(request).may_edit(organization.pk)
    if request.method == "POST" and not may_edit:
        raise PermissionDenied
    form = NumbersForm(
        request.POST or None,
        shipped=numbers_of(CURRENT_THRESHOLDS),
        now=numbers_of(thresholds_of(organization)),
    )
    if request.method == "POST" and form.is_valid():
        trial = _try(request, organization, form)
        if trial is not None:
            return redirect("admin:maturity_thresholdstrial_change", trial.pk)
    newest = newest_thresholds(organization)
    context = {
        **admin.site.each_context(request),
        "opts": ThresholdsVersion._meta,
        "title": gettext("Thresholds of %(name)s") % {"name": organization.name},
        "organization": organization,
        "form": form,
        "may_edit": may_edit,
        "newest": newest,
        "version": newest.version if newest else CURRENT_THRESHOLDS.version,
    }
    return render(request, "admin/maturity/thresholdsversion/numbers.html", context)


def _try(
    request: HttpRequest, organization: Organization, form: NumbersForm
) -> ThresholdsTrial | None:
    """Queue the try; None where the numbers were refused, which the form then says."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    try:
        trial = try_thresholds(organization, form.changes(), by=request.user)
    except ValidationError as error:
        for name, texts in error.message_dict.items():
            form.add_error(name, " ".join(texts))
        return None
    transaction.on_commit(run_due_trials.delay, robust=True)
    return trial


@admin.register(ThresholdsVersion)
class ThresholdsVersionAdmin(OrganizationScopedAdmin):
    can_add = True
    when_empty = _("Every organisation is judged by the shipped numbers. Add a version to change.")
    list_display = ["version", "tenant", "user", "effective_at", "reason"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization", "user"]
    fields = [("version", "tenant", "base"), ("user", "effective_at", "parent"), "reason"]
    change_form_after_template = "admin/maturity/thresholdsversion/_changes.html"

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Choose whose numbers to change."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ChooseForm(request.POST or None)
        offer(form, "organization", editable_organizations(request).order_by("name"))

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            return redirect("admin:maturity_organization_thresholds", cleaned["organization"].pk)

        title = gettext("Change thresholds")
        return service_form_page(request, form, save, model=ThresholdsVersion, title=title)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        context = {"changes": [] if row is None else changes_of(row), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    @admin.display(description=_("Version"), ordering="number")
    def version(self, row: ThresholdsVersion) -> str:
        return row.version
