"""Outside surveys for everybody of an organisation: what they released, nothing else."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin
from surveys.models import OutsideWave
from surveys.selectors import outside_trends, released_outside


@admin.register(OutsideWave)
class OutsideWaveAdmin(OrganizationScopedAdmin):
    list_display = ["key", "organization", "shape", "imported_at", "results_link"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization"]
    search_fields = ["key"]
    fields = ["key", "organization", "shape", "k", "imported_at", "answers_kept_until"]
    when_empty = _(
        "No outside survey yet. Upload one under Uploads, with the format survey_responses."
    )

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.results)
        name = "surveys_outsidewave_results"
        return [path("<int:wave_id>/results/", page, name=name), *super().get_urls()]

    def results(self, request: HttpRequest, wave_id: int) -> HttpResponse:
        """What an outside wave released, and how its items moved."""
        wave = self.get_queryset(request).select_related("organization").filter(pk=wave_id).first()
        released = None if wave is None else released_outside(wave)
        if wave is None or released is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "opts": OutsideWave._meta,
            "original": wave,
            "title": gettext("Results"),
            "released": released,
            "trends": outside_trends(wave.organization),
        }
        return render(request, "surveys/admin/outside.html", context)

    @admin.display(description=_("Results"))
    def results_link(self, wave: Any) -> SafeString:
        url = reverse("admin:surveys_outsidewave_results", args=[wave.pk])
        return format_html('<a class="text-link" href="{}">{}</a>', url, gettext("Results"))
