"""What people fill in: the score sheet of one organisation or unit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from maturity.forms.drafts import checks_of, shared_evidence_of
from maturity.forms.scope import MAX_NOTE, ScopeForm
from maturity.models import Capability, Evidence, Organization, Score
from maturity.rubrics.checks import proposed_level
from maturity.selectors import unit_tree
from maturity.services.assessments import NewScore

LEVELS = range(1, 6)
STATES = (Score.State.NOT_ASSESSED, Score.State.UNKNOWN, Score.State.NOT_APPLICABLE)
ANSWERS = (*(str(level) for level in LEVELS), *(state.value for state in STATES))


class WebAddressField(forms.URLField):
    """A link that a browser opens as a page: no scripts, no other schemes."""

    default_validators = [URLValidator(schemes=["http", "https"])]


class ScoreForm(forms.Form):
    """One capability: a level, or the reason for none, with what proves it."""

    choice = forms.ChoiceField(choices=[(answer, answer) for answer in ANSWERS], required=False)
    claim_reason = forms.CharField(
        label=_("Why higher than its checks"), required=False, max_length=MAX_NOTE
    )
    exempt_until = forms.DateField(
        label=_("Leave out until"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    confirmed = forms.BooleanField(label=_("Confirm as it was"), required=False)
    evidence_ref = WebAddressField(
        label=_("Evidence link"),
        required=False,
        max_length=500,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        error_messages={"invalid": _("This is not a web address: https://wiki.example.org/page")},
    )
    evidence_kind = forms.ChoiceField(
        label=pgettext_lazy("of evidence", "Kind"),
        required=False,
        choices=[("", "–"), *Score.EvidenceKind.choices],
    )
    evidence_date = forms.DateField(
        label=_("Observed on"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=MAX_NOTE,
        widget=forms.Textarea(attrs={"rows": 1}),
    )

    def __init__(
        self,
        data: Mapping[str, str] | None,
        *,
        capability: Capability,
        today: date,
        given: Mapping[str, str],
        initial: Mapping[str, str],
    ) -> None:
        """`given` is the whole sheet as it was sent, checked or not."""
        super().__init__(data, prefix=capability.key, initial=dict(initial))
        self.capability = capability
        self.today = today
        self.checks = checks_of(given, capability)
        self.shared = shared_evidence_of(given, capability.key)
        name = {"name": capability.name}
        self.fields["choice"].error_messages |= {
            "invalid_choice": gettext("%(name)s: a level is 1 to 5.") % name,
        }
        self.no_choice = gettext("%(name)s: choose a level, or the reason for none.") % name
        self.fields["evidence_date"].widget.attrs["max"] = today.isoformat()

    def clean_evidence_date(self) -> date | None:
        day: date | None = self.cleaned_data["evidence_date"]
        if day is not None and day > self.today:
            raise ValidationError(_("This day lies in the future."))
        return day

    def clean_choice(self) -> str:
        """Whoever ticked checks and chose no level means the one that they propose."""
        choice: str = self.cleaned_data["choice"] or str(self.proposed or "")
        if not choice:
            raise ValidationError(self.no_choice, code="required")
        return choice

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("choice") == Score.State.NOT_APPLICABLE and cleaned.get("note") == "":
            self.add_error("note", _("Say why this does not apply here."))
        return cleaned

    @property
    def chosen(self) -> str:
        """What is ticked now: a level, a state, or nothing."""
        value = self["choice"].value()
        return value if value in ANSWERS else ""

    @property
    def proposed(self) -> int | None:
        """The level that the ticked checks propose; None where none is ticked."""
        if not self.checks:
            return None
        levels = self.capability.levels.all()
        return proposed_level(self.checks, {each.level: len(each.checks) for each in levels})

    def new_score(self, evidence: Mapping[int, Evidence]) -> NewScore:
        """What was chosen; `evidence` holds the organisation's shared pieces by id."""
        cleaned = self.cleaned_data
        level = int(cleaned["choice"]) if cleaned["choice"].isdigit() else None
        return NewScore(
            capability=self.capability,
            state=Score.State.ASSESSED if level else cleaned["choice"],
            level=level,
            evidence_kind=cleaned["evidence_kind"],
            evidence_ref=cleaned["evidence_ref"],
            evidence_date=cleaned["evidence_date"],
            note=cleaned["note"],
            checks=self.checks,
            claim_reason=cleaned["claim_reason"],
            evidence=[evidence[pk] for pk in self.shared if pk in evidence],
            exempt_until=cleaned["exempt_until"],
        )


