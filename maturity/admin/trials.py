"""Tries of changed thresholds: the history under both, and the way to switch them on."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import access_of
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin, labelled
from maturity.admin.evaluations import readable
from maturity.admin.service_form import service_form_page
from maturity.insights import CURRENT_THRESHOLDS
from maturity.insights.threshold_changes import numbers_of
from maturity.models import ThresholdsTrial, ThresholdsVersion, User
from maturity.selectors.thresholds import newest_thresholds, sourced
from maturity.selectors.trials import comparison_of
from maturity.services.thresholds import switch_trial_on

TRIAL_LOOK = {"done": "success", "failed": "danger", "waiting": "info"}


class SwitchOnForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=10_000,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Whoever looks at a verdict later reads it."),
    )
    seen = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


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
                "comparison": _comparison(trial),
                "may_switch_on": may_edit and trial.state == ThresholdsTrial.State.DONE,
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def switch_on_view(self, request: HttpRequest, trial_id: int) -> HttpResponse:
        """Judge by what was tried from now on. 404 for outsiders, 403 for viewers."""
        trial: ThresholdsTrial = get_object_or_404(self.get_queryset(request), pk=trial_id)
        by = request.user
        if not isinstance(by, User) or not access_of(request).may_edit(trial.organization_id):
            raise PermissionDenied
        newest = newest_thresholds(trial.organization)
        seen = 0 if newest is None else newest.number
        form = SwitchOnForm(request.POST or None, initial={"seen": seen})

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            row = switch_trial_on(trial, by=by, **cleaned)
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


def _comparison(trial: ThresholdsTrial) -> dict[str, Any] | None:
    """The try's answer, with the names that people read."""
    found = comparison_of(trial)
    if found is None:
        return None
    return {
        "months": found.months,
        "differing": [
            {"T": row.month, "name": readable(row.key), "before": row.before, "after": row.after}
            for row in found.differing
        ],
        "raised": [
            {"name": readable(row.key), "before": row.before, "after": row.after}
            for row in found.raised
        ],
    }
