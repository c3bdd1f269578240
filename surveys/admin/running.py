"""What a lead does with a wave beside opening and closing it, each on a page with one form."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import access_of
from maturity.admin.base import OrganizationScopedAdmin
from maturity.admin.service_form import DayInput, service_form_page
from maturity.models import User
from surveys.models import FollowUp, Wave
from surveys.services.burden import wave_minutes
from surveys.services.extensions import extend_wave, extension_span
from surveys.services.follow_ups import publish_follow_up, save_follow_up
from surveys.services.mailings import resend_failed
from surveys.services.openings import what_stands_in_the_way
from surveys.services.waves import cancel_wave, override_follow_up

Act = Callable[[HttpRequest, Wave, Mapping[str, Any]], str]


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=300, widget=widgets.UnfoldAdminTextareaWidget
    )


class ExtensionForm(forms.Form):
    closes_on = forms.DateField(label=_("New last day"), widget=DayInput)


class FollowUpForm(forms.Form):
    heard = forms.CharField(
        label=_("What we heard"), max_length=4_000, widget=widgets.UnfoldAdminTextareaWidget
    )
    doing = forms.CharField(
        label=_("What we will do"), max_length=4_000, widget=widgets.UnfoldAdminTextareaWidget
    )
    publish = forms.BooleanField(
        label=_("Publish now, and mail it with the results to everybody who was asked"),
        help_text=_("What is published can no longer change."),
        required=False,
        widget=widgets.UnfoldBooleanWidget,
    )


class ResendForm(forms.Form):
    """Nothing to fill in: sending the form is the answer."""


class RunningAdmin(OrganizationScopedAdmin):
    """Call off, override, extend, follow up, send again; and how a planned wave stands."""

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "call-off": self.call_off_page,
            "override": self.override_page,
            "extend": self.extend_page,
            "follow-up": self.follow_up_page,
            "resend": self.resend_page,
        }
        return [
            *(
                path(
                    f"<int:wave_id>/{name}/",
                    self.admin_site.admin_view(page),
                    name=f"surveys_wave_{name.replace('-', '_')}",
                )
                for name, page in pages.items()
            ),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = dict(extra_context or {})
        if (wave := context.get("wave")) is not None:
            context["running"] = running_of(wave)
        return super().change_view(request, object_id, form_url, context)

    def call_off_page(self, request: HttpRequest, wave_id: int) -> HttpResponse:
        title = gettext("Do not hold this wave")
        intro = gettext("The reason stays on the wave's row.")
        return self._ask(request, wave_id, ReasonForm, _call_off, title=title, intro=intro)

    def override_page(self, request: HttpRequest, wave_id: int) -> HttpResponse:
        title = gettext("Open without “you said, we did”")
        intro = gettext("Everybody who is asked reads this reason before the questions.")
        return self._ask(request, wave_id, ReasonForm, _override, title=title, intro=intro)

    def extend_page(self, request: HttpRequest, wave_id: int) -> HttpResponse:
        wave = self._editable(request, wave_id)
        first, last = extension_span(wave)
        intro = gettext(
            "Once, from %(first)s to %(last)s at the latest. Everybody who was asked gets a mail."
        ) % {"first": first.isoformat(), "last": last.isoformat()}
        title = gettext("Let this wave close later")
        return self._ask(request, wave_id, ExtensionForm, _extend, title=title, intro=intro)

    def follow_up_page(self, request: HttpRequest, wave_id: int) -> HttpResponse:
        wave = self._editable(request, wave_id)
        note = FollowUp.objects.filter(wave=wave).first()
        initial = {"heard": note.heard, "doing": note.doing} if note else {}
        title = gettext("You said, we did")
        intro = gettext("Results that nobody hears of again are the last ones people give.")
        return self._ask(
            request, wave_id, FollowUpForm, _follow_up, title=title, intro=intro, initial=initial
        )

    def resend_page(self, request: HttpRequest, wave_id: int) -> HttpResponse:
        title = gettext("Send given-up mails again")
        intro = gettext("Their addresses are tried once more, as they stand on the roster now.")
        return self._ask(request, wave_id, ResendForm, _resend, title=title, intro=intro)

    def _ask(
        self,
        request: HttpRequest,
        wave_id: int,
        form_class: type[forms.Form],
        act: Act,
        *,
        title: str,
        intro: str,
        initial: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        wave = self._editable(request, wave_id)

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            messages.success(request, act(request, wave, cleaned))
            return redirect("admin:surveys_wave_change", wave.pk)

        form = form_class(request.POST or None, initial=dict(initial or {}))
        if request.method == "POST" and not form.fields:
            form = form_class({"sent": "1"})
        return service_form_page(
            request, form, save, model=Wave, title=title, intro=intro, original=wave
        )

    def _editable(self, request: HttpRequest, wave_id: int) -> Wave:
        waves = self.get_queryset(request).select_related("organization", "bank", "series")
        wave: Wave | None = waves.filter(pk=wave_id).first()
        if wave is None:
            raise Http404
        if not access_of(request).may_edit(wave.organization_id):
            raise PermissionDenied
        return wave


def running_of(wave: Wave) -> dict[str, Any]:
    """How a wave stands: what a planned one waits for, what a closed one still owes."""
    due_at = wave.due_at if wave.status == Wave.Status.DRAFT else None
    note: Model | None = None
    if wave.status == Wave.Status.CLOSED:
        note = FollowUp.objects.filter(wave=wave).select_related("author").first()
    return {
        "planned": due_at is not None,
        "in_the_way": what_stands_in_the_way(wave, now=due_at) if due_at else "",
        "may_extend": wave.status == Wave.Status.OPEN
        and wave.extended_from is None
        and wave.closes_at is not None
        and wave.closes_at > timezone.now(),
        "follow_up": note,
        "minutes": wave_minutes(wave),
    }


def _call_off(request: HttpRequest, wave: Wave, cleaned: Mapping[str, Any]) -> str:
    cancel_wave(wave, reason=cleaned["reason"])
    return gettext("This wave is not held.")


def _override(request: HttpRequest, wave: Wave, cleaned: Mapping[str, Any]) -> str:
    by = request.user if isinstance(request.user, User) else None
    override_follow_up(wave, reason=cleaned["reason"], by=by)
    return gettext("This wave may open; everybody who is asked reads the reason.")


def _extend(request: HttpRequest, wave: Wave, cleaned: Mapping[str, Any]) -> str:
    extended = extend_wave(wave, closes_on=cleaned["closes_on"])
    days = {"day": extended.closes_at and extended.closes_at.date().isoformat()}
    return gettext("Open until %(day)s; everybody who was asked is told.") % days


def _follow_up(request: HttpRequest, wave: Wave, cleaned: Mapping[str, Any]) -> str:
    by = request.user if isinstance(request.user, User) else None
    note = save_follow_up(wave, heard=cleaned["heard"], doing=cleaned["doing"], by=by)
    if not cleaned["publish"]:
        return gettext("Kept as a draft; nobody has been told yet.")
    publish_follow_up(note)
    return gettext("Published; everybody who was asked gets it by mail.")


def _resend(request: HttpRequest, wave: Wave, cleaned: Mapping[str, Any]) -> str:
    count = resend_failed(wave, now=timezone.now())
    text = ngettext("%(n)d mail is tried again.", "%(n)d mails are tried again.", count)
    return text % {"n": count}
