"""Whom a wave asks and in which languages: the choices of a draft, and how translations stand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Field
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from maturity.admin.base import OrganizationScopedAdmin
from maturity.models import Placement
from surveys.models import BankTranslation, Wave
from surveys.services.languages import frozen_languages, language_name
from surveys.services.translations import standings


class AskingAdmin(OrganizationScopedAdmin):
    """A wave's audiences and languages, ticked rather than typed."""

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: Any, **kwargs: Any) -> Any:
        if db_field.name == "audiences":
            return _ticks(db_field, list(Placement.Role.choices), required=True)
        if db_field.name == "languages":
            codes = BankTranslation.objects.order_by("language").values_list("language", flat=True)
            choices = [(code, language_name(code)) for code in codes.distinct()]
            return _ticks(db_field, choices, required=False)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = dict(extra_context or {})
        if (wave := context.get("wave")) is not None:
            context["languages"] = _languages(wave)
        return super().change_view(request, object_id, form_url, context)


def _languages(wave: Wave) -> list[dict[str, Any]]:
    """Each language of the wave by name; whether its wording is a draft, and what it lacks."""
    if wave.status != Wave.Status.DRAFT:
        return [
            {
                "name": language_name(code),
                "revision": row and row.translation and row.translation.revision,
                "draft": row is not None and row.draft,
            }
            for code, row in frozen_languages(wave).items()
        ]
    return [
        {
            "name": language_name(standing.translation.language),
            "revision": standing.translation.revision,
            "draft": standing.is_draft,
            "missing": standing.missing,
            "translation": standing.translation,
            "chosen": standing.translation.language in wave.languages,
        }
        for standing in standings(wave.organization, wave.bank)
    ]


def _ticks(
    field: Field[Any, Any], choices: list[tuple[str, Any]], *, required: bool
) -> forms.Field:
    return forms.MultipleChoiceField(
        label=field.verbose_name,
        help_text=field.help_text or (_("At least one.") if required else ""),
        choices=choices,
        required=required,
        widget=forms.CheckboxSelectMultiple,
    )
