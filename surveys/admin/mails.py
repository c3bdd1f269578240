"""Mails and addresses for the ops lead: what left, what did not, and which address refuses.

Reminders are not here: they go to those who have not answered, so a row would tell who did.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin
from surveys.models import Message, RefusedAddress


@admin.register(Message)
class MessageAdmin(OrganizationScopedAdmin):
    """Invitations and notices, which go to everybody who was asked."""

    editors_only = True
    when_empty = _("Opening a wave queues a mail for everybody who is asked.")
    list_display = ["person", "kind", "wave", "state", "due_at", "failure"]
    list_filter = [OrganizationFilter, "state", "kind"]
    list_select_related = ["person", "wave"]
    search_fields = ["person__email", "person__name", "wave__title"]
    ordering = ["-due_at", "id"]
    fields = ["person", "kind", "number", "wave", "state", "due_at", "sent_at", "failure"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).exclude(kind=Message.Kind.REMINDER)


@admin.register(RefusedAddress)
class RefusedAddressAdmin(OrganizationScopedAdmin):
    """What was refused; sending a wave's given-up mails again tries the addresses once more."""

    editors_only = True
    when_empty = _("No mail server has refused an address for good.")
    list_display = ["address", "person", "reason", "noted_at"]
    list_filter = [OrganizationFilter]
    list_select_related = ["person"]
    search_fields = ["address", "person__name"]
    fields = ["address", "person", "reason", "noted_at"]
