"""A translation read beside its original: every sentence, and every label of the scales."""

from collections.abc import Mapping

from surveys.models import BankTranslation


def questions_in(language: str, *, bank_id: int) -> Mapping[str, str]:
    """A bank's questions by key in the newest translation, a draft or not; empty without one.

    For who reads results; what people are asked is in the languages of their wave. One query.
    """
    rows = BankTranslation.objects.filter(bank=bank_id, language=language)
    translation = rows.order_by("-revision").first()
    return {} if translation is None else translation.texts().items


def sentences_of(translation: BankTranslation) -> list[tuple[str, str, str]]:
    """Each question's key, original and translation."""
    texts = translation.texts()
    questions = translation.bank.questions.all()
    return [(question.key, question.text, texts.items[question.key]) for question in questions]


def labels_of(translation: BankTranslation) -> list[tuple[str, str]]:
    """Each label's original and translation."""
    texts, scales = translation.texts(), translation.bank.definition().scales
    return [
        *((scales.agree5.labels[n], texts.agree[n]) for n in sorted(texts.agree)),
        (scales.agree5.extra_option.label, texts.does_not_apply),
        *((scales.recommend11.labels[n], texts.recommend[n]) for n in sorted(texts.recommend)),
        (scales.hours.unit, texts.hours_unit),
    ]
