"""What a lead does with a finding: each decision is a small form whose answer goes to a service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import access_of
from maturity.admin.base import OrganizationScopedAdmin
from maturity.admin.service_form import DayInput, offer, service_form_page
from maturity.models import Finding, User
from maturity.services import lifecycle

MAX_TEXT = 10_000
State = Finding.State


class SeenForm(forms.Form):
    """Every decision says upon which version of the finding it was taken."""

    seen = forms.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput
    )


class ReasonForm(SeenForm):
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=MAX_TEXT,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class DismissForm(ReasonForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = True
        self.fields["reason"].help_text = _("Everybody who looks here later reads it.")


class SnoozeForm(ReasonForm):
    last_day = forms.DateField(
        label=_("Until the end of"),
        widget=DayInput,
        help_text=_("Then it comes back by itself."),
    )
    field_order = ["last_day", "reason"]

    def clean_last_day(self) -> date:
        day: date = self.cleaned_data["last_day"]
        if day > timezone.localdate() + lifecycle.LONGEST_SNOOZE:
            raise ValidationError(_("At most a year from now; dismiss what is no problem here."))
        return day


class AssignForm(SeenForm):
    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Nobody"),
        widget=widgets.UnfoldAdminSelectWidget,
    )


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("Note"),
        max_length=MAX_TEXT,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


@dataclass(frozen=True)
class Decision:
    """One thing a lead can decide: its form, the service it goes to, and from which states."""

    name: str
    label: Any
    intro: Any
    form: type[forms.Form]
    service: Callable[..., object]
    offered: frozenset[str]
    look: str = ""


_STANDING = frozenset(State.values) - {State.RESOLVED}
DECISIONS = (
    Decision(
        "acknowledge",
        _("Acknowledge"),
        _("You say that somebody is on it."),
        ReasonForm,
        lifecycle.acknowledge_finding,
        frozenset({State.OPEN}),
        "wp-button-main",
    ),
    Decision(
        "snooze",
        _("Snooze"),
        _("It is put aside until a day, then it comes back by itself."),
        SnoozeForm,
        lifecycle.snooze_finding,
        _STANDING - {State.DISMISSED},
    ),
    Decision(
        "dismiss",
        _("Dismiss"),
        _("It is no problem here. It reopens on new evidence alone: a higher severity, or a test "
          "that was breached nowhere before. Another month of the same is not new."),
        DismissForm,
        lifecycle.dismiss_finding,
        _STANDING - {State.DISMISSED},
    ),
    Decision(
        "reopen",
        _("Reopen"),
        _("You take back what was decided about it."),
        ReasonForm,
        lifecycle.reopen_finding,
        _STANDING - {State.OPEN},
    ),
    Decision(
        "assign",
        _("Assign"),
        _("You say whose it is."),
        AssignForm,
        lifecycle.assign_finding,
        _STANDING,
    ),
)  # fmt: skip


def offered_for(finding: Finding) -> list[dict[str, Any]]:
    """The decisions that this finding's state allows, for its page."""
    return [
        {
            "label": decision.label,
            "look": decision.look,
            "url": reverse(f"admin:maturity_finding_{decision.name}", args=[finding.pk]),
        }
        for decision in DECISIONS
        if finding.state in decision.offered
    ]


def action_urls(model_admin: OrganizationScopedAdmin) -> list[URLPattern]:
    """Addresses of the decisions and of the discussion. 404 for outsiders, 403 for viewers."""
    views = {
        **{each.name: partial(_decide, model_admin, each) for each in DECISIONS},
        "note": partial(_write_note, model_admin),
    }
    return [
        path(
            f"<int:finding_id>/{name}/",
            model_admin.admin_site.admin_view(view),
            name=f"maturity_finding_{name}",
        )
        for name, view in views.items()
    ]


def _decide(
    model_admin: OrganizationScopedAdmin, decision: Decision, request: HttpRequest, finding_id: int
) -> HttpResponse:
    finding = _editable(model_admin, request, finding_id)
    initial = {"seen": finding.version, "owner": finding.owner_id}
    form = decision.form(request.POST or None, initial=initial)
    if "owner" in form.fields:
        offer(form, "owner", _members(finding))

    def save(cleaned: Mapping[str, Any]) -> HttpResponse:
        arguments = dict(cleaned)
        if "last_day" in arguments:
            arguments["until"] = _end_of(arguments.pop("last_day"), finding)
        decision.service(finding, by=request.user, **arguments)
        messages.success(request, gettext("Kept."))
        return redirect("admin:maturity_finding_change", finding.pk)

    return service_form_page(
        request,
        form,
        save,
        model=Finding,
        title=str(decision.label),
        intro=str(decision.intro),
        original=finding,
    )


def _write_note(
    model_admin: OrganizationScopedAdmin, request: HttpRequest, finding_id: int
) -> HttpResponse:
    finding = _editable(model_admin, request, finding_id)

    def save(cleaned: Mapping[str, Any]) -> HttpResponse:
        lifecycle.add_note(finding, text=cleaned["text"], by=_user(request))
        return redirect("admin:maturity_finding_change", finding.pk)

    form = NoteForm(request.POST or None)
    title = gettext("Write a note")
    return service_form_page(request, form, save, model=Finding, title=title, original=finding)


def _editable(
    model_admin: OrganizationScopedAdmin, request: HttpRequest, finding_id: int
) -> Finding:
    finding: Finding = get_object_or_404(model_admin.get_queryset(request), pk=finding_id)
    if not access_of(request).may_edit(finding.organization_id):
        raise PermissionDenied
    return finding


def _members(finding: Finding) -> Any:
    members = User.objects.filter(memberships__organization=finding.organization_id)
    return members.filter(is_active=True).order_by("name", "email")


def _end_of(day: date, finding: Finding) -> datetime:
    """The end of a day in the organisation's zone."""
    return datetime.combine(day + timedelta(days=1), time.min, finding.organization.zone)


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
