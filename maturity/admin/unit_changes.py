"""Move, merge, split and close units from a day on, with a reason that stays on the record."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.service_form import DayInput, offer, service_form_page
from maturity.admin.unit_fields import UnitLabelField, UnitLabelsField, with_current_name
from maturity.models import Unit, User
from maturity.services.units import close_unit, merge_units, move_unit, split_unit

Save = Callable[[Unit, Mapping[str, Any], User | None], object]


class ChangeForm(forms.Form):
    """From which day on, and why."""

    on = forms.DateField(
        label=_("From"),
        widget=DayInput,
        help_text=_("What was true before stays on the record."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Unit.objects.filter(organization=unit.organization_id).exclude(pk=unit.pk)
        others = with_current_name(rows).order_by("name")
        for name, field in self.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                offer(self, name, others)

    field_order = ["parent", "into", "sources", "parts", "heir", "on", "reason"]


class MoveForm(ChangeForm):
    parent = UnitLabelField(
        label=_("Below"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=_("Nothing: it stands at the top"),
        widget=widgets.UnfoldAdminSelectWidget,
    )


class MergeForm(ChangeForm):
    into = UnitLabelField(
        label=_("Taken over by"),
        queryset=Unit.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
        help_text=_("Its units below and its people go there."),
    )
    sources = UnitLabelsField(
        label=_("Together with"),
        queryset=Unit.objects.none(),
        required=False,
        widget=widgets.UnfoldAdminSelectMultipleWidget,
        help_text=_("Other units that are merged into it on the same day."),
    )


class SplitForm(ChangeForm):
    parts = forms.CharField(
        label=_("New units"),
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("One a line: its key, a blank, its name."),
    )
    heir = forms.SlugField(
        label=_("Key of the heir"),
        widget=widgets.UnfoldAdminTextInputWidget,
        help_text=_("The new unit that gets the units below and the people, to begin with."),
    )

    def clean_parts(self) -> list[tuple[str, str]]:
        lines = [line.split(maxsplit=1) for line in self.cleaned_data["parts"].splitlines() if line]
        for number, line in enumerate(lines, start=1):
            if len(line) != 2:
                raise ValidationError(
                    _("Line %(number)s needs a key and a name."), params={"number": number}
                )
        return [(key, name) for key, name in lines]


def _move(unit: Unit, said: Mapping[str, Any], by: User | None) -> object:
    return move_unit(unit, parent=said["parent"], on=said["on"], reason=said["reason"], by=by)


def _merge(unit: Unit, said: Mapping[str, Any], by: User | None) -> object:
    sources = [unit, *said["sources"]]
    return merge_units(sources, into=said["into"], on=said["on"], reason=said["reason"], by=by)


def _split(unit: Unit, said: Mapping[str, Any], by: User | None) -> object:
    return split_unit(
        unit,
        parts=said["parts"],
        heir=said["heir"],
        on=said["on"],
        reason=said["reason"],
        by=by,
    )


def _close(unit: Unit, said: Mapping[str, Any], by: User | None) -> object:
    return close_unit(unit, on=said["on"], reason=said["reason"], by=by)


CHANGES: dict[str, tuple[Any, type[ChangeForm], Save]] = {
    "move": (_("Move"), MoveForm, _move),
    "merge": (_("Merge into another unit"), MergeForm, _merge),
    "split": (_("Split"), SplitForm, _split),
    "close": (_("Close"), ChangeForm, _close),
}


def change_page(request: HttpRequest, unit: Unit, kind: str) -> HttpResponse:
    """One change of one unit; the caller has looked who may make it."""
    title, form_class, change = CHANGES[kind]
    form = form_class(request.POST or None, unit=unit, initial={"on": timezone.localdate()})

    def save(cleaned: Mapping[str, Any]) -> HttpResponse:
        change(unit, cleaned, request.user if isinstance(request.user, User) else None)
        messages.success(request, gettext("Recorded."))
        return redirect("admin:maturity_unit_change", unit.pk)

    name = getattr(unit, "name", None) or unit.key
    return service_form_page(
        request, form, save, model=Unit, title=f"{title}: {name}", original=unit
    )
