"""Evidence: links and uploads that several scores may rest on; added here, never changed."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import editable_organizations
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin
from maturity.admin.service_form import DayInput, offer, service_form_page
from maturity.forms import WebAddressField
from maturity.models import Evidence, EvidenceFile, Organization, User
from maturity.services.evidence import NewEvidence, add_evidence


class EvidenceForm(forms.Form):
    organization = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organization.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    title = forms.CharField(
        label=_("Title"), max_length=200, widget=widgets.UnfoldAdminTextInputWidget
    )
    kind = forms.ChoiceField(
        label=_("Kind"), choices=Evidence.Kind.choices, widget=widgets.UnfoldAdminSelectWidget
    )
    link = WebAddressField(
        label=_("Link"),
        required=False,
        max_length=500,
        assume_scheme="https",
        widget=widgets.UnfoldAdminURLInputWidget,
        help_text=_("A link or a file, not both."),
    )
    upload = forms.FileField(
        label=_("File"), required=False, widget=widgets.UnfoldAdminFileFieldWidget
    )
    observed_on = forms.DateField(label=_("Observed on"), widget=DayInput)
    review_by = forms.DateField(label=_("Review by"), required=False, widget=DayInput)
    owner = forms.CharField(
        label=_("Owner"),
        required=False,
        max_length=200,
        widget=widgets.UnfoldAdminTextInputWidget,
    )


class ReviewFilter(admin.SimpleListFilter):
    """Evidence whose review is overdue, or was never asked for."""

    title = _("review")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("overdue", _("Overdue")), ("planned", _("Planned")), ("none", _("No date"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        chosen = {
            "overdue": Q(review_by__lt=today),
            "planned": Q(review_by__gte=today),
            "none": Q(review_by=None),
        }
        condition = chosen.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


@admin.register(Evidence)
class EvidenceAdmin(OrganizationScopedAdmin):
    can_add = True
    when_empty = _(
        "A link or a file that shows at which level you are; several scores may share it."
    )
    list_display = ["name", "kind", "observed_on", "review_by", "owner", "uses", "tenant"]
    list_filter = ["kind", ReviewFilter, OrganizationFilter]
    list_select_related = ["organization"]
    search_fields = ["title", "link", "owner"]
    fields = [
        ("tenant", "kind"),
        "title",
        "where",
        ("observed_on", "review_by"),
        "owner",
        "uses",
        ("recorded_at", "recorded_by"),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        """With how many scores rest on each, and without the bytes; one query."""
        rows = super().get_queryset(request).select_related("organization", "file", "recorded_by")
        return rows.defer("file__content").annotate(scores=Count("score_links"))

    def get_urls(self) -> list[URLPattern]:
        download = path(
            "<int:evidence_id>/file/",
            self.admin_site.admin_view(self.download),
            name="maturity_evidence_file",
        )
        return [download, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        organizations = editable_organizations(request).order_by("name")
        today = timezone.localdate()
        only = organizations.first() if organizations.count() == 1 else None
        form = EvidenceForm(
            request.POST or None,
            request.FILES or None,
            initial={"observed_on": today, "organization": only},
        )
        offer(form, "organization", organizations)

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            user = request.user if isinstance(request.user, User) else None
            new = {name: cleaned[name] for name in cleaned if name != "organization"}
            evidence = add_evidence(cleaned["organization"], NewEvidence(**new), by=user)
            return redirect("admin:maturity_evidence_change", evidence.pk)

        return service_form_page(request, form, save, model=Evidence, title=gettext("New evidence"))

    def download(self, request: HttpRequest, evidence_id: int) -> HttpResponse:
        """The file as an attachment: a browser keeps it and never shows it. 404 for outsiders."""
        evidence = get_object_or_404(self.get_queryset(request), pk=evidence_id)
        file = EvidenceFile.objects.filter(evidence=evidence).first()
        if file is None:
            raise Http404
        response = HttpResponse(bytes(file.content), content_type=file.media_type)
        response["Content-Disposition"] = f'attachment; filename="{file.name}"'
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        response["Cache-Control"] = "private, no-store"
        return response

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        return super().get_object(request, unquote(object_id), from_field)

    @admin.display(description=_("Evidence"), ordering="title")
    def name(self, evidence: Evidence) -> str:
        return str(evidence)

    @admin.display(description=_("Where"))
    def where(self, evidence: Evidence) -> SafeString | str:
        if evidence.file is not None:
            url = reverse("admin:maturity_evidence_file", args=[evidence.pk])
            return format_html('<a class="text-link" href="{}">{}</a>', url, evidence.file)
        return format_html(
            '<a class="text-link" href="{0}" rel="noopener noreferrer">{0}</a>', evidence.link
        )

    @admin.display(description=_("Scores that rest on it"), ordering="scores")
    def uses(self, evidence: Evidence) -> int:
        return int(getattr(evidence, "scores", 0))
