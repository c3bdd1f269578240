"""Who belongs to an organisation: shown to its owners alone, and theirs to change."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import access_of
from maturity.admin.base import OrganizationScopedInline
from maturity.models import Membership, User
from maturity.services.tenancy import grant_membership

if TYPE_CHECKING:
    MembershipModelForm = forms.ModelForm[Membership]
    MembershipInlineFormSet = forms.BaseInlineFormSet[Any, Membership, Any]
else:
    from unfold.forms import PaginationInlineFormSet as MembershipInlineFormSet

    MembershipModelForm = forms.ModelForm


class MembershipForm(MembershipModelForm):
    """A member by e-mail address: no list of accounts, they belong to other tenants too."""

    email = forms.EmailField(label=_("E-mail address"), widget=widgets.UnfoldAdminEmailInputWidget)

    class Meta:
        model = Membership
        fields = ["role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["email"].initial = self.instance.user.email
            self.fields["email"].disabled = True

    def save(self, commit: bool = True) -> Membership:
        """The account is made when it is missing; it cannot log in until it has a password."""
        if self.instance.pk:
            return super().save(commit)
        email = self.cleaned_data["email"]
        user = User.objects.filter(email__iexact=email).first()
        self.new_account = user is None
        return grant_membership(
            self.instance.organization,
            user or User.objects.create_user(email),
            role=self.cleaned_data["role"],
        )


class MembershipFormSet(MembershipInlineFormSet):
    def clean(self) -> None:
        super().clean()
        kept = [
            form.cleaned_data
            for form in self.forms
            if form.cleaned_data.get("email") and not form.cleaned_data.get("DELETE")
        ]
        emails = [row["email"].lower() for row in kept]
        if len(emails) != len(set(emails)):
            raise ValidationError(_("An address stands here twice."))
        roles_before = {form.initial.get("role") for form in self.initial_forms}
        owner = Membership.Role.OWNER
        if owner in roles_before and owner not in {row.get("role") for row in kept}:
            raise ValidationError(_("An organisation keeps at least one owner."))


class MembershipInline(OrganizationScopedInline):
    model = Membership
    form = MembershipForm
    formset = MembershipFormSet
    fields = ["email", "role"]
    can_write = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        access = access_of(request)
        return access.views_any if obj is None else access.may_own(obj.pk)

    def _writes(self, request: HttpRequest, obj: Any) -> bool:
        access = access_of(request)
        return access.edits_any if obj is None else access.may_own(obj.pk)


def say_who_cannot_log_in(request: HttpRequest, formset: Any) -> None:
    """Tell the owner which accounts were made without a password."""
    names = [
        form.cleaned_data["email"] for form in formset.forms if getattr(form, "new_account", False)
    ]
    if names:
        messages.warning(
            request,
            gettext("New accounts without a password, which the operator sets: %(names)s.")
            % {"names": ", ".join(names)},
        )
