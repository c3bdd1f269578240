"""Correct what is on the record: a new row with its reason beside the one it replaces."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import access_of, visible_organizations
from maturity.admin.record_sheet import record_address
from maturity.admin.service_form import DayInput, service_form_page
from maturity.forms import LEVELS, STATES, WebAddressField
from maturity.models import Assessment, Evidence, Score, User
from maturity.selectors import known_now
from maturity.services.corrections import correct_score, withdraw_score
from maturity.services.scores import LONGEST, NewScore

WITHDRAW = "withdraw"
CHOICES = [
    *((str(level), _("Level %(level)d") % {"level": level}) for level in LEVELS),
    *((state.value, state.label) for state in STATES),
    (WITHDRAW, _("Withdraw it: what it had followed counts again")),
]


class CorrectionForm(forms.Form):
    """What is true instead, since when, and why."""

    choice = forms.ChoiceField(
        label=_("What is true instead"), choices=CHOICES, widget=widgets.UnfoldAdminSelectWidget
    )
    valid_from = forms.DateField(label=_("True from"), widget=DayInput)
    reason = forms.CharField(
        label=_("Why it is corrected"),
        max_length=LONGEST,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("It stands on the record beside what it replaces."),
    )
    evidence_ref = WebAddressField(
        label=_("Evidence link"),
        required=False,
        max_length=500,
        assume_scheme="https",
        widget=widgets.UnfoldAdminURLInputWidget,
    )
    evidence_kind = forms.ChoiceField(
        label=pgettext_lazy("of evidence", "Kind"),
        required=False,
        choices=[("", "–"), *Evidence.Kind.choices],
        widget=widgets.UnfoldAdminSelectWidget,
    )
    evidence_date = forms.DateField(label=_("Observed on"), required=False, widget=DayInput)
    claim_reason = forms.CharField(
        label=_("Why higher than its checks"),
        required=False,
        max_length=LONGEST,
        widget=widgets.UnfoldAdminTextInputWidget,
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=LONGEST,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


def correction_page(request: HttpRequest, assessment_id: int, score_id: int) -> HttpResponse:
    """Show what is replaced, take what replaces it. 404 for outsiders, 403 for viewers."""
    scores = Score.objects.filter(organization__in=visible_organizations(request))
    score = get_object_or_404(
        scores.select_related("organization", "capability", "unit", "assessment"),
        pk=score_id,
        assessment=assessment_id,
    )
    if not access_of(request).may_edit(score.organization_id):
        raise PermissionDenied
    form = CorrectionForm(request.POST or None, initial=_as_it_is(score))

    def save(cleaned: Mapping[str, Any]) -> HttpResponse:
        by = request.user if isinstance(request.user, User) else None
        try:
            row = _correct(score, cleaned, by)
        except ValidationError as error:
            raise _beside_fields(error) from error
        today = timezone.localdate(timezone=score.organization.zone)
        now = known_now(score.organization)
        return redirect(record_address(row.organization, row.unit, today, now))

    return service_form_page(
        request,
        form,
        save,
        model=Assessment,
        original=score.assessment,
        title=gettext("Correct %(capability)s") % {"capability": score.capability},
        intro=_what_is_replaced(score),
    )


def _as_it_is(score: Score) -> dict[str, Any]:
    return {
        "choice": str(score.level or score.state),
        "valid_from": score.valid_from,
        "evidence_ref": score.evidence_ref,
        "evidence_kind": score.evidence_kind,
        "evidence_date": score.evidence_date,
        "claim_reason": score.claim_reason,
        "note": score.note,
    }


def _what_is_replaced(score: Score) -> str:
    said = score.get_state_display() if score.level is None else f"{score.level}"
    moment = timezone.localtime(score.recorded_at, score.organization.zone)
    words = {
        "said": said,
        "day": f"{score.valid_from:%Y-%m-%d}",
        "moment": f"{moment:%Y-%m-%d %H:%M}",
        "who": score.recorded_by or gettext("an import"),
    }
    return (
        gettext(
            "It replaces what %(who)s recorded on %(moment)s: %(said)s, true from %(day)s. "
            "That row stays as it is, and every page of an earlier moment goes on showing it."
        )
        % words
    )


def _correct(score: Score, cleaned: Mapping[str, Any], by: User | None) -> Score:
    if cleaned["choice"] == WITHDRAW:
        return withdraw_score(score, reason=cleaned["reason"], by=by)
    level = int(cleaned["choice"]) if cleaned["choice"].isdigit() else None
    new = NewScore(
        capability=score.capability,
        state=Score.State.ASSESSED if level else cleaned["choice"],
        level=level,
        evidence_kind=cleaned["evidence_kind"],
        evidence_ref=cleaned["evidence_ref"],
        evidence_date=cleaned["evidence_date"],
        note=cleaned["note"],
        claim_reason=cleaned["claim_reason"],
    )
    valid_from: date = cleaned["valid_from"]
    return correct_score(score, new, reason=cleaned["reason"], by=by, valid_from=valid_from)


def _beside_fields(error: ValidationError) -> ValidationError:
    """The record names the capability; here there is one, so its faults go to the choice."""
    if not hasattr(error, "error_dict"):
        return error
    named = {
        name if name in CorrectionForm.base_fields else "choice": messages
        for name, messages in error.message_dict.items()
    }
    return ValidationError(named)
