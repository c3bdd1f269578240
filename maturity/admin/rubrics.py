"""Rubric versions: what everything is measured against, as it was published."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from unfold import widgets

from maturity.admin.access import access_of
from maturity.admin.base import ReferenceAdmin
from maturity.admin.service_form import service_form_page
from maturity.errors import DomainError
from maturity.models import RubricVersion
from maturity.rubrics import parse_pack
from maturity.rubrics.documents import MAX_BYTES
from maturity.services.rubrics import (
    organizations_without_rubric,
    preview_pack,
    publish_pack,
    retire_rubric,
)

TEMPLATE = "admin/maturity/rubricversion/publish.html"
CHANGELIST = "admin:maturity_rubricversion_changelist"


class PackForm(forms.Form):
    """A pack as a file, or as text that can be mended on the page until it is right."""

    file = forms.FileField(
        label=_("YAML file"), required=False, widget=widgets.UnfoldAdminFileFieldWidget
    )
    text = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 16, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        file, text = cleaned.get("file"), cleaned.get("text", "")
        if file is not None and file.size > MAX_BYTES:
            self.add_error("file", _("This file is too large for a rubric."))
        elif file is None and not text.strip():
            self.add_error("file", _("Choose a file, or write the pack below."))
        else:
            # A browser sends line ends as CRLF; the digest is of the file as it was written.
            raw = file.read() if file is not None else text.replace("\r\n", "\n").encode()
            cleaned["raw"] = raw
            cleaned["name"] = file.name if file is not None else gettext("text")
        return cleaned


@admin.register(RubricVersion)
class RubricVersionAdmin(ReferenceAdmin):
    when_empty = _("No rubric is published yet: manage.py publish_rubric does it.")
    list_display = ["key", "version", "language", "published_at", "retired_at"]
    fields = ["key", "version", "language", "digest", "published_at", "retired_at"]
    readonly_fields = ["digest", "published_at", "retired_at"]
    change_form_after_template = "admin/maturity/rubricversion/_areas.html"
    change_form_outer_before_template = "admin/maturity/rubricversion/_retire.html"
    list_before_template = "admin/maturity/rubricversion/_publish.html"

    class Media:
        css = {"all": ["maturity/score_sheet.css"]}

    def get_urls(self) -> list[URLPattern]:
        own = self.admin_site.admin_view
        return [
            path("publish/", own(publish_view), name="maturity_rubricversion_publish"),
            path("<int:rubric_id>/retire/", own(retire_view), name="maturity_rubricversion_retire"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"may_publish": access_of(request).operator, **(extra_context or {})}
        return super().changelist_view(request, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        rubric = self.get_object(request, object_id)
        context: dict[str, Any] = {"areas": []}
        if rubric is not None:
            context["areas"] = rubric.areas.prefetch_related("capabilities__levels")
            retirable = rubric.published_at is not None and rubric.retired_at is None
            context["may_retire"] = retirable and access_of(request).operator
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))


@require_http_methods(["GET", "HEAD", "POST"])
def publish_view(request: HttpRequest) -> HttpResponse:
    """Show what a pack would change, and publish it once it was seen. For operators."""
    if not access_of(request).operator:
        raise PermissionDenied
    if request.method != "POST":
        return _publish_page(request, PackForm())
    form = PackForm(request.POST, request.FILES)
    if not form.is_valid():
        return _publish_page(request, form)
    raw = form.cleaned_data["raw"]
    shown = PackForm(initial={"text": raw.decode(errors="replace")})
    try:
        pack = parse_pack(raw, name=form.cleaned_data["name"])
        preview = preview_pack(pack)
        if request.POST.get("seen") == pack.digest:
            return _published(request, publish_pack(pack))
    except DomainError as error:
        return _publish_page(request, shown, faults=str(error).splitlines())
    return _publish_page(request, shown, preview=preview)


def _published(request: HttpRequest, rubric: RubricVersion) -> HttpResponse:
    messages.success(request, gettext("%(rubric)s is published.") % {"rubric": rubric})
    return redirect("admin:maturity_rubricversion_change", rubric.pk)


def _publish_page(request: HttpRequest, form: PackForm, **context: Any) -> HttpResponse:
    page = {
        **admin.site.each_context(request),
        "opts": RubricVersion._meta,
        "title": gettext("Publish a rubric"),
        "form": form,
        **context,
    }
    return render(request, TEMPLATE, page)


def retire_view(request: HttpRequest, rubric_id: int) -> HttpResponse:
    """Take a version out of force, after saying what that means. For operators."""
    if not access_of(request).operator:
        raise PermissionDenied
    rubric = get_object_or_404(
        RubricVersion, pk=rubric_id, published_at__isnull=False, retired_at=None
    )

    def save(_cleaned: Mapping[str, Any]) -> HttpResponse:
        retire_rubric(rubric.key, rubric.version)
        return redirect("admin:maturity_rubricversion_change", rubric.pk)

    return service_form_page(
        request,
        forms.Form(request.POST if request.method == "POST" else None),
        save,
        model=RubricVersion,
        title=gettext("Retire %(rubric)s") % {"rubric": rubric},
        intro=_retire_intro(rubric),
        original=rubric,
    )


def _retire_intro(rubric: RubricVersion) -> str:
    intro = gettext(
        "No new assessment can be made against it. Those on the record stay. It cannot be undone:"
        " to use it again, publish its content under a higher version with a crosswalk from this"
        " one."
    )
    if stranded := organizations_without_rubric(rubric):
        intro += " " + gettext(
            "It is the last version of its rubric in force: %(count)s organisations can assess"
            " nothing until another one is chosen for them."
        ) % {"count": stranded}
    return intro
