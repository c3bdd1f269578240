"""Spreadsheets in and out: upload, look at what would happen, confirm; and exports."""

import io
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from unfold import widgets

from maturity.admin.access import access_of, editable_organizations
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin, labelled
from maturity.admin.service_form import offer, service_form_page
from maturity.admin.waiting import ShownUntilDone
from maturity.errors import DomainError
from maturity.exporters import TABLES, rows_of, write_csv, write_xlsx
from maturity.models import ImportJob, Organization, User
from maturity.services.import_jobs import (
    MAX_BYTES,
    confirm_import,
    options_of,
    queue_import,
    work_off,
)
from maturity.services.imports import formats
from maturity.sources import FORMATS, SHEETS

# Read while one waits; what is larger goes to the worker.
AT_ONCE_BYTES = 256 * 1024
STATE_LOOK = {
    "queued": "info",
    "running": "info",
    "checked": "warning",
    "stored": "success",
    "refused": "danger",
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def format_choices() -> list[tuple[Any, Any]]:
    sheets = [(name, name) for name in sorted(SHEETS)]
    signals = [(name, name) for name in sorted(FORMATS.keys() - SHEETS.keys())]
    others = [(name, name) for name in formats() if name not in FORMATS]
    return [
        (gettext("Record and roster"), sheets),
        (gettext("Signals"), signals),
        (gettext("Surveys that somebody else ran"), others),
    ]


class UploadForm(forms.Form):
    organization = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organization.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    format = forms.ChoiceField(
        label=_("Format"), choices=format_choices, widget=widgets.UnfoldAdminSelectWidget
    )
    file = forms.FileField(
        label=_("File"),
        widget=widgets.UnfoldAdminFileFieldWidget,
        help_text=_("CSV or an Excel workbook, with the names of the columns in the first row."),
    )

    groups = forms.ChoiceField(
        label=_("Groups of a survey"),
        required=False,
        choices=[
            ("", "–"),
            ("tree", _("Within one another")),
            ("tags", _("Overlapping")),
        ],
        widget=widgets.UnfoldAdminSelectWidget,
    )
    eligible = forms.FileField(
        label=_("How many people each group of a survey had"),
        required=False,
        widget=widgets.UnfoldAdminFileFieldWidget,
        help_text=_("CSV: round_key, group_key, eligible. Without it no response rate is known."),
    )
    mapping = forms.FileField(
        label=_("What the columns of a wide survey file mean"),
        required=False,
        widget=widgets.UnfoldAdminFileFieldWidget,
        help_text=_("YAML. Without it each row is one answer."),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            size = MAX_BYTES // 1024**2
            raise forms.ValidationError(
                _("The file is larger than %(size)s MB."), params={"size": size}
            )
        return file


def _columns_of(name: str) -> list[str]:
    """What the first row of a file of this format names, where the address names the format."""
    if name not in FORMATS:
        return []
    source = FORMATS[name]
    said = [
        gettext("%(format)s has the columns %(columns)s.")
        % {
            "format": name,
            "columns": ", ".join(source.names),
        }
    ]
    if spare := [column.name for column in source.columns if column.may_be_absent]:
        said.append(gettext("These may be left out: %(columns)s.") % {"columns": ", ".join(spare)})
    return said


@admin.register(ImportJob)
class ImportJobAdmin(ShownUntilDone, OrganizationScopedAdmin):
    shown_as = "job"
    editors_only = True
    can_add = True
    keeps_history = False
    when_empty = _("Nothing was uploaded yet.")
    list_display = ["created_at", "format", "file_name", "tenant", "how_far", "by"]
    list_filter = ["state", OrganizationFilter]
    list_select_related = ["organization", "by"]
    search_fields = ["file_name", "format"]
    list_before_template = "admin/maturity/importjob/_exports.html"
    fields = ["format", "file_name", "tenant", "state", "refusal", "size", "by", "created_at"]
    change_form_outer_before_template = "admin/maturity/importjob/_result.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("content")

    def get_urls(self) -> list[URLPattern]:
        own = self.admin_site.admin_view
        return [
            path(
                "<int:job_id>/confirm/",
                own(require_POST(self.confirm_view)),
                name="maturity_importjob_confirm",
            ),
            path(
                "export/<int:organization_id>/<slug:format_name>.<slug:suffix>",
                own(require_safe(export_view)),
                name="maturity_importjob_export",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        rows = editable_organizations(request).order_by("name")[:30]
        context = {"exportable": rows, "formats": sorted(TABLES), **(extra_context or {})}
        return super().changelist_view(request, context)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None, initial=request.GET.dict())
        organizations = editable_organizations(request).order_by("name")
        offer(form, "organization", organizations)
        if organizations.count() == 1:
            form.fields["organization"].initial = organizations.first()
        return service_form_page(
            request,
            form,
            lambda cleaned: _upload(request, cleaned),
            model=ImportJob,
            title=gettext("Import a spreadsheet"),
            intro=" ".join(
                [
                    gettext("First it is only checked: you see what would happen before it does."),
                    *_columns_of(request.GET.get("format", "")),
                ]
            ),
        )

    def confirm_view(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """Store what was checked. 404 for outsiders and viewers."""
        job = get_object_or_404(self.get_queryset(request), pk=job_id)
        try:
            confirm_import(job, by=_user(request))
        except DomainError as error:
            messages.error(request, str(error))
        else:
            _at_once(job)
        return redirect("admin:maturity_importjob_change", job.pk)

    @labelled(description=_("State"), ordering="state", looks=STATE_LOOK)
    def how_far(self, job: ImportJob) -> tuple[str, str]:
        return job.state, str(ImportJob.State(job.state).label)


def _upload(request: HttpRequest, cleaned: Mapping[str, Any]) -> HttpResponse:
    file = cleaned["file"]
    job = queue_import(
        cleaned["organization"],
        cleaned["format"],
        name=file.name,
        content=file.read(),
        by=_user(request),
        options=options_of(cleaned),
    )
    _at_once(job)
    return redirect("admin:maturity_importjob_change", job.pk)


def _at_once(job: ImportJob) -> None:
    if job.size <= AT_ONCE_BYTES:
        work_off(job.pk)


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def export_view(
    request: HttpRequest, organization_id: int, format_name: str, suffix: str
) -> HttpResponseBase:
    """A file that the import takes back. 404 for outsiders, 403 for viewers."""
    visible = Organization.objects.visible_to(request.user)
    organization = get_object_or_404(visible, pk=organization_id)
    if not access_of(request).may_edit(organization.pk):
        raise PermissionDenied
    if format_name not in TABLES or suffix not in {"csv", "xlsx"}:
        raise Http404
    names, rows = SHEETS[format_name].names, rows_of(organization, format_name)
    response: HttpResponseBase
    if suffix == "csv":
        response = StreamingHttpResponse(write_csv(names, rows), content_type="text/csv")
    else:
        file = io.BytesIO()
        write_xlsx(file, format_name, names, rows)
        response = HttpResponse(file.getvalue(), content_type=XLSX)
    name = f"{organization.slug}-{format_name}.{suffix}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