@dataclass(frozen=True)
class Fault:
    """Something to put right: the field's id, what it belongs to, and why."""

    field_id: str
    subject: str
    message: str


class ScoreSheetForm:
    """A whole assessment: its scope and one row per capability of the rubric, in its order."""

    def __init__(
        self,
        organization: Organization,
        capabilities: Sequence[Capability],
        *,
        today: date,
        data: Mapping[str, str] | None = None,
        typed: Mapping[str, str] | None = None,
    ) -> None:
        """`data` is to be checked and saved; `typed` is only shown again, unchecked."""
        given = data if data is not None else typed or {}
        self.as_of = min(_day(given.get("valid_from")) or today, today)
        self.units = unit_tree(organization, as_of=self.as_of)
        start = {"valid_from": today.isoformat(), **given}
        self.scope = ScopeForm(data, today=today, units=self.units, initial=start)
        self.rows = [
            ScoreForm(
                data,
                capability=capability,
                today=today,
                given=given,
                initial=_of_row(given, capability),
            )
            for capability in capabilities
        ]

    @property
    def unit_id(self) -> int | None:
        """The unit that is chosen now, if it stands on the sheet's day."""
        chosen = str(self.scope["unit"].value() or "")
        return next((node.unit_id for node in self.units if str(node.unit_id) == chosen), None)

    @property
    def lost_unit(self) -> bool:
        """Whether a unit was chosen that does not stand on the sheet's day."""
        return bool(self.scope["unit"].value()) and self.unit_id is None

    def is_valid(self) -> bool:
        """Check everything, so that every fault is shown at once."""
        return all([self.scope.is_valid(), *(row.is_valid() for row in self.rows)])

    @property
    def unanswered(self) -> list[Capability]:
        """The capabilities that were sent without any choice."""
        return [row.capability for row in self.rows if row.has_error("choice", "required")]

    def faults(self) -> Iterator[Fault]:
        """Everything but a missing choice, in the order of the page; none before a check."""
        if not self.scope.is_bound:
            return
        for name, errors in self.scope.errors.items():
            field = self.scope[name] if name in self.scope.fields else None
            subject = "" if field is None else str(field.label)
            yield Fault(field.auto_id if field else "", subject, " ".join(map(str, errors)))
        for row in self.rows:
            for name, errors in row.errors.items():
                if not row.has_error(name, "required"):
                    message = " ".join(map(str, errors))
                    yield Fault(row[name].auto_id, row.capability.name, message)

    def focus_first_fault(self) -> str:
        """Let the first faulty field take the focus; the capability's key if it is a choice."""
        forms_in_order: list[ScopeForm | ScoreForm] = [self.scope, *self.rows]
        faulty = [
            (form, name)
            for form in forms_in_order
            if form.is_bound
            for name in form.fields
            if form.has_error(name)
        ]
        if not faulty:
            return ""
        form, name = faulty[0]
        form.fields[name].widget.attrs["autofocus"] = True
        return form.capability.key if isinstance(form, ScoreForm) and name == "choice" else ""

    def refuse(self, error: ValidationError) -> None:
        """Show what the record refused beside the fields it is about."""
        rows = {row.capability.key: row for row in self.rows}
        faults = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, messages in faults.items():
            text = " ".join(messages)
            if name in rows:
                rows[name].add_error("choice", f"{rows[name].capability}: {text}")
            else:
                self.scope.add_error(name if name in self.scope.fields else None, text)


def with_the_rest(
    typed: Mapping[str, str], capabilities: Sequence[Capability], state: Score.State
) -> dict[str, str]:
    """What was typed, with every capability that has no choice set to `state`."""
    names = [f"{capability.key}-choice" for capability in capabilities]
    return {**typed, **{name: state.value for name in names if not typed.get(name)}}


def _of_row(given: Mapping[str, str], capability: Capability) -> dict[str, str]:
    names = ScoreForm.base_fields
    return {name: given.get(f"{capability.key}-{name}", "") for name in names}


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None
