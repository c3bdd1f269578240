"""Accounts: the operator's alone."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from maturity.admin.access import access_of
from maturity.admin.base import ChangeHistory
from maturity.admin.erasures import erase_login, way_to_erase
from maturity.models import User

if TYPE_CHECKING:
    from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
    from django.contrib.auth.forms import (
        AdminPasswordChangeForm,
        AdminUserCreationForm,
    )
    from django.contrib.auth.forms import UserChangeForm as DjangoUserChangeForm

    class AccountAdmin(DjangoUserAdmin[User], ChangeHistory): ...

    UserChangeForm = DjangoUserChangeForm[User]
    UserCreationForm = AdminUserCreationForm[User]
else:
    from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
    from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

    class AccountAdmin(DjangoUserAdmin, ChangeHistory):
        """Django's own handling of passwords in unfold's look."""


class AccountCreationForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email",)


# Roles come from memberships; groups would be a second way to say it.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(AccountAdmin):
    form = UserChangeForm
    add_form = AccountCreationForm
    change_password_form = AdminPasswordChangeForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("email", "name")
    filter_horizontal = ()
    readonly_fields = ("created_at", "last_login")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (_("Access"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("created_at", "last_login")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("email", "usable_password", "password1", "password2"),
            },
        ),
    )
    actions = None
    change_form_outer_before_template = "admin/maturity/erasure/_way.html"

    def get_urls(self) -> list[URLPattern]:
        erase = path(
            "<int:user_id>/erase/",
            self.admin_site.admin_view(erase_login),
            name="maturity_user_erase",
        )
        return [erase, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        user = self.get_object(request, unquote(object_id))
        context = dict(extra_context or {})
        if user is not None and user.erased_at is None:
            context |= way_to_erase(request, user)
        return super().change_view(request, object_id, form_url, context)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access_of(request).operator

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access_of(request).operator

    def has_add_permission(self, request: HttpRequest) -> bool:
        return access_of(request).operator

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access_of(request).operator

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An account that recorded something is part of the record; deactivate it instead."""
        return False
