"""Channels: webhooks and chats that an organisation's notifications go to, and what arrived."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold import widgets

from maturity.admin.access import access_of, editable_organizations
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin, labelled
from maturity.admin.service_form import offer, service_form_page
from maturity.errors import DomainError
from maturity.models import Delivery, Endpoint, Event, Organization, User
from maturity.services.deliveries import replay_delivery
from maturity.services.endpoints import (
    create_endpoint,
    disable_endpoint,
    enable_endpoint,
    rotate_secret,
    try_endpoint,
)

DELIVERY_LOOK = {"sent": "success", "failed": "danger", "waiting": "info"}
SHOWN = 50
# Stored, so it is English.
SWITCHED_OFF = "switched off by hand"


class EndpointForm(forms.Form):
    organization = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organization.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    kind = forms.ChoiceField(
        label=_("Kind"), choices=Endpoint.Kind.choices, widget=widgets.UnfoldAdminSelectWidget
    )
    name = forms.CharField(
        label=_("Name"), max_length=100, widget=widgets.UnfoldAdminTextInputWidget
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=2_000,
        widget=widgets.UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=_(
            "A webhook's https:// address, or apprise's form for a chat: slack://…, "
            "workflows://… (Teams). It is kept sealed and never shown again."
        ),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=Event.choices,
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget,
    )


@admin.register(Endpoint)
class EndpointAdmin(OrganizationScopedAdmin):
    editors_only = True
    can_add = True
    when_empty = _("Notifications go to members by mail. A channel tells a chat or a system too.")
    list_display = ["name", "kind", "tenant", "shown_as", "works", "failures"]
    list_filter = ["kind", OrganizationFilter]
    list_select_related = ["organization"]
    fields = [
        ("name", "kind", "tenant"),
        "shown_as",
        "hears_of",
        ("created_at", "created_by"),
        ("failures", "disabled_at", "disabled_because"),
    ]
    change_form_outer_before_template = "admin/maturity/endpoint/_actions.html"
    change_form_outer_after_template = "admin/maturity/endpoint/_log.html"

    def get_urls(self) -> list[URLPattern]:
        actions: dict[str, Callable[[Endpoint], str]] = {
            "try": _try,
            "enable": _enable,
            "disable": _disable,
        }
        views: dict[str, Callable[..., HttpResponse]] = {"rotate": self.rotate_view}
        views |= {name: partial(self._act_view, act) for name, act in actions.items()}
        own = [
            path(
                f"<int:endpoint_id>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"maturity_endpoint_{name}",
            )
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A webhook's secret stands on the answer to this form and nowhere else."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        organizations = editable_organizations(request).order_by("name")
        only = organizations.first() if organizations.count() == 1 else None
        form = EndpointForm(request.POST or None, initial={"organization": only})
        offer(form, "organization", organizations)

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            arguments = dict(cleaned)
            by = request.user if isinstance(request.user, User) else None
            endpoint, secret = create_endpoint(arguments.pop("organization"), by=by, **arguments)
            if not secret:
                return redirect("admin:maturity_endpoint_change", endpoint.pk)
            return _show_once(request, endpoint, secret)

        title = gettext("New channel")
        return service_form_page(request, form, save, model=Endpoint, title=title)

    def rotate_view(self, request: HttpRequest, endpoint_id: int) -> HttpResponse:
        endpoint = self._editable(request, endpoint_id)
        try:
            return _show_once(request, endpoint, rotate_secret(endpoint))
        except DomainError as error:
            messages.error(request, str(error))
        return redirect("admin:maturity_endpoint_change", endpoint.pk)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        endpoint = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = {}
        if endpoint is not None:
            log = endpoint.deliveries.select_related("notification").order_by("-due_at", "id")
            context = {
                "endpoint": endpoint,
                "may_edit": access_of(request).may_edit(endpoint.organization_id),
                "deliveries": log[:SHOWN],
                "secrets": endpoint.secrets.order_by("-pk")[:3],
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    @admin.display(description=_("Events"))
    def hears_of(self, endpoint: Endpoint) -> str:
        return ", ".join(str(label) for event, label in Event.choices if event in endpoint.events)

    @admin.display(description=_("Switched on"), boolean=True, ordering="disabled_at")
    def works(self, endpoint: Endpoint) -> bool:
        return endpoint.disabled_at is None

    def _act_view(
        self, act: Callable[[Endpoint], str], request: HttpRequest, endpoint_id: int
    ) -> HttpResponse:
        endpoint = self._editable(request, endpoint_id)
        try:
            messages.success(request, act(endpoint))
        except DomainError as error:
            messages.error(request, str(error))
        return redirect("admin:maturity_endpoint_change", endpoint.pk)

    def _editable(self, request: HttpRequest, endpoint_id: int) -> Endpoint:
        endpoint: Endpoint = get_object_or_404(self.get_queryset(request), pk=endpoint_id)
        if not access_of(request).may_edit(endpoint.organization_id):
            raise PermissionDenied
        return endpoint


@admin.register(Delivery)
class DeliveryAdmin(OrganizationScopedAdmin):
    """What was told to whom, with every attempt."""

    editors_only = True
    when_empty = _("Nothing was told to anybody yet.")
    list_display = ["told", "receiver", "tenant", "state_name", "attempts", "due_at", "failure"]
    list_filter = ["state", OrganizationFilter]
    list_select_related = ["organization", "notification", "user", "endpoint"]
    fields = [
        ("told", "receiver", "tenant"),
        ("state", "digest", "attempts"),
        ("due_at", "sent_at"),
        "failure",
        "id",
    ]
    change_form_outer_before_template = "admin/maturity/delivery/_replay.html"
    change_form_outer_after_template = "admin/maturity/delivery/_attempts.html"

    def get_urls(self) -> list[URLPattern]:
        replay = path(
            "<str:delivery_id>/replay/",
            self.admin_site.admin_view(self.replay_view),
            name="maturity_delivery_replay",
        )
        return [replay, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        delivery = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = {}
        if delivery is not None:
            may_edit = access_of(request).may_edit(delivery.organization_id)
            context = {
                "may_replay": may_edit and delivery.state != Delivery.State.WAITING,
                "log": delivery.log.order_by("-pk")[:SHOWN],
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    @method_decorator(require_POST)
    def replay_view(self, request: HttpRequest, delivery_id: str) -> HttpResponse:
        delivery = self.get_object(request, delivery_id)
        if delivery is None:
            raise Http404
        if not access_of(request).may_edit(delivery.organization_id):
            raise PermissionDenied
        try:
            replay_delivery(delivery)
            messages.success(request, gettext("It is sent once more."))
        except DomainError as error:
            messages.error(request, str(error))
        return redirect("admin:maturity_delivery_change", delivery.pk)

    @admin.display(description=_("What"), ordering="notification__at")
    def told(self, delivery: Delivery) -> str:
        return delivery.notification.title

    @admin.display(description=_("To"))
    def receiver(self, delivery: Delivery) -> str:
        return str(delivery.endpoint or delivery.user)

    @labelled(description=_("State"), ordering="state", looks=DELIVERY_LOOK)
    def state_name(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.state, delivery.get_state_display()


def _try(endpoint: Endpoint) -> str:
    try_endpoint(endpoint)
    return gettext("A try is on its way; how it went stands below in a moment.")


def _enable(endpoint: Endpoint) -> str:
    enable_endpoint(endpoint)
    return gettext("Switched on.")


def _disable(endpoint: Endpoint) -> str:
    disable_endpoint(endpoint, because=SWITCHED_OFF)
    return gettext("Switched off.")


def _show_once(request: HttpRequest, endpoint: Endpoint, secret: str) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "opts": Endpoint._meta,
        "original": endpoint,
        "title": endpoint.name,
        "endpoint": endpoint,
        "secret": secret,
        "text_input": " ".join(widgets.BASE_INPUT_CLASSES),
    }
    return render(request, "admin/maturity/endpoint/created.html", context)
