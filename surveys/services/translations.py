"""Publish translations, and let people approve them revision by revision."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from maturity.errors import InvalidPack, VersionExists
from maturity.models import Organization, User
from surveys.banks import Translation, check_translates
from surveys.errors import ReviewRefused
from surveys.models import BankTranslation, BankVersion, TranslationReview

# So many different people, none of them the translator, make a draft an approved translation.
REVIEWERS_NEEDED = 2


@dataclass(frozen=True)
class Standing:
    """A translation as one organisation sees it: a draft until two people have approved it."""

    translation: BankTranslation
    reviews: tuple[TranslationReview, ...]

    @property
    def is_draft(self) -> bool:
        return len(self.reviews) < REVIEWERS_NEEDED

    @property
    def missing(self) -> int:
        """How many more reviewers it needs."""
        return max(REVIEWERS_NEEDED - len(self.reviews), 0)


def publish_translation(translation: Translation) -> tuple[BankTranslation, bool]:
    """Publish one revision, or find that it stands already; return it and whether it is new.

    Raises InvalidPack when it does not fit a published bank, VersionExists when the revision
    was published with other content.
    """
    key, version = translation.bank, translation.version
    bank = BankVersion.objects.filter(key=key, version=version, published_at__isnull=False).first()
    if bank is None:
        raise InvalidPack(f"{key} {version} is not published; publish the bank first.")
    check_translates(
        translation,
        language=bank.language,
        scales=bank.definition().scales,
        items=bank.questions.values_list("key", flat=True),
    )
    row, is_new = BankTranslation.objects.get_or_create(
        bank=bank,
        language=translation.language,
        revision=translation.revision,
        defaults={
            "translator": translation.translator,
            "digest": translation.digest,
            "content": translation.texts(),
            "published_at": timezone.now(),
        },
    )
    if row.digest != translation.digest:
        raise VersionExists(
            f"{translation.language} revision {translation.revision} of {bank} is published with "
            "other content; raise the revision to publish this one."
        )
    return row, is_new


def standings(organization: Organization, bank: BankVersion) -> list[Standing]:
    """The newest revision of every language with its reviews in this organisation; two queries."""
    return [
        standing_of(translation, reviews)
        for translation, reviews in _with_reviews(organization, bank.translations.newest())
    ]


def standing_of(translation: BankTranslation, reviews: Iterable[TranslationReview]) -> Standing:
    """Count only what was said about this very content, by somebody else than its translator."""
    valid = tuple(review for review in reviews if review.digest == translation.digest)
    return Standing(translation, valid)


@transaction.atomic
def approve_translation(
    translation: BankTranslation,
    *,
    organization: Organization,
    reviewer: str,
    digest: str,
    recorded_by: User | None = None,
    reviewed_at: datetime | None = None,
) -> TranslationReview:
    """Note that a named person has read this revision and stands by it.

    `digest` is that of the words they read. Raises ReviewRefused when it is another revision's,
    when the person translated it, or has approved it before.
    """
    if digest != translation.digest:
        raise ReviewRefused(_("These are not the words that were reviewed. Look at them again."))
    name = " ".join(reviewer.split())
    if not comparable(name):
        raise ReviewRefused(_("A review needs the name of the person who read the words."))
    if comparable(name) == comparable(translation.translator):
        raise ReviewRefused(
            _("%(name)s translated this text. Somebody else has to review it.") % {"name": name}
        )
    # Reviews of one organisation queue up here, so that one person cannot be two at once.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    review = TranslationReview(
        organization=organization,
        translation=translation,
        digest=translation.digest,
        reviewer=name,
        recorded_by=recorded_by,
        reviewed_at=reviewed_at or timezone.now(),
    )
    known = TranslationReview.objects.for_organization(organization).filter(translation=translation)
    if comparable(name) in map(comparable, known.values_list("reviewer", flat=True)):
        raise ReviewRefused(
            _("%(name)s has approved this revision already. A second person is needed.")
            % {"name": name}
        )
    review.full_clean()
    review.save()
    return review


def comparable(name: str) -> str:
    """A name without what spelling it differently changes: case, blanks, accents, dots."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in plain if sign.isalnum())


def _with_reviews(
    organization: Organization, translations: Iterable[BankTranslation]
) -> list[tuple[BankTranslation, list[TranslationReview]]]:
    found = list(translations)
    reviews = TranslationReview.objects.for_organization(organization).filter(translation__in=found)
    by_translation: dict[int, list[TranslationReview]] = {row.pk: [] for row in found}
    for review in reviews:
        by_translation[review.translation_id].append(review)
    return [(row, by_translation[row.pk]) for row in found]
