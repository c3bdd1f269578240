"""Open a closed wave again: the page of a lead who promised more time too late."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from maturity.admin.base import OrganizationScopedAdmin
from maturity.admin.service_form import DayInput, service_form_page
from surveys.models import Wave
from surveys.services.reopening import reopen_wave
from surveys.tasks import send_due_messages


class ReopenForm(forms.Form):
    closes_on = forms.DateField(label=_("New last day"), widget=DayInput)


class ReopeningPage(OrganizationScopedAdmin):
    """The page "open again"; the wave's own admin says who may see and change it."""

    _editable_wave: Callable[[HttpRequest, int], Wave]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.reopen_page)
        name = "surveys_wave_reopen"
        return [path("<int:wave_id>/reopen/", page, name=name), *super().get_urls()]

    def reopen_page(self, request: HttpRequest, wave_id: int) -> HttpResponse:
        """Say what opening again means; do it on POST."""
        wave = self._editable_wave(request, wave_id)

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            reopen_wave(wave, closes_on=cleaned["closes_on"])
            transaction.on_commit(send_due_messages.delay, robust=True)
            messages.success(request, gettext("Open again. Everybody gets a new link."))
            return redirect("admin:surveys_wave_change", wave.pk)

        return service_form_page(
            request,
            ReopenForm(request.POST or None),
            save,
            model=Wave,
            title=gettext("Open this wave again?"),
            intro=gettext(
                "Everybody who was asked gets a new link; who has answered is not asked twice. What"
                " is released stays. A second version is published only if at least %(k)d more"
                " people answer, and its groups only where nobody new could be told apart."
            )
            % {"k": wave.k},
            original=wave,
        )
