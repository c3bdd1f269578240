"""Thresholds: the numbers in force with their sources; changed, tried, and switched on."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import access_of, editable_organizations, visible_organizations
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin, labelled
from maturity.admin.evaluations import readable
from maturity.admin.service_form import offer, service_form_page
from maturity.errors import DomainError, Stale
from maturity.insights import CURRENT_THRESHOLDS
from maturity.insights.threshold_changes import Number, Sourced, numbers_of
from maturity.models import Organization, ThresholdsTrial, ThresholdsVersion, User
from maturity.selectors.thresholds import newest_thresholds, sourced, thresholds_of
from maturity.services.thresholds import switch_on, try_thresholds
from maturity.tasks import run_due_trials

OWN_SOURCE = "[C] set by this organisation"
TRIAL_LOOK = {"done": "success", "failed": "danger", "waiting": "info"}


class ChooseForm(forms.Form):
    organization = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organization.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
    )


class SwitchOnForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=10_000,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Whoever looks at a verdict later reads it."),
    )
    seen = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


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


@admin.register(ThresholdsTrial)
class ThresholdsTrialAdmin(OrganizationScopedAdmin):
    when_empty = _("Nothing was tried yet. Change a number under Thresholds.")
    list_display = ["created_at", "tenant", "user", "state_name", "progress"]
    list_filter = ["state", OrganizationFilter]
    list_select_related = ["organization", "user"]
    fields = [("created_at", "tenant", "user"), ("state", "progress", "before")]
    change_form_outer_after_template = "admin/maturity/thresholdstrial/_result.html"

    def get_urls(self) -> list[URLPattern]:
        switch = path(
            "<int:trial_id>/switch-on/",
            self.admin_site.admin_view(self.switch_on_view),
            name="maturity_thresholdstrial_switch_on",
        )
        return [switch, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        trial = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = {}
        if trial is not None:
            may_edit = access_of(request).may_edit(trial.organization_id)
            context = {
                "trial": trial,
                "changes": changes_of(trial),
                "comparison": comparison_of(trial),
                "may_switch_on": may_edit and trial.state == ThresholdsTrial.State.DONE,
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def switch_on_view(self, request: HttpRequest, trial_id: int) -> HttpResponse:
        """Judge by what was tried from now on. 404 for outsiders, 403 for viewers."""
        trial: ThresholdsTrial = get_object_or_404(self.get_queryset(request), pk=trial_id)
        if not access_of(request).may_edit(trial.organization_id):
            raise PermissionDenied
        newest = newest_thresholds(trial.organization)
        seen = 0 if newest is None else newest.number
        form = SwitchOnForm(request.POST or None, initial={"seen": seen})

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            row = _switch_on(trial, by=request.user, **cleaned)
            messages.success(request, gettext("%(version)s is in force.") % {"version": row})
            return redirect("admin:maturity_thresholdsversion_change", row.pk)

        return service_form_page(
            request,
            form,
            save,
            model=ThresholdsTrial,
            title=gettext("Switch these thresholds on"),
            intro=gettext(
                "The next evaluation judges by them. It starts a new series: what was latched "
                "under the old numbers is not carried over. Old verdicts keep their version."
            ),
            original=trial,
        )

    @labelled(description=_("State"), ordering="state", looks=TRIAL_LOOK)
    def state_name(self, trial: ThresholdsTrial) -> tuple[str, str]:
        return trial.state, trial.get_state_display()

    @admin.display(description=_("Months"))
    def progress(self, trial: ThresholdsTrial) -> str:
        return f"{trial.months_done} / {trial.months_total or '–'}"


def changes_of(row: ThresholdsVersion | ThresholdsTrial) -> list[dict[str, Any]]:
    """What differs from the shipped numbers, in words."""
    shipped = numbers_of(CURRENT_THRESHOLDS)
    return [
        {
            "name": readable(name.replace(".", ": ")),
            "value": change.value,
            "source": change.source,
            "shipped": shipped.get(name),
        }
        for name, change in sourced(row.changes).items()
    ]


def comparison_of(trial: ThresholdsTrial) -> dict[str, Any] | None:
    """The try's answer: which months read otherwise, and how often each pitfall stood raised."""
    if trial.result is None:
        return None
    months = trial.result["months"]
    differing = [
        {"T": month["T"], "name": readable(check.partition(".")[2]), "before": old, "after": new}
        for month in months
        for check, (old, new) in month["states"].items()
        if old != new
    ]
    raised: dict[str, list[Counter[bool]]] = {}
    for month in months:
        for check, states in month["states"].items():
            if check.startswith("pitfall."):
                counts = raised.setdefault(check.partition(".")[2], [Counter(), Counter()])
                for count, state in zip(counts, states, strict=True):
                    count[state.startswith("raised")] += 1
    return {
        "months": len(months),
        "differing": differing,
        "raised": [
            {"name": readable(key), "before": old[True], "after": new[True]}
            for key, (old, new) in raised.items()
        ],
    }


def _switch_on(trial: ThresholdsTrial, *, by: Any, reason: str, seen: int) -> ThresholdsVersion:
    if trial.base != CURRENT_THRESHOLDS.version:
        raise Stale(gettext("The shipped numbers changed since this try. Try again first."))
    if trial.state != ThresholdsTrial.State.DONE:
        raise DomainError(gettext("The try is not finished."))
    changes = sourced(trial.changes)
    return switch_on(trial.organization, changes, reason=reason, by=by, seen=seen)
