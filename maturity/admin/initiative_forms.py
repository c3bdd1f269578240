"""What a lead fills in about an initiative."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.evaluations import readable
from maturity.admin.service_form import DayInput
from maturity.models import Capability, Finding, Organization, Unit, User
from maturity.selectors.initiatives import metrics_of
from maturity.services.initiatives import PROMISED


def capability_choices() -> list[tuple[str, str]]:
    rows = Capability.objects.order_by("key").values_list("key", "name").distinct()
    return list(dict(rows).items())


def metric_choices() -> list[tuple[str, str]]:
    return [("", "–"), *((name, readable(name.replace(".", ": "))) for name in metrics_of())]


class FindingsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Finding) -> str:
        return f"{readable(obj.key)} ({obj.organization}, {obj.opened_on})"


class PlanForm(forms.Form):
    organization = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organization.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    title = forms.CharField(
        label=_("Title"), max_length=200, widget=widgets.UnfoldAdminTextInputWidget
    )
    description = forms.CharField(
        label=_("What is done"),
        required=False,
        max_length=10_000,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    unit = forms.ModelChoiceField(
        label=_("Unit"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=_("The whole organisation"),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Nobody"),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    start_on = forms.DateField(label=_("Start"), widget=DayInput)
    due_on = forms.DateField(label=_("Due"), widget=DayInput)
    findings = FindingsField(
        label=_("Findings"),
        queryset=Finding.objects.none(),
        required=False,
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget,
    )
    capabilities = forms.MultipleChoiceField(
        label=_("Capabilities"),
        choices=capability_choices,
        required=False,
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget,
    )
    metric = forms.ChoiceField(
        label=_("Benefit metric"),
        choices=metric_choices,
        required=False,
        widget=widgets.UnfoldAdminSelectWidget,
    )
    predicted_change = forms.FloatField(
        label=_("Predicted change"),
        required=False,
        localize=True,
        widget=widgets.UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        help_text=_("In the metric's own unit, with its sign. It is frozen when the work starts."),
    )


class ReplanForm(PlanForm):
    """What is changed of a plan: all but its organisation, or what is not frozen by the start."""

    due_reason = forms.CharField(
        label=_("Why its last day moves"),
        required=False,
        max_length=10_000,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("Needed where the last day changes; the history keeps it."),
    )
    seen = forms.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, started: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["organization"]
        if not started:
            del self.fields["due_reason"]
        for name in PROMISED if started else ():
            del self.fields[name]


class NoteForm(forms.Form):
    note = forms.CharField(
        label=_("What came out"),
        required=False,
        max_length=10_000,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    seen = forms.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput
    )


class StartForm(NoteForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["note"]
