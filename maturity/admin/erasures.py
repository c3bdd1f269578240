"""Erase for good: an organisation, somebody on the roster, an account; and the log of it."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import access_of, visible_organizations
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin
from maturity.admin.service_form import service_form_page
from maturity.models import Erasure, Organization, Person, User
from maturity.services.erasures import delete_organization, erase_account, erase_person


class EraseForm(forms.Form):
    """Why, and the name of what goes once more: a click alone erases nothing."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=widgets.UnfoldAdminTextareaWidget,
        help_text=_("It stays in the log for ever, so name nobody here."),
    )
    confirm = forms.CharField(label=_("Confirm"), widget=widgets.UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["confirm"].help_text = gettext("Type %(text)s to confirm.") % {"text": expected}

    def clean_confirm(self) -> str:
        typed: str = self.cleaned_data["confirm"]
        if typed.strip().lower() != self.expected.lower():
            raise ValidationError(_("This is not what is to be erased."))
        return typed


@admin.register(Erasure)
class ErasureAdmin(OrganizationScopedAdmin):
    editors_only = True
    when_empty = _("Nothing was erased.")
    list_display = ["erased_at", "kind", "subject_id", "slug", "erased_by"]
    list_filter = [OrganizationFilter, "kind"]
    list_select_related = ["erased_by"]
    fields = ["erased_at", "kind", "subject_id", "slug", "reason", "erased_by"]
    keeps_history = False


def remove_organization(request: HttpRequest, organization_id: int) -> HttpResponse:
    """Remove a tenant. 404 for outsiders, 403 for all but its owners and operators."""
    organization = get_object_or_404(visible_organizations(request), pk=organization_id)
    if not access_of(request).may_own(organization.pk):
        raise PermissionDenied

    def erase(reason: str) -> None:
        delete_organization(organization, reason=reason, by=_actor(request))

    return _page(
        request,
        organization,
        erase,
        expected=organization.slug,
        title=gettext("Remove this organisation for good"),
        intro=gettext(
            "Its record, surveys, people, keys and history are removed, on every page and in the "
            "feed. One line in the log stays. This cannot be taken back."
        ),
    )


def erase_from_roster(request: HttpRequest, person_id: int) -> HttpResponse:
    """Blank somebody on the roster. 404 for outsiders, 403 for all but owners and operators."""
    people = Person.objects.filter(organization__in=visible_organizations(request))
    person = get_object_or_404(people, pk=person_id)
    if not access_of(request).may_own(person.organization_id):
        raise PermissionDenied

    def erase(reason: str) -> None:
        erase_person(person, reason=reason, by=_actor(request))

    return _page(
        request,
        person,
        erase,
        expected=person.email,
        title=gettext("Erase this person"),
        intro=gettext(
            "Name, address and history are blanked behind a stable id, and no survey asks this "
            "person any more. Answers were never tied to anybody. This cannot be taken back."
        ),
    )


def erase_login(request: HttpRequest, user_id: int) -> HttpResponse:
    """Blank an account; operators alone."""
    if not access_of(request).operator:
        raise PermissionDenied
    user = get_object_or_404(User, pk=user_id)

    def erase(reason: str) -> None:
        erase_account(user, reason=reason, by=_actor(request))

    return _page(
        request,
        user,
        erase,
        expected=user.email,
        title=gettext("Erase this account"),
        intro=gettext(
            "Name, address and memberships go; what it recorded stays behind a stable id. "
            "This cannot be taken back."
        ),
    )


def way_to_erase(request: HttpRequest, row: Person | User) -> dict[str, Any]:
    """What a row's page needs to lead there; nothing for those who may not."""
    access = access_of(request)
    may = access.may_own(row.organization_id) if isinstance(row, Person) else access.operator
    if not may:
        return {}
    name = type(row).__name__.lower()
    return {
        "erase_url": reverse(f"admin:maturity_{name}_erase", args=[row.pk]),
        "erase_label": gettext("Erase for good"),
    }


def _page(
    request: HttpRequest,
    row: Organization | Person | User,
    erase: Callable[[str], None],
    *,
    expected: str,
    title: str,
    intro: str,
) -> HttpResponse:
    def save(cleaned: Mapping[str, Any]) -> HttpResponse:
        erase(cleaned["reason"])
        messages.success(request, gettext("Erased; the log has its line."))
        return redirect(f"admin:maturity_{type(row).__name__.lower()}_changelist")

    form = EraseForm(request.POST or None, expected=expected)
    return service_form_page(
        request, form, save, model=type(row), title=title, intro=intro, original=row
    )


def _actor(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
