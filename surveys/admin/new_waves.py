"""What a lead says of a wave before it is drafted."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.service_form import DayInput
from maturity.models import Organization
from surveys.models import Wave


class NewWaveForm(forms.Form):
    organization = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organization.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    title = forms.CharField(
        label=_("Title"),
        max_length=120,
        help_text=_("What people read above the questions, such as “Spring pulse 2026”."),
        widget=widgets.UnfoldAdminTextInputWidget,
    )
    instrument = forms.ChoiceField(
        label=_("Instrument"),
        choices=Wave.Instrument.choices,
        widget=widgets.UnfoldAdminSelectWidget,
    )
    closes_on = forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("The survey closes at the end of this day. Empty: the tenth working day."),
        widget=DayInput,
    )

    def __init__(
        self, data: Any, *, organizations: QuerySet[Organization], initial: dict[str, str]
    ) -> None:
        super().__init__(data, initial=initial)
        choice = self.fields["organization"]
        if isinstance(choice, forms.ModelChoiceField):
            choice.queryset = organizations
        choice.initial = organizations.first()
