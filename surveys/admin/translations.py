"""Translations of the questions beside their originals, and who stands by them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import access_of, editable_organizations, visible_organizations
from maturity.admin.base import ReferenceAdmin
from maturity.admin.service_form import offer, service_form_page
from maturity.models import Organization, User
from surveys.models import BankTranslation, TranslationReview
from surveys.selectors.translations import labels_of, sentences_of
from surveys.services.languages import language_name
from surveys.services.translations import Standing, approve_translation, standing_of


class ReviewForm(forms.Form):
    organization = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organization.objects.none(),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    reviewer = forms.CharField(
        label=_("Reviewer"),
        max_length=200,
        help_text=_(
            "The name of the person who read every sentence beside the original and stands by "
            "it. Not the translator, and a second person for the second review."
        ),
        widget=widgets.UnfoldAdminTextInputWidget,
    )
    # What was on the screen is what is approved, not what is newest when the form arrives.
    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)


@admin.register(BankTranslation)
class BankTranslationAdmin(ReferenceAdmin):
    when_empty = _("No translation is published yet: manage.py publish_bank does it.")
    list_display = ["name", "bank", "revision", "translator", "standing"]
    list_select_related = ["bank"]
    fields = ["bank", "language", "revision", "translator", "published_at", "digest"]
    readonly_fields = ["published_at", "digest"]
    change_form_after_template = "surveys/admin/_translation.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the reviews of the reader's own organisations; two queries."""
        own = TranslationReview.objects.filter(organization__in=visible_organizations(request))
        reviews = Prefetch("reviews", own.select_related("organization"), to_attr="own_reviews")
        return super().get_queryset(request).prefetch_related(reviews)

    def get_urls(self) -> list[URLPattern]:
        approve = path(
            "<int:translation_id>/approve/",
            self.admin_site.admin_view(self.approve_page),
            name="surveys_banktranslation_approve",
        )
        return [approve, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        translation = self.get_object(request, object_id)
        context = {} if translation is None else _context(request, translation)
        return super().change_view(
            request, object_id, form_url, {**context, **(extra_context or {})}
        )

    def approve_page(self, request: HttpRequest, translation_id: int) -> HttpResponse:
        """Note that somebody reviewed the revision that is on the screen."""
        translation = self.get_queryset(request).filter(pk=translation_id).first()
        if translation is None:
            raise Http404
        if not access_of(request).edits_any:
            raise PermissionDenied
        initial = {"digest": translation.digest}
        form = ReviewForm(request.POST or None, initial=initial)
        organizations = editable_organizations(request).order_by("name")
        offer(form, "organization", organizations)
        form.fields["organization"].initial = organizations.first()

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            user = request.user
            approve_translation(
                translation,
                organization=cleaned["organization"],
                reviewer=cleaned["reviewer"],
                digest=cleaned["digest"],
                recorded_by=user if isinstance(user, User) else None,
            )
            messages.success(request, gettext("The review is noted."))
            return redirect(reverse("admin:surveys_banktranslation_change", args=[translation.pk]))

        title = gettext("Review of %(translation)s") % {"translation": translation}
        return service_form_page(
            request, form, save, model=BankTranslation, title=title, original=translation
        )

    @admin.display(description=_("Language"), ordering="language")
    def name(self, translation: BankTranslation) -> str:
        return language_name(translation.language)

    @admin.display(description=_("In your organisations"))
    def standing(self, translation: BankTranslation) -> str:
        """Draft, unless two people of an organisation approved it there."""
        approved = [
            organization.name
            for organization, standing in _by_organization(translation)
            if not standing.is_draft
        ]
        return ", ".join(approved) or gettext("draft")


def _by_organization(translation: BankTranslation) -> list[tuple[Organization, Standing]]:
    reviews: dict[Organization, list[TranslationReview]] = {}
    for review in getattr(translation, "own_reviews", ()):
        reviews.setdefault(review.organization, []).append(review)
    return [(place, standing_of(translation, rows)) for place, rows in reviews.items()]


def _context(request: HttpRequest, translation: BankTranslation) -> dict[str, Any]:
    """Every sentence beside its original, the labels too, and the reviews so far."""
    return {
        "translation": translation,
        "sentences": sentences_of(translation),
        "labels": labels_of(translation),
        "standings": _by_organization(translation),
        "may_review": access_of(request).edits_any,
    }
