"""What a sheet is about: the organisation or one unit, since which day."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from maturity.selectors import UnitNode

MAX_NOTE = 2_000
# Before anything was recorded: whatever is there by the time of saving came in between.
NOTHING_SEEN = datetime.fromtimestamp(0, UTC)


class ScopeForm(forms.Form):
    """What a sheet is about: the organisation or one unit, since which day."""

    unit = forms.TypedChoiceField(label=_("Scope"), required=False, coerce=int, empty_value=None)
    valid_from = forms.DateField(
        label=_("True from"),
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Say since when these levels are true.")},
    )
    note = forms.CharField(
        label=_("Note on this assessment"),
        required=False,
        max_length=MAX_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, str] | None,
        *,
        today: date,
        units: Sequence[UnitNode],
        initial: Mapping[str, str],
    ) -> None:
        super().__init__(data, initial=dict(initial))
        self.today = today
        field = cast("forms.TypedChoiceField", self.fields["unit"])
        field.choices = [("", _("The whole organisation")), *_indented(units)]
        field.error_messages["invalid_choice"] = _("This unit does not exist on that day.")
        self.fields["valid_from"].widget.attrs["max"] = today.isoformat()

    def clean_valid_from(self) -> date:
        day: date = self.cleaned_data["valid_from"]
        if day > self.today:
            raise ValidationError(_("This day lies in the future."))
        return day

    def clean_seen(self) -> datetime:
        return moment_seen(self.cleaned_data["seen"])


def moment_seen(text: str | None) -> datetime:
    """The newest moment a sheet showed; whatever cannot be read counts as nothing seen."""
    try:
        moment = datetime.fromisoformat(text or "")
        return NOTHING_SEEN if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return NOTHING_SEEN


def _indented(units: Sequence[UnitNode]) -> list[tuple[int, str]]:
    """The tree as a flat list of (id, name), children under their parents."""
    known = {node.unit_id for node in units}
    children: dict[int | None, list[UnitNode]] = {}
    for node in units:
        children.setdefault(node.parent_id if node.parent_id in known else None, []).append(node)
    flat: list[tuple[int, str]] = []
    open_nodes = [(node, 0) for node in reversed(children.get(None, []))]
    while open_nodes:
        node, depth = open_nodes.pop()
        flat.append((node.unit_id, "   " * depth + node.name))
        open_nodes += [(child, depth + 1) for child in reversed(children.get(node.unit_id, []))]
    return flat
