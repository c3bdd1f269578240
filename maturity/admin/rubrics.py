"""Rubric versions: what everything is measured against, as it was published."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from maturity.admin.base import ReferenceAdmin
from maturity.models import RubricVersion


@admin.register(RubricVersion)
class RubricVersionAdmin(ReferenceAdmin):
    when_empty = _("No rubric is published yet: manage.py publish_rubric does it.")
    list_display = ["key", "version", "language", "published_at", "retired_at"]
    fields = ["key", "version", "language", "digest", "published_at", "retired_at"]
    readonly_fields = ["digest", "published_at", "retired_at"]
    change_form_after_template = "admin/maturity/rubricversion/_areas.html"

    class Media:
        css = {"all": ["maturity/score_sheet.css"]}

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        rubric = self.get_object(request, object_id)
        areas = rubric.areas.prefetch_related("capabilities__levels") if rubric else []
        return super().change_view(
            request, object_id, form_url, {"areas": areas, **(extra_context or {})}
        )
