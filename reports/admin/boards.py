"""Board reports in the workplace: ask for one, fetch it, and choose how they look."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import formats, timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold import widgets

from maturity.admin.access import editable_organizations
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin, labelled
from maturity.admin.service_form import DayInput, offer_own, service_form_page
from maturity.admin.waiting import ShownUntilDone
from maturity.models import Organization, User
from reports.models import BoardReport, Brand
from reports.services.boards import file_of, request_board_report, set_brand

LOOKS = {"queued": "info", "ready": "success", "failed": "danger"}
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ReportForm(forms.Form):
    organization = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organization.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    as_of = forms.DateField(
        label=_("As of"),
        required=False,
        widget=DayInput,
        help_text=_("Without a day it is today."),
    )
    known_at = forms.DateTimeField(
        label=_("As known at"),
        required=False,
        widget=widgets.UnfoldAdminTextInputWidget,
        help_text=_("Without a moment it is now. The report keeps what was known then."),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=settings.LANGUAGES,
        initial=get_language,
        widget=widgets.UnfoldAdminSelectWidget,
    )


class BrandForm(forms.Form):
    organization = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organization.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    colour = forms.CharField(
        label=_("Colour"),
        max_length=7,
        widget=widgets.UnfoldAdminTextInputWidget,
        help_text=_("As #rrggbb; dark enough to be read on white."),
    )
    logo = forms.FileField(
        label=_("Logo"),
        required=False,
        widget=widgets.UnfoldAdminFileFieldWidget,
        help_text=_("PNG or JPEG, at most 200 kB. Without a file there is none."),
    )


@admin.register(BoardReport)
class BoardReportAdmin(ShownUntilDone, OrganizationScopedAdmin):
    shown_as = "report"
    can_add = True
    keeps_history = False
    when_empty = _("No board report was made yet.")
    list_display = ["asked_for", "tenant", "as_of", "how_far", "by"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization", "by"]
    fields = ["tenant", "as_of", "known_then", "state", "failure", "digest", "by", "asked_for"]
    change_form_outer_before_template = "admin/reports/boardreport/_files.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("pdf", "logo", "snapshot")

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "<int:report_id>/file.<slug:suffix>",
                self.admin_site.admin_view(require_safe(self.file_view)),
                name="reports_boardreport_file",
            ),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ReportForm(request.POST or None, initial=request.GET.dict())
        offer_own(form, editable_organizations(request))
        return service_form_page(
            request,
            form,
            partial(_ask_for, request),
            model=BoardReport,
            title=gettext("Make a board report"),
            intro=gettext("One to two pages: profile, pitfalls, benefits, and what PMs say."),
        )

    def file_view(self, request: HttpRequest, report_id: int, suffix: str) -> HttpResponseBase:
        """The report as a file. 404 for outsiders, and for a PDF that is not made yet."""
        report = get_object_or_404(super().get_queryset(request), pk=report_id)
        content = file_of(report, suffix)
        if content is None:
            raise Http404
        kind = MEDIA_TYPES[suffix]
        response: HttpResponseBase = (
            HttpResponse(content, content_type=kind)
            if isinstance(content, bytes)
            else StreamingHttpResponse(content, content_type=kind)
        )
        name = f'attachment; filename="{report.file_name}.{suffix}"'
        response.headers["Content-Disposition"] = name
        return response

    @admin.display(description=_("As known at"), ordering="known_at")
    def known_then(self, report: BoardReport) -> str:
        return _moment(report, report.known_at)

    @admin.display(description=_("asked for"), ordering="created_at")
    def asked_for(self, report: BoardReport) -> str:
        return _moment(report, report.created_at)

    @labelled(description=_("State"), ordering="state", looks=LOOKS)
    def how_far(self, report: BoardReport) -> tuple[str, str]:
        return report.state, str(BoardReport.State(report.state).label)


@admin.register(Brand)
class BrandAdmin(OrganizationScopedAdmin):
    can_add = True
    when_empty = _("Reports are in the house's colour, without a logo.")
    list_display = ["tenant", "colour", "has_logo"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization"]
    fields = ["tenant", "colour", "has_logo"]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = BrandForm(request.POST or None, request.FILES or None, initial=request.GET.dict())
        offer_own(form, editable_organizations(request))
        return service_form_page(
            request,
            form,
            _choose,
            model=Brand,
            title=gettext("Choose how reports look"),
            intro=gettext("For reports from now on; those that were made stay as they are."),
        )

    @admin.display(description=_("logo"), boolean=True)
    def has_logo(self, brand: Brand) -> bool:
        return brand.logo is not None


def _ask_for(request: HttpRequest, cleaned: Mapping[str, Any]) -> HttpResponse:
    """Freeze it now; the next worker that looks for reports renders it."""
    user = request.user if isinstance(request.user, User) else None
    report = request_board_report(
        cleaned["organization"],
        by=user,
        as_of=cleaned["as_of"],
        known_at=cleaned["known_at"],
        language=cleaned["language"] or get_language() or "en",
    )
    return redirect("admin:reports_boardreport_change", report.pk)


def _moment(report: BoardReport, at: datetime) -> str:
    """By the organisation's clock, which the report itself goes by, and which clock that is."""
    return formats.date_format(timezone.localtime(at, report.organization.zone), "MOMENT_FORMAT")


def _choose(cleaned: Mapping[str, Any]) -> HttpResponse:
    logo = cleaned["logo"]
    set_brand(
        cleaned["organization"],
        colour=cleaned["colour"],
        logo=logo.read() if logo else None,
    )
    return redirect("admin:reports_brand_changelist")
