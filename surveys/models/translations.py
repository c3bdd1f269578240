"""The questions in other languages, who reviewed them, and what a wave was asked in."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization, OrganizationScopedQuerySet
from maturity.models.immutability import append_only
from surveys.banks import TranslatedTexts
from surveys.models.banks import BankVersion
from surveys.models.waves import Wave


class BankTranslationQuerySet(models.QuerySet["BankTranslation"]):
    def newest(self) -> Self:
        """The newest revision of each language, by language."""
        return self.order_by("language", "-revision").distinct("language")


class BankTranslation(models.Model):
    """One revision of a question bank in another language. Immutable; a change is a new one."""

    bank = models.ForeignKey(
        BankVersion,
        models.PROTECT,
        related_name="translations",
        db_index=False,
        verbose_name=_("question bank"),
    )
    language = models.CharField(_("language"), max_length=12)
    revision = models.PositiveSmallIntegerField(_("revision"))
    translator = models.CharField(_("translated by"), max_length=200)
    digest = models.CharField(max_length=64, editable=False)
    # The words as they stood in the file; read them by texts().
    content = models.JSONField(default=dict, editable=False)
    published_at = models.DateTimeField(_("published at"), editable=False)

    objects = BankTranslationQuerySet.as_manager()

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["bank", "language", "-revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["bank", "language", "revision"], name="translation_revision_unique"
            ),
            models.CheckConstraint(
                condition=Q(revision__gte=1), name="translation_revision_from_one"
            ),
        ]
        triggers = append_only("translation_append_only")

    def __str__(self) -> str:
        return f"{self.language} {self.bank.version} r{self.revision}"

    def texts(self) -> TranslatedTexts:
        """Every word of the translation, validated again on the way out."""
        return TranslatedTexts.model_validate(self.content)


class TranslationReview(models.Model):
    """Somebody read one revision of a translation and stands by it, in one organisation.

    It is worth what it says about this digest alone: a new revision is a draft again.
    """

    PERSONAL: ClassVar = ("reviewer",)

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", verbose_name=_("organisation")
    )
    translation = models.ForeignKey(
        BankTranslation, models.PROTECT, related_name="reviews", verbose_name=_("translation")
    )
    digest = models.CharField(max_length=64, editable=False)
    reviewer = models.CharField(_("reviewer"), max_length=200)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    reviewed_at = models.DateTimeField(_("reviewed at"), editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("translation review")
        verbose_name_plural = _("translation reviews")
        ordering = ["organization", "translation", "reviewed_at", "id"]
        constraints = [
            models.UniqueConstraint(
                "organization",
                "translation",
                Lower("reviewer"),
                name="translation_review_once_per_person",
                violation_error_message=_("This person has reviewed this revision already."),
            ),
            models.CheckConstraint(condition=~Q(reviewer=""), name="translation_review_has_a_name"),
        ]
        triggers = append_only("translation_review_append_only", personal=("reviewer",))

    def __str__(self) -> str:
        return self.reviewer


class WaveLanguage(models.Model):
    """A language an opened wave is asked in; without a translation it is the bank's own.

    With the wave's bank this names each item's wording: item key, bank version, language and
    translation revision. `draft`: two reviewers had not approved the revision at opening.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    wave = models.ForeignKey(Wave, models.CASCADE, related_name="frozen_languages", db_index=False)
    language = models.CharField(_("language"), max_length=12)
    translation = models.ForeignKey(
        BankTranslation, models.PROTECT, related_name="+", null=True, verbose_name=_("translation")
    )
    draft = models.BooleanField(_("draft"), default=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        ordering = ["wave", "id"]
        constraints = [
            models.UniqueConstraint(fields=["wave", "language"], name="wave_language_once"),
            models.CheckConstraint(
                condition=Q(draft=False) | Q(translation__isnull=False),
                name="wave_language_only_translations_are_drafts",
            ),
        ]
        triggers = append_only("wave_language_append_only")

    def __str__(self) -> str:
        return self.language
