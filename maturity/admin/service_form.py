"""A page of the admin with one form whose answer goes to a service."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    BASE_INPUT_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldBooleanWidget,
)

from maturity.errors import DomainError
from maturity.models import Organization

TEMPLATE = "admin/service_form.html"


class DayInput(forms.DateInput):
    """The browser's own date field, in unfold's look."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(attrs={"class": " ".join(BASE_INPUT_CLASSES)}, format="%Y-%m-%d")


class EndForm(forms.Form):
    """Whoever ends something for good says so once more."""

    sure = forms.BooleanField(label=_("End it for good"), widget=UnfoldBooleanWidget)


class OfOrganization(forms.Form):
    """Put before a form whose choices come from `organizations`: asks first whose it will be."""

    organization = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organization.objects.none(),
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ["organization"]

    def __init__(self, data: Any, *, organizations: QuerySet[Organization], **kwargs: Any) -> None:
        super().__init__(data, **{"organizations": organizations, **kwargs})
        offer(self, "organization", organizations)


def service_form_page(
    request: HttpRequest,
    form: forms.Form,
    save: Callable[[Mapping[str, Any]], HttpResponse],
    *,
    model: type[Model],
    title: str,
    intro: str = "",
    original: Model | None = None,
) -> HttpResponse:
    """Show the form; hand what was typed to `save`, and show beside the fields what it refused."""
    if request.method == "POST" and form.is_valid():
        try:
            return save(form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        except ValidationError as error:
            _refuse(form, error)
    context = {
        **admin.site.each_context(request),
        "opts": model._meta,
        "original": original,
        "title": title,
        "intro": intro,
        "form": form,
        "media": form.media,
        "submit_label": gettext("Save"),
        "back": reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist"),
    }
    return render(request, TEMPLATE, context)


def offer(form: forms.Form, name: str, rows: QuerySet[Any]) -> None:
    """Let one of the form's choices offer these rows, and accept no others."""
    cast("forms.ModelChoiceField[Any]", form.fields[name]).queryset = rows


def offer_own(form: forms.Form, organizations: QuerySet[Organization]) -> None:
    """Let the form's organisation be one of these; where there is one, it is chosen."""
    offer(form, "organization", organizations.order_by("name"))
    if organizations.count() == 1:
        form.fields["organization"].initial = organizations.first()


def _refuse(form: forms.Form, error: ValidationError) -> None:
    """Put a service's refusal beside the fields it names, the rest above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, messages in error.message_dict.items():
        form.add_error(name if name in form.fields else None, " ".join(messages))
