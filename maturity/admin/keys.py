"""API keys: made here, shown once, revoked here."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold import widgets

from maturity.admin.access import access_of, editable_organizations
from maturity.admin.base import OrganizationScopedAdmin
from maturity.admin.service_form import DayInput, offer, service_form_page
from maturity.models import ApiKey, Organization, User
from maturity.services.keys import create_key, end_key, may_end


class KeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        widget=widgets.UnfoldAdminTextInputWidget,
        help_text=_("What will use it, so that you know later what revoking it stops."),
    )
    organizations = forms.ModelMultipleChoiceField(
        label=_("Organisations it may read"),
        queryset=Organization.objects.none(),
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget,
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=ApiKey.Scope.choices,
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget,
    )
    last_day = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=DayInput,
        help_text=_("It stops working at the end of this day in UTC. Empty: until it is revoked."),
    )

    def clean_last_day(self) -> date | None:
        day: date | None = self.cleaned_data["last_day"]
        if day is not None and day < timezone.localdate(timezone=UTC):
            raise ValidationError(_("This day is over."))
        return day


@admin.register(ApiKey)
class ApiKeyAdmin(OrganizationScopedAdmin):
    """A key is shown to those who may edit one of its organisations; who may edit all, ends it."""

    organization_lookup = "organizations"
    editors_only = True
    when_empty = _("Scripts and BI tools read with a key.")
    can_add = True
    list_display = ["name", "prefix", "opens", "expires_at", "last_used_at", "in_force"]
    search_fields = ["name", "prefix"]
    fields = [
        "name",
        "prefix",
        "opens",
        "allows",
        "created_at",
        "created_by",
        "expires_at",
        "last_used_at",
        "revoked_at",
    ]
    change_form_outer_before_template = "admin/maturity/apikey/_revoke.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the organisations that the reader may know by name; two queries."""
        named = editable_organizations(request).order_by("name")
        opened: QuerySet[Any] = ApiKey.organizations.through.objects.filter(apikey=OuterRef("pk"))
        count = opened.values("apikey").annotate(count=Count("pk")).values("count")
        return (
            super()
            .get_queryset(request)
            .distinct()
            .annotate(opened=Coalesce(Subquery(count), 0))
            .select_related("created_by")
            .prefetch_related(Prefetch("organizations", queryset=named, to_attr="named"))
        )

    def get_urls(self) -> list[URLPattern]:
        revoke = path(
            "<int:key_id>/revoke/",
            self.admin_site.admin_view(self.revoke_view),
            name="maturity_apikey_revoke",
        )
        return [revoke, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A key's secret stands on the answer to this form and nowhere else."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = KeyForm(request.POST or None)
        organizations = editable_organizations(request).order_by("name")
        offer(form, "organizations", organizations)

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            user = request.user
            key, secret = create_key(
                list(cleaned["organizations"]),
                scopes=cleaned["scopes"],
                name=cleaned["name"],
                expires_at=_end_of(cleaned["last_day"]),
                by=user if isinstance(user, User) else None,
            )
            return _show_once(request, key, secret)

        return service_form_page(request, form, save, model=ApiKey, title=gettext("New API key"))

    @method_decorator(require_POST)
    def revoke_view(self, request: HttpRequest, key_id: int) -> HttpResponse:
        """End a key for good. 404 for outsiders."""
        key = get_object_or_404(self.get_queryset(request), pk=key_id)
        if not may_end(key, by=request.user):
            raise PermissionDenied
        end_key(key, by=cast("User", request.user), at=timezone.now())
        messages.success(request, gettext("%(key)s is revoked.") % {"key": key})
        return redirect("admin:maturity_apikey_changelist")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        key = self.get_object(request, unquote(object_id))
        may = key is not None and key.revoked_at is None and may_end(key, by=request.user)
        context = {"may_revoke": may, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    @admin.display(description=_("Opens"))
    def opens(self, key: ApiKey) -> str:
        """Organisations of other people's are counted, never named."""
        names = [organization.name for organization in getattr(key, "named", [])]
        others = getattr(key, "opened", len(names)) - len(names)
        if others:
            more = ngettext("%(count)d more", "%(count)d more", others) % {"count": others}
            names.append(more)
        return ", ".join(names)

    @admin.display(description=pgettext_lazy("what a key may do", "May"))
    def allows(self, key: ApiKey) -> str:
        return ", ".join(str(ApiKey.Scope(scope).label) for scope in key.scopes)

    @admin.display(description=_("In force"), boolean=True)
    def in_force(self, key: ApiKey) -> bool:
        over = key.expires_at is not None and key.expires_at <= timezone.now()
        return key.revoked_at is None and not over

    def home_of(self, obj: Any) -> None:
        return None

    def _edits(self, request: HttpRequest, obj: Any) -> bool:
        access = access_of(request)
        if obj is None:
            return access.edits_any
        return access.operator or bool(getattr(obj, "named", None))


def _end_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=1), time.min, UTC)


def _show_once(request: HttpRequest, key: ApiKey, secret: str) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "opts": ApiKey._meta,
        "original": key,
        "title": gettext("New API key"),
        "key": key,
        "secret": secret,
    }
    return render(request, "admin/maturity/apikey/created.html", context)
