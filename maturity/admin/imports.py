"""What was imported, and which rows were set aside with which reason."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from maturity.admin.access import access_of
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin, labelled
from maturity.exporters import write_csv
from maturity.models import ImportRun, QuarantinedRow

STATUS_LOOK = {"stored": "success", "refused": "danger"}
# `raw` is empty where the format keeps what people said to itself.
QUARANTINE_COLUMNS = ("line", "column", "reason", "raw")


@admin.register(ImportRun)
class ImportRunAdmin(OrganizationScopedAdmin):
    when_empty = _("Nothing was imported yet: uploads, scripts and manage.py import_data do it.")
    list_display = [
        "started_at",
        "format",
        "tenant",
        "how_it_went",
        "accepted",
        "updated",
        "unchanged",
        "set_aside",
    ]
    list_filter = ["status", OrganizationFilter]
    list_select_related = ["organization"]
    search_fields = ["file_name", "format"]
    fields = [
        "format",
        "file_name",
        "tenant",
        "status",
        "refusal",
        "accepted",
        "updated",
        "unchanged",
        "set_aside",
        "download",
        "ignored_columns",
        "started_at",
        "finished_at",
        "by",
        "sha256",
    ]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.quarantine_view))
        own = path("<int:run_id>/set-aside.csv", view, name="maturity_importrun_quarantine")
        return [own, *super().get_urls()]

    def quarantine_view(self, request: HttpRequest, run_id: int) -> StreamingHttpResponse:
        """The rows that were set aside, as a file. 404 for outsiders, 403 for viewers."""
        run = get_object_or_404(self.get_queryset(request), pk=run_id)
        if not access_of(request).may_edit(run.organization_id):
            raise PermissionDenied
        rows = QuarantinedRow.objects.for_organization(run.organization).filter(run=run)
        listed = rows.order_by("line", "pk").values_list(*QUARANTINE_COLUMNS)
        response = StreamingHttpResponse(
            write_csv(QUARANTINE_COLUMNS, listed.iterator(chunk_size=1_000)),
            content_type="text/csv; charset=utf-8",
        )
        name = f"{run.organization.slug}-{run.format}-{run.pk}-set-aside.csv"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    @labelled(description=_("Status"), ordering="status", looks=STATUS_LOOK)
    def how_it_went(self, run: ImportRun) -> tuple[str, str]:
        return run.status, str(ImportRun.Status(run.status).label)

    @admin.display(description=_("Set aside"), ordering="quarantined")
    def set_aside(self, run: ImportRun) -> SafeString | int:
        if not run.quarantined:
            return 0
        url = f"{reverse('admin:maturity_quarantinedrow_changelist')}?run={run.pk}"
        return format_html('<a class="text-link" href="{}">{}</a>', url, run.quarantined)

    @admin.display(description=_("As a file"))
    def download(self, run: ImportRun) -> SafeString | str:
        if not run.quarantined:
            return "–"
        url = reverse("admin:maturity_importrun_quarantine", args=[run.pk])
        text = _("Line, column and reason of each row set aside (CSV)")
        return format_html('<a class="text-link" href="{}">{}</a>', url, text)


class RunFilter(admin.SimpleListFilter):
    """The rows of one import; reached from its page, so there is nothing to list."""

    title = _("import")
    parameter_name = "run"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        run = request.GET.get("run", "")
        return [(run, _("The chosen import"))] if run.isdecimal() and len(run) < 19 else []

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[QuarantinedRow]
    ) -> QuerySet[QuarantinedRow]:
        return queryset.filter(run=int(self.value() or 0)) if self.value() else queryset


@admin.register(QuarantinedRow)
class QuarantinedRowAdmin(OrganizationScopedAdmin):
    """A row set aside may name people as it came; viewers have no business with it."""

    editors_only = True
    when_empty = _("No row of any import was set aside.")
    list_display = ["line", "column", "reason", "raw", "run", "tenant"]
    list_filter = [RunFilter, OrganizationFilter]
    list_select_related = ["organization", "run"]
    search_fields = ["reason", "column"]
    ordering = ["-run", "line"]
    fields = ["run", "tenant", "line", "column", "reason", "raw"]
